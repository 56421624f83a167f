"""Where the person writes: a field that grows with the text, the model, and the button that sends or stops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QMimeData, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QPlainTextEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from thimble.ui import figures
from thimble.ui.chat.dictate_button import DictateButton
from thimble.ui.chat.file_chips import FileChips
from thimble.ui.chat.folder_chips import FolderChips
from thimble.ui.chat.menus import add, made_menu
from thimble.ui.chat.message_parts import tokens_text
from thimble.ui.chat.model_picker import ModelPicker
from thimble.ui.chat.pictures import pasted_picture
from thimble.ui.chat.rich_layout import chat_font
from thimble.ui.chat.tool_choice import ToolsButton
from thimble.ui.shortcuts import ANSWER_KEYS, BOTH_KEYS, with_keys
from thimble.ui.theme import ICON, S1, S_HALF
from thimble.ui.widgets.basic import icon_button, label, row, set_tone

if TYPE_CHECKING:
    from thimble.conversations import Attachment
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.folder_updates import FolderStatus

MOST_LINES: Final = 8
SEND_SIDE: Final = 32
NEARLY_FULL: Final = 0.9
NARROW: Final = 360
"""A composer of less pixels has no room for long figures."""
LONG_LINE: Final = 8000
LONGEST_PASTED: Final = 500_000
"""A longer text becomes an attachment: the field would stand still for seconds at every key."""


class Composer(QFrame):
    """Text field with its row of controls.

    Enter sends (after the answer that is being written), Shift+Enter starts a new line, Up in the empty field edits the
    last message, Escape stops the answer.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        submitted: the text to send; the field keeps it until `clear`.
        noted: the text to add without asking for an answer.
        answer_noted: the text to add as if the model had answered it.
        both_asked: the text to send to this chat and to the one beside it.
        stop_requested: the running answer is to end.
        edit_last_requested: the person's last message is to be edited.
        draft_changed: the text, at every change by the person.
        add_model_requested: the person wants to add a model file.
        attach_requested: the person wants to choose files.
        files_offered: list of paths that were pasted or dropped.
        picture_offered: a `QImage` was pasted.
        text_offered: a text too long to be written in the field was pasted.
        file_removed: id of an attachment that is to be taken away.
        file_searched: (id, whether passages of it are wanted instead of all of it).
    """

    submitted = Signal(str)
    noted = Signal(str)
    answer_noted = Signal(str)
    both_asked = Signal(str)
    stop_requested = Signal()
    edit_last_requested = Signal()
    draft_changed = Signal(str)
    add_model_requested = Signal()
    attach_requested = Signal()
    files_offered = Signal(object)
    picture_offered = Signal(object)
    text_offered = Signal(str)
    file_removed = Signal(int)
    file_searched = Signal(int, bool)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._answering = False
        self._has_both = False
        self._tokens = (0, 0)
        self._files: Sequence[Attachment] = ()
        self._blind = ""
        self.setProperty("kind", "composer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field = _Field(self)
        self._fit_text()
        self.field.setPlaceholderText(self.tr("Ask anything…"))
        self.field.setAccessibleName(self.tr("Your message"))
        self.chips = FileChips(context.theme, self, removable=True)
        self.chips.removed.connect(self.file_removed)
        self.chips.searched.connect(self.file_searched)
        self.folders = FolderChips(context.theme, self)
        self.folders.hide()
        self.chips.hide()
        self.notice = label(context.theme, "", "small", "danger", wrap=True)
        self.notice.setContentsMargins(S1 - 2, 0, S1, 0)
        self.notice.hide()
        self.attach = icon_button(context.theme, "ph.paperclip", self.tr("Attach files or a folder"))
        self.attach.clicked.connect(self.attach_requested)
        self.tools = ToolsButton(context, self)
        self.picker = ModelPicker(context, self)
        self.tokens: QLabel = label(context.theme, "", "small", "muted")
        self.tokens.setAccessibleName(self.tr("Tokens used"))
        self.dictate = DictateButton(context, self.field, self)
        self.send = QToolButton()
        self.send.setProperty("kind", "send")
        self.send.setFixedSize(SEND_SIDE, SEND_SIDE)
        self.send.setIconSize(QSize(ICON, ICON))
        self.send.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.queue = icon_button(context.theme, "ph.queue", self.tr("Send when this answer is done"))
        self.queue.setFixedSize(SEND_SIDE, SEND_SIDE)
        self.queue.clicked.connect(self._submit)
        self.queue.hide()
        self.both = icon_button(context.theme, "ph.chats", self.tr("Ask both chats"))
        self.both.setToolTip(with_keys(self.tr("Ask both chats"), BOTH_KEYS))
        self.both.setFixedSize(SEND_SIDE, SEND_SIDE)
        self.both.clicked.connect(self._ask_both)
        self.both.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S1, S1 + 2, S1, S1)
        layout.setSpacing(S1 // 2)
        layout.addWidget(self.folders)
        layout.addWidget(self.chips)
        layout.addLayout(row(S1 - 2, self.field, spacing=0))  # the words of field and picker begin at one line
        layout.addWidget(self.notice)
        layout.addLayout(
            row(
                self.attach,
                self.tools,
                self.picker,
                None,
                self.tokens,
                self.dictate,
                self.both,
                self.queue,
                self.send,
                spacing=S_HALF,
            )
        )
        order = (self.field, self.attach, self.tools, self.picker, self.dictate, self.both, self.queue, self.send)
        for before, following in pairwise(order):
            self.setTabOrder(before, following)
        self.field.submitted.connect(self._press)
        self.field.noted.connect(self._note)
        self.field.both_asked.connect(self._ask_both)
        self.field.answer_noted.connect(self._note_answer)
        self.send.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.send.customContextMenuRequested.connect(self._open_send_menu)
        self.field.escaped.connect(self._escape)
        self.field.edit_last.connect(self.edit_last_requested)
        self.field.focused.connect(self._set_focused)
        self.field.files_offered.connect(self.files_offered)
        self.field.picture_offered.connect(self.picture_offered)
        self.field.text_offered.connect(self.text_offered)
        self.field.textChanged.connect(self._on_text)
        self.send.clicked.connect(self._press)
        self.picker.add_requested.connect(self.add_model_requested)
        context.theme.changed.connect(self._dress)
        self.destroyed.connect(context.settings.subscribe(self._on_setting))
        self._dress()

    def _fit_text(self) -> None:
        """Written in the size in which the chat is read."""
        self.field.setFont(chat_font(self._context.theme, self._context.settings.integer("look.text_size")))

    def _on_setting(self, key: str) -> None:
        if key == "look.text_size":
            self._fit_text()

    def text(self) -> str:
        """What is in the field."""
        return self.field.toPlainText()

    def set_draft(self, text: str) -> None:
        """Replaces the text without telling it as a change."""
        blocked = self.field.blockSignals(True)
        self.field.setPlainText(text)
        self.field.moveCursor(self.field.textCursor().MoveOperation.End)
        self.field.blockSignals(blocked)
        self.field.choose_wrapping()
        self.field.fit()
        self._dress()

    def clear(self) -> None:
        """Empties the field."""
        self.set_draft("")

    def set_answering(self, answering: bool) -> None:
        """While an answer is written, the button stops it."""
        self._answering = answering
        self._dress()

    def set_tokens(self, used: int, capacity: int) -> None:
        """Shows how much of the context is used; without a known capacity (0) only how much that is."""
        self._tokens = (used, capacity)
        self._show_notice()
        self._show_tokens()
        set_tone(self.tokens, "danger" if capacity and used > NEARLY_FULL * capacity else "muted")

    def set_blind(self, why: str) -> None:
        """Why the model would not see pictures, as a sentence; "" when it does, or nobody can tell yet."""
        self._blind = why
        self._show_notice()

    def _show_notice(self) -> None:
        """What will go wrong, before anything is sent."""
        used, capacity = self._tokens
        words = ""
        if capacity and used > capacity:
            words = self.tr("Too long for the model: {0} tokens, and it can see {1} at once.").format(
                figures.count(used), figures.count(capacity)
            )
        elif self._blind and any(file.picture for file in self._files):
            words = self._blind
        self.notice.setText(words)
        self.notice.setVisible(bool(words))

    def _make_room(self) -> None:
        """Between two chats in a small window the model's name needs the microphone's place once there are words."""
        wide = self.width() >= NARROW or not self._has_words
        self.dictate.setVisible(wide or self.dictate.busy)

    def _show_tokens(self) -> None:
        """Both numbers, or where there is no room their share; the tooltip always has both."""
        used, capacity = self._tokens
        both = f"{figures.count(used)} / {figures.count(capacity)}" if capacity else tokens_text(used)
        share = figures.percent(used / capacity) if capacity else ""
        self.tokens.setText("" if not used else share if capacity and self.width() < NARROW else both)
        words = self.tr("Tokens of this conversation, of those the model can see at once")
        self.tokens.setToolTip(f"{words}: {both}" if used else words)

    def set_files(self, files: Sequence[Attachment]) -> None:
        """Shows the files that go with the next message."""
        self._files = files
        self.chips.set_files(files)
        self._place_chips()
        self._show_notice()
        self._dress()

    def set_file_tokens(self, tokens: Mapping[int, int]) -> None:
        """How many tokens each file takes."""
        self.chips.set_files(self._files, tokens)
        self._place_chips()

    def set_folders(self, folders: Sequence[FolderStatus]) -> None:
        """Shows the folders in which this chat looks."""
        self.folders.set_folders(folders)
        self._place_chips()

    def _place_chips(self) -> None:
        width = max(200, self.width() - 2 * S1)
        self.folders.setFixedHeight(self.folders.lay_out(width) + S_HALF)
        self.folders.setVisible(bool(self.folders.chips))
        self.chips.setFixedHeight(self.chips.lay_out(width) + S_HALF)
        self.chips.setVisible(bool(self._files))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has another number of chips in a row."""
        super().resizeEvent(event)
        self._show_tokens()
        self._make_room()
        if self._files or self.folders.chips:
            self._place_chips()

    @property
    def _has_words(self) -> bool:
        return bool(self.text().strip() or self._files)

    def take_focus(self) -> None:
        """Puts the cursor into the field."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the text means the text."""
        super().mousePressEvent(event)
        self.take_focus()

    def _press(self) -> None:
        if self._answering and self.sender() is self.send:
            self.stop_requested.emit()
        else:
            self._submit()

    def _submit(self) -> None:
        if self._has_words:
            self.submitted.emit(self.text())

    def _note(self) -> None:
        if self._has_words:
            self.noted.emit(self.text())

    def _note_answer(self) -> None:
        if self._has_words:
            self.answer_noted.emit(self.text())

    def _open_send_menu(self, at: QPoint) -> None:
        self.send_menu().popup(self.send.mapToGlobal(at))

    def send_menu(self) -> QMenu:
        """What else can be done with the words."""
        menu = made_menu(self._context.theme, self, self.tr("Send"), [])
        entries = [
            (self.tr("Send"), "Return", self._submit),
            (self.tr("Add, ask nothing"), "Ctrl+Return", self._note),
            (self.tr("Add as an answer of the model"), ANSWER_KEYS, self._note_answer),
        ]
        if self._has_both:
            entries.append((self.tr("Ask both chats"), BOTH_KEYS, self._ask_both))
        for text, keys, act in entries:
            add(self._context.theme, menu, "", text, act, keys).setEnabled(self._has_words)
        return menu

    def set_both(self, *, both: bool) -> None:
        """Whether there is a chat beside this one that can be asked as well."""
        self._has_both = both
        self._dress()

    def _ask_both(self) -> None:
        if self._has_words and self._has_both:
            self.both_asked.emit(self.text())

    def _escape(self) -> None:
        if not self.dictate.stop() and self._answering:
            self.stop_requested.emit()

    def _on_text(self) -> None:
        self.field.choose_wrapping()
        self.field.fit()
        self._dress()
        self.draft_changed.emit(self.text())

    def _set_focused(self, focused: bool) -> None:
        self.setProperty("focused", focused)
        self.style().unpolish(self)
        self.style().polish(self)

    def _dress(self) -> None:
        name = self.tr("Stop") if self._answering else self.tr("Send")
        icon = "ph.stop-fill" if self._answering else "ph.arrow-up"
        self.send.setEnabled(self._answering or self._has_words)
        self.queue.setVisible(self._answering and self._has_words)
        self.both.setVisible(self._has_both and self._has_words)
        self._make_room()
        self.send.setIcon(self._context.theme.icon(icon, "accent_text" if self.send.isEnabled() else "muted"))
        self.send.setToolTip(with_keys(name, "Esc" if self._answering else "Return"))
        self.send.setAccessibleName(name)


def local_files(source: QMimeData) -> list[Path]:
    """Files and folders among what is pasted or dropped; models are none, they belong on another page."""
    paths = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() != ".gguf" and path.exists()]


class _Field(QPlainTextEdit):
    """Plain text that grows from one line to eight, then scrolls."""

    submitted = Signal()
    noted = Signal()
    both_asked = Signal()
    answer_noted = Signal()
    escaped = Signal()
    edit_last = Signal()
    focused = Signal(bool)
    files_offered = Signal(object)
    picture_offered = Signal(object)
    text_offered = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(2)
        self.setAcceptDrops(True)
        self.fit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Files, pictures and words."""
        return bool(local_files(source)) or source.hasImage() or super().canInsertFromMimeData(source)

    def choose_wrapping(self) -> None:
        """Breaks lines anywhere where a line is very long.

        Qt looks for word boundaries from the beginning of such a line at every key: seconds for a pasted blob.
        """
        block = self.document().begin()
        longest = 0
        while block.isValid() and longest <= LONG_LINE:
            longest = max(longest, block.length())
            block = block.next()
        mode = QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere
        if longest > LONG_LINE:
            mode = QTextOption.WrapMode.WrapAnywhere
        if self.wordWrapMode() != mode:
            self.setWordWrapMode(mode)

    def fit(self) -> None:
        """Takes the height of the text, at most eight lines."""
        line = self.fontMetrics().lineSpacing()
        # In a plain-text layout the document's height is counted in lines.
        lines = max(1, min(MOST_LINES, int(self.document().size().height())))
        margins = 2 * int(self.document().documentMargin()) + 2 * self.frameWidth() + 4
        self.setFixedHeight(lines * line + margins)
        always = self.document().size().height() > MOST_LINES
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if always else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)

    def changeEvent(self, event: QEvent) -> None:
        """A new font is a new height."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.fit()

    def resizeEvent(self, event: object) -> None:
        """A new width wraps into other lines."""
        super().resizeEvent(event)  # type: ignore[arg-type]  # a QResizeEvent
        self.fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tells the frame."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tells the frame."""
        super().focusOutEvent(event)
        self.focused.emit(False)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pastes files as attachments, and of everything else the words only."""
        files = local_files(source)
        if files:
            self.files_offered.emit(files)
            return
        picture = pasted_picture(source)
        if picture is not None:
            self.picture_offered.emit(picture)
            return
        text = source.text()
        if len(text) > LONGEST_PASTED:
            self.text_offered.emit(text)
            return
        if len(text) > LONG_LINE and max(map(len, text.splitlines() or [""])) > LONG_LINE:
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)  # before the text is laid out the first time
        self.insertPlainText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends, with Alt to both chats, with Ctrl it only adds, with Shift it is a new line; Up edits."""
        key = event.key()
        modifiers = event.modifiers()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            if modifiers & Qt.KeyboardModifier.AltModifier:
                self.both_asked.emit()
            elif modifiers & Qt.KeyboardModifier.ShiftModifier and modifiers & Qt.KeyboardModifier.ControlModifier:
                self.answer_noted.emit()
            elif modifiers & Qt.KeyboardModifier.ShiftModifier:
                self.insertPlainText("\n")
            elif modifiers & Qt.KeyboardModifier.ControlModifier:
                self.noted.emit()
            else:
                self.submitted.emit()
        elif key == Qt.Key.Key_Up and not self.toPlainText():
            self.edit_last.emit()
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)
