"""What can be done with a whole conversation, from the list and from the title row alike."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from thimble.conversations import Role, as_json, as_markdown, is_in_memory
from thimble.conversations.export import file_name, free_path, save_text, with_ending
from thimble.errors import ThimbleError
from thimble.retrieval.choosing import Found
from thimble.ui.chat.menus import Entry, add, made_menu

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.conversations import Conversation, Folder
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answering import Answering
    from thimble.ui.jobs import JobHandle


class ChatActions(QObject):
    """Renames, pins, files, copies, exports, imports and deletes conversations; deleting can be undone.

    Args:
        context: the window's shared parts.
        answering: the window's answers, and where its conversations are.
        parent: owner.

    Signals:
        changed: titles are different now, or a conversation came or went.
        deleted: id of the conversation that was deleted.
        restored: id of the conversation whose deletion was undone.
        keep_wanted: the temporary chat is to be stored.
        beside_wanted: id of the conversation that is to be shown beside the open one.
    """

    changed = Signal()
    deleted = Signal(int)
    restored = Signal(int)
    keep_wanted = Signal()
    beside_wanted = Signal(int)

    def __init__(self, context: AppContext, answering: Answering, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._answering = answering
        self._stores = answering.stores
        self._undoable: dict[int, Callable[[], None]] = {}  # by conversation: withdraws the undo of its deletion

    def rename(self, conversation_id: int, title: str) -> None:
        """Gives a conversation another title; an empty one changes nothing."""
        title = " ".join(title.split())
        if title and self._try(partial(self._stores.of(conversation_id).rename, conversation_id, title)):
            self.changed.emit()

    @property
    def temporary(self) -> Conversation | None:
        """The chat that is stored nowhere, while there is one."""
        return self._stores.temporary

    def copy_markdown(self, conversation_id: int) -> None:
        """Puts the shown path of a conversation on the clipboard."""
        if self._try(lambda: QGuiApplication.clipboard().setText(self._markdown(conversation_id))):
            self._context.toasts.show(self.tr("The conversation is on the clipboard as Markdown."))

    def delete(self, conversation_id: int) -> None:
        """Puts a conversation into the trash; a toast offers to bring it back. A temporary one is gone."""
        if is_in_memory(conversation_id):
            self.deleted.emit(conversation_id)
            self._answering.discard_temporary()
            self.changed.emit()
            return
        if not self._try(partial(self._context.store.delete, conversation_id)):
            return
        restore = partial(self.restore, conversation_id)
        self._undoable[conversation_id] = self._context.undo.done(self.tr("Conversation deleted."), restore)
        self.deleted.emit(conversation_id)
        self.changed.emit()

    def restore(self, conversation_id: int) -> bool:
        """Brings one back from the trash; False when that failed (a toast says why)."""
        done = self._try(partial(self._context.store.restore, conversation_id))
        if done:
            self._undoable.pop(conversation_id, lambda: None)()
            self.restored.emit(conversation_id)
            self.changed.emit()
        return done

    def purge(self, conversation_id: int) -> None:
        """Takes one that is in the trash away for good."""
        if self._purge(conversation_id):
            self.changed.emit()

    def _purge(self, conversation_id: int) -> bool:
        self._undoable.pop(conversation_id, lambda: None)()
        return self._try(partial(self._context.store.purge, conversation_id))

    def empty_trash(self, conversation_ids: Sequence[int]) -> None:
        """Takes all that are in the trash away for good, once the person has said so."""
        question = self.tr("Delete {0} chats for good? This cannot be undone.").format(len(conversation_ids))
        asked = QMessageBox(QMessageBox.Icon.Question, self.tr("Empty the trash"), question, parent=None)
        sure = asked.addButton(self.tr("Delete for good"), QMessageBox.ButtonRole.DestructiveRole)
        asked.addButton(QMessageBox.StandardButton.Cancel)
        asked.exec()
        if asked.clickedButton() is sure:
            for conversation_id in conversation_ids:
                self._purge(conversation_id)
            self.changed.emit()

    # --- folders and pins -----------------------------------------------------------------------------------------

    def pin(self, conversation_id: int, pinned: bool) -> None:
        """Puts a chat at the top of the list, or back."""
        if self._try(lambda: self._context.store.pin(conversation_id, pinned=pinned)):
            self.changed.emit()

    def move(self, conversation_id: int, folder_id: int | None) -> None:
        """Puts a chat into a folder, or out of it."""
        if self._try(partial(self._context.store.move, conversation_id, folder_id)):
            self.changed.emit()

    def new_folder(self, name: str) -> Folder | None:
        """A new folder; None when it could not be made (a toast says why)."""
        made: list[Folder] = []
        self._try(lambda: made.append(self._context.store.create_folder(name)))
        return made[0] if made else None

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Calls a folder something else."""
        if self._try(partial(self._context.store.rename_folder, folder_id, name)):
            self.changed.emit()

    def remove_folder(self, folder_id: int) -> None:
        """Takes a folder away; its chats stay. A toast offers to bring it back."""
        store = self._context.store
        name = next((folder.name for folder in store.folders() if folder.id == folder_id), "")
        inside: list[int] = []
        if not self._try(lambda: inside.extend(store.remove_folder(folder_id))):
            return

        def bring_back() -> None:
            folder = self.new_folder(name)
            if folder is not None:
                for conversation_id in inside:
                    self._try(partial(store.move, conversation_id, folder.id))
            self.changed.emit()

        self._context.undo.done(self.tr("Folder removed; its chats are still there."), bring_back)
        self.changed.emit()

    # --- files ------------------------------------------------------------------------------------------------------

    def export(self, conversation_id: int, path: Path) -> None:
        """Writes a chat: as PDF or, with everything there is, as JSON, when the name ends so; else as Markdown."""

        def write(_handle: JobHandle) -> None:
            match path.suffix.lower():
                case ".pdf":
                    self._pdf(conversation_id, path)
                case ".json":
                    save_text(path, self._json(conversation_id))
                case _:
                    save_text(path, self._markdown(conversation_id))

        def done(_nothing: None) -> None:
            self._context.toasts.show(self.tr("Exported to {0}.").format(path.name))

        self._context.jobs.run(write, done=done, failed=self._report, name="export a conversation")

    def export_all(self, folder: Path) -> None:
        """Writes every chat as a JSON file into a folder; no file that is there already is replaced."""
        store = self._context.store

        def write(handle: JobHandle) -> int:
            conversations = store.conversations()
            taken = {path.name.casefold() for path in folder.iterdir()}
            for conversation in conversations:
                handle.check()
                name = file_name(conversation.title or f"chat {conversation.id}")
                save_text(free_path(folder, name, ".json", taken), self._json(conversation.id))
            return len(conversations)

        def done(count: int) -> None:
            self._context.toasts.show(self.tr("{0} chats exported to {1}.").format(count, folder.name))

        self._context.jobs.run(write, done=done, failed=self._report, name="export all conversations")

    def import_files(self, paths: Sequence[Path]) -> None:
        """Adds the chats of other programs' files; what cannot be read is said in a toast."""
        store = self._context.store
        for path in paths:

            def read(handle: JobHandle, path: Path = path) -> int:
                from thimble.conversations.importing import read_conversations

                found = read_conversations(path)
                for conversation in found:
                    handle.check()
                    store.add_imported(conversation)
                return len(found)

            def done(count: int) -> None:
                text = self.tr("1 chat imported.") if count == 1 else self.tr("{0} chats imported.").format(count)
                self._context.toasts.show(text)
                self.changed.emit()

            self._context.jobs.run(read, done=done, failed=self._report, name=f"import {path.name}")

    def choose_import(self) -> None:
        """Lets the person choose files to import."""
        kinds = self.tr("Chats (*.json *.jsonl *.zip *.chat);;All files (*)")
        chosen, _ = QFileDialog.getOpenFileNames(None, self.tr("Import chats"), "", kinds)
        self.import_files([Path(path) for path in chosen])

    def choose_export(self, conversation_id: int, suffix: str) -> None:
        """Lets the person choose where a chat is exported to."""
        title = self._stores.of(conversation_id).conversation(conversation_id).title or self.tr("New chat")
        suggested = str(Path.home() / f"{file_name(title)}{suffix}")
        chosen, _ = QFileDialog.getSaveFileName(None, self.tr("Export chat"), suggested, f"*{suffix}")
        if chosen:
            self.export(conversation_id, with_ending(Path(chosen), suffix))

    def choose_export_all(self) -> None:
        """Lets the person choose a folder for all chats."""
        chosen = QFileDialog.getExistingDirectory(None, self.tr("Export all chats"), str(Path.home()))
        if chosen:
            self.export_all(Path(chosen))

    def words(self) -> tuple[dict[str, str], str]:
        """What roles, and a chat without a title, are called in exports."""
        names: dict[str, str] = {
            Role.SYSTEM: self.tr("Instructions"),
            Role.USER: self.tr("You"),
            Role.ASSISTANT: self.tr("Answer"),
        }
        return names, self.tr("New chat")

    def _pdf(self, conversation_id: int, path: Path) -> None:
        """Writes the shown path; in a thread."""
        from thimble.ui.chat.passage_words import summary
        from thimble.ui.chat.pdf import Part, write_pdf

        store = self._stores.of(conversation_id)
        names, untitled = self.words()
        files = store.attachments(conversation_id)
        parts = []
        for message in store.path(conversation_id):
            notes = [file.name for file in files.get(message.id, ())]
            if message.passages:
                notes.append(summary(Found.from_json(message.passages)))
            name = names.get(message.role, message.role)
            heading = f"{name} ({message.model})" if message.model else name
            parts.append(Part(heading, message.text, tuple(notes), plain=message.role != Role.ASSISTANT))
        write_pdf(path, store.conversation(conversation_id).title or untitled, parts, self.tr("Thoughts"))

    def _markdown(self, conversation_id: int) -> str:
        store = self._stores.of(conversation_id)
        names, untitled = self.words()
        conversation = store.conversation(conversation_id)
        attached = {message: [f.name for f in files] for message, files in store.attachments(conversation_id).items()}
        return as_markdown(conversation, store.path(conversation_id), names, untitled, attached)

    def _json(self, conversation_id: int) -> str:
        store = self._stores.of(conversation_id)
        files = store.files_of(conversation_id)
        return as_json(store.conversation(conversation_id), store.messages(conversation_id), files)

    # --- menus --------------------------------------------------------------------------------------------------------

    def menu(
        self,
        parent: QWidget,
        conversation_id: int,
        rename: Callable[[], object],
        folders: Sequence[Folder] | None = None,
        *,
        beside: bool = False,
    ) -> QMenu:
        """The menu of a conversation; it deletes itself when it closes.

        Args:
            parent: whose menu it is.
            conversation_id: what it acts on.
            rename: begins editing the title in place.
            folders: where it can be moved to; None to read them now.
            beside: whether it can be shown beside the open one.
        """
        theme, store = self._context.theme, self._context.store
        menu = made_menu(theme, parent, self.tr("Conversation"), [])
        copy = partial(self.copy_markdown, conversation_id)
        if beside:
            show = partial(self.beside_wanted.emit, conversation_id)
            add(theme, menu, "ph.columns", self.tr("Open beside"), show)
            menu.addSeparator()
        if is_in_memory(conversation_id):
            add(theme, menu, "ph.floppy-disk", self.tr("Keep this chat"), self.keep_wanted.emit)
            add(theme, menu, "ph.copy", self.tr("Copy as Markdown"), copy)
            menu.addSeparator()
            add(theme, menu, "ph.trash", self.tr("Discard"), partial(self.delete, conversation_id), "Del")
            return menu
        pinned, folder_id = False, None
        with suppress(ThimbleError):
            conversation = store.conversation(conversation_id)
            pinned, folder_id = conversation.pinned, conversation.folder_id
            folders = store.folders() if folders is None else folders
        add(theme, menu, "ph.pencil-simple", self.tr("Rename"), rename, "F2")
        icon, words = ("ph.push-pin-slash", self.tr("Unpin")) if pinned else ("ph.push-pin", self.tr("Pin"))
        add(theme, menu, icon, words, partial(self.pin, conversation_id, not pinned))
        if folders:
            into = menu.addMenu(theme.icon("ph.folder"), self.tr("Move to folder"))
            for folder in folders:
                action = add(theme, into, "", folder.name, partial(self.move, conversation_id, folder.id))
                action.setCheckable(True)
                action.setChecked(folder.id == folder_id)
            if folder_id is not None:
                into.addSeparator()
                add(theme, into, "", self.tr("Out of the folder"), partial(self.move, conversation_id, None))
        menu.addSeparator()
        add(theme, menu, "ph.copy", self.tr("Copy as Markdown"), copy)
        forms = (
            (".md", self.tr("Export as Markdown…")),
            (".pdf", self.tr("Export as PDF…")),
            (".json", self.tr("Export as JSON…")),
        )
        for suffix, text in forms:
            add(theme, menu, "ph.upload-simple", text, partial(self.choose_export, conversation_id, suffix))
        menu.addSeparator()
        add(theme, menu, "ph.trash", self.tr("Delete"), partial(self.delete, conversation_id), "Del")
        return menu

    def folder_menu(self, parent: QWidget, folder_id: int, rename: Callable[[], object]) -> QMenu:
        """The menu of a folder."""
        theme = self._context.theme
        menu = made_menu(theme, parent, self.tr("Folder"), [])
        add(theme, menu, "ph.pencil-simple", self.tr("Rename"), rename, "F2")
        add(theme, menu, "ph.folder-minus", self.tr("Remove folder"), partial(self.remove_folder, folder_id), "Del")
        return menu

    def trash_menu(self, parent: QWidget, conversation_id: int) -> QMenu:
        """The menu of a conversation in the trash."""
        entries: list[Entry] = [
            ("ph.arrow-counter-clockwise", self.tr("Restore"), partial(self.restore, conversation_id)),
            ("", "", None),
            ("ph.trash", self.tr("Delete for good"), partial(self.purge, conversation_id)),
        ]
        return made_menu(self._context.theme, parent, self.tr("Conversation"), entries)

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)

    def _try(self, act: Callable[[], None]) -> bool:
        """Does it; a problem becomes a toast."""
        try:
            act()
        except ThimbleError as error:
            self._report(error.problem)
            return False
        return True
