"""Finds the passages of files that fit a question: splitting, a full-text index, choosing within a budget. No Qt."""

from thimble.retrieval.choosing import Found, Passage, choose
from thimble.retrieval.folders import FolderState, update_folder
from thimble.retrieval.index import Hit, Index, folder_source, mended, text_source
from thimble.retrieval.looking import Question, look

__all__ = [
    "FolderState",
    "Found",
    "Hit",
    "Index",
    "Passage",
    "Question",
    "choose",
    "folder_source",
    "look",
    "mended",
    "text_source",
    "update_folder",
]
