"""The text of a file that somebody gives to a message: plain text, source code, PDF, DOCX."""

from __future__ import annotations

import codecs
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from thimble.errors import Code, ThimbleError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

MOST_BYTES: Final = 64 * 2**20
PAGE_BREAK: Final = "\f"
_IMAGES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".svgz"})
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NoTextError(ThimbleError):
    """The file can be read, but there is no text in it: a picture, a program, an empty file."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text.

    Attributes:
        name: the file's name.
        text: all of it, with line breaks as "\\n" and a form feed between two pages.
        pages: of a PDF; 0 for others.
    """

    name: str
    text: str
    pages: int = 0


def read_document(path: Path, cancelled: Callable[[], bool] = lambda: False) -> Document:
    """Reads a file's text, all of it or nothing.

    Args:
        path: the file.
        cancelled: asked between pages.

    Raises:
        ThimbleError: BAD_REQUEST for what has no text, CANCELLED.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _refused(path, "is larger than 64 MiB", "Attach the part of it that matters.")
        data = path.read_bytes()
    except OSError as error:
        raise _refused(path, "cannot be read", "Check whether it is still there.", str(error)) from error
    if _has_parts(path, data):
        return _read_apart(path, cancelled)
    if path.suffix.lower() in _IMAGES:
        raise _refused(
            path, "is a kind of picture that cannot be read", "Save it as PNG or JPEG first.", kind=NoTextError
        )
    text = _decoded(data)
    if text is None:
        raise _refused(path, "holds no text", "Text, source code, PDF and DOCX can be attached.", kind=NoTextError)
    if not text.strip():
        raise _refused(path, "is empty", "", kind=NoTextError)
    return Document(path.name, text.replace("\r\n", "\n").replace("\r", "\n"))


def parsed(path: Path) -> Document:
    """The text of a PDF or DOCX file; to be called in a process of its own, see `document_process`.

    Raises:
        ThimbleError: BAD_REQUEST.
    """
    with path.open("rb") as file:
        return _pdf(path) if file.read(5) == b"%PDF-" else _docx(path)


def _has_parts(path: Path, data: bytes) -> bool:
    return data.startswith(b"%PDF-") or (path.suffix.lower() == ".docx" and data.startswith(b"PK"))


def _read_apart(path: Path, cancelled: Callable[[], bool]) -> Document:
    from thimble.conversations import document_process

    try:
        told = document_process.read_apart(path, cancelled)
    except document_process.Unreadable as error:
        why = "takes too long to read" if error.slow else "takes too much memory to read"
        raise _refused(path, why, "Attach the part of it that matters.", str(error)) from error
    except OSError as error:
        raise _refused(path, "cannot be read", "Close other programs, then try again.", str(error)) from error
    if not told:
        raise ThimbleError(Code.CANCELLED, "Reading the file was stopped.")
    problem = document_process.problem_in(told)
    if problem is not None:
        raise (NoTextError if told.get("no_text") else ThimbleError).of(problem)
    return Document(path.name, str(told["text"]), int(told["pages"]))


def _decoded(data: bytes) -> str | None:
    """Text in the coding it says it has, in UTF-8, or in the coding of old Windows files; None for no text."""
    for mark, coding in _MARKS:
        if data.startswith(mark):
            return data.decode(coding, "replace")
    if b"\0" in data[:65536]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _pdf(path: Path) -> Document:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it complains about every odd file
    texts: list[str] = []
    length = 0
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise _refused(path, "is locked with a password", "Save it without a password first.")
        for page in reader.pages:
            texts.append(page.extract_text())
            length += len(texts[-1])
            if length > MOST_BYTES:
                raise _refused(path, "holds more text than 64 MiB", "Attach the part of it that matters.")
    except ThimbleError:
        raise
    except (PyPdfError, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        log.warning("%s cannot be read", path, exc_info=True)
        raise _refused(path, "is damaged", "Open it in a reader and save it anew.", repr(error)) from error
    text = PAGE_BREAK.join(page.strip().replace(PAGE_BREAK, "\n") for page in texts)
    text = text.encode("utf-8", "replace").decode("utf-8")  # some files hold halves of surrogate pairs
    if not text.strip():
        raise _refused(path, "has pages without text, perhaps scanned ones", "Run a text recognition over it first.")
    return Document(path.name, text, len(texts))


def _docx(path: Path) -> Document:
    """Paragraphs and tables in their order; the cells of a row stand between bars."""
    import zipfile

    import docx
    from docx.opc.exceptions import OpcError
    from docx.table import Table
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(path) as archive:  # a small file can hold gigabytes of zeros
            if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES * 4:
                raise _refused(
                    path, "is larger than 256 MiB when it is unpacked", "Attach the part of it that matters."
                )
        blocks: list[str] = []
        for block in docx.Document(str(path)).iter_inner_content():
            if isinstance(block, Table):
                rows = ["| " + " | ".join(cell.text.strip() for cell in row.cells) + " |" for row in block.rows]
                blocks.append("\n".join(rows))
            elif block.text.strip():
                level = str(block.style.name if block.style is not None else "").removeprefix("Heading ")
                blocks.append(("#" * int(level) + " " if level in {"1", "2", "3"} else "") + block.text.strip())
    except ThimbleError:
        raise
    except (OpcError, LxmlError, zipfile.BadZipFile, OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        log.warning("%s cannot be read", path, exc_info=True)
        raise _refused(path, "is damaged", "Open it in its program and save it anew.", repr(error)) from error
    text = "\n\n".join(blocks)
    if not text.strip():
        raise _refused(path, "is empty", "", kind=NoTextError)
    return Document(path.name, text)


def _refused(
    path: Path, why: str, action: str, detail: str = "", *, kind: type[ThimbleError] = ThimbleError
) -> ThimbleError:
    return kind(Code.BAD_REQUEST, f"“{path.name}” {why}.", action, f"{path}: {detail}" if detail else str(path))
