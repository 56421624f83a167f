"""The person's own words: a soft bubble at the right, folded when long, and changed where they stand."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QWidget

from thimble.retrieval.choosing import Found
from thimble.ui.chat.file_chips import FileChips
from thimble.ui.chat.flow import Flow
from thimble.ui.chat.message_editor import Editor
from thimble.ui.chat.message_parts import FOOTER_HEIGHT, Footer
from thimble.ui.chat.message_view import EDGE, MessageView
from thimble.ui.chat.passages_view import PassagesView
from thimble.ui.chat.rich_blocks import Rich, TextBlock
from thimble.ui.chat.rich_layout import Look
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.theme import S1, S_HALF
from thimble.ui.widgets.basic import button, label

WIDEST_SHARE: Final = 0.85
PADDING_X: Final = 14
PADDING_Y: Final = 9
BUBBLE_RADIUS: Final = 14
FOLDED_LINES: Final = 12
FOLDED_LETTERS: Final = 1200
PIECE: Final = 4000
"""A line longer than this is laid out in several parts."""
EDITOR_ROW: Final = 40


def plain_blocks(text: str) -> list[TextBlock]:
    """Lines of plain text as blocks: nothing in them is Markdown."""
    made = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n"):
        made += [TextBlock(Rich(line[at : at + PIECE])) for at in range(0, max(1, len(line)), PIECE)]
    return made


class UserView(MessageView):
    """One message of the person."""

    def __init__(self, message: ShownMessage, look: Look, parent: QWidget) -> None:
        super().__init__(message, look, parent)
        self._flow = self.make_flow(Flow(look, None, plain=True, parent=self))
        self._bubble = QRectF()
        self._fold: QPushButton | None = None
        self._opened = False
        self._editor: Editor | None = None
        self._editor_parts: list[QWidget] = []
        self._files: FileChips | None = None
        self._passages: PassagesView | None = None
        self._at_end = False
        self._busy = False
        self._show()

    # --- words --------------------------------------------------------------------------------------------------

    @property
    def flow(self) -> Flow:
        """The lines."""
        return self._flow

    def set_message(self, message: ShownMessage) -> None:
        """Its text or versions have changed."""
        if message == self.message:
            return
        self.message = message
        self._show()
        self.new_footer()
        self.resized.emit()

    def _show(self) -> None:
        text = self.message.text
        short = folded(text)
        self.needs_layout = True
        self._flow.set_blocks(plain_blocks(text if self._opened else short) if text else [])
        self._show_files()
        self._show_passages()
        if short != text and self._fold is None:
            self._fold = button(self._look.theme, "", "link")
            self._fold.setParent(self)
            self._fold.clicked.connect(self._toggle_fold)
        if self._fold is not None:
            words = self.tr("Show less") if self._opened else self.tr("Show all")
            self._fold.setText(words)
            self._fold.setAccessibleName(words)
            self._fold.setVisible(short != text and self._editor is None)
        self.setAccessibleName(self.describe())
        self.setAccessibleDescription(text[:2000])

    def _show_files(self) -> None:
        if self._files is None and self.message.files:
            self._files = FileChips(self._look.theme, self)
            self._files.thumbnails = self._look.thumbnails
            self._files.show()
        if self._files is not None:
            self._files.set_files(self.message.files)

    def _show_passages(self) -> None:
        found = self.message.passages
        if self._passages is None and found is not None:
            self._passages = PassagesView(self._look.theme, self)
            self._passages.resized.connect(self._on_passages)
            self._passages.show()
        if self._passages is not None:
            self._passages.set_found(found or Found())

    def _on_passages(self) -> None:
        self.needs_layout = True
        self.resized.emit()

    def reveal(self) -> None:
        """Shows all of a long message."""
        if not self._opened and folded(self.message.text) != self.message.text:
            self._toggle_fold()

    def _toggle_fold(self) -> None:
        self._opened = not self._opened
        self._show()
        self.resized.emit()

    def describe(self) -> str:
        """ "Your message: How long do I boil an egg?" """
        first = " ".join([*(file.name for file in self.message.files), *self.message.text.split()])
        return self.tr("Your message: {0}").format(first if len(first) <= 80 else first[:79] + "…")

    def fill_footer(self, footer: Footer) -> None:
        """Unanswered, Answer · versions · copy · edit · delete."""
        message = self.message
        if self._at_end and self._busy:
            footer.add_words(self.tr("Answered next"))
        elif self._at_end:
            footer.add_words(self.tr("Not answered"))
            name = self.tr("Ask for an answer to this message")
            footer.add_link(self.tr("Answer"), name, lambda: self.answer.emit(message.id))
        if message.siblings > 1:
            footer.add_versions(message.sibling, message.siblings, lambda step: self.sibling.emit(message.id, step))
        self.add_copy_button(footer)
        footer.add_button("ph.pencil-simple", self.tr("Edit message"), self.edit)
        footer.add_button("ph.trash", self.tr("Delete message"), lambda: self.removed.emit(message.id))

    def set_last(self, *, last: bool) -> None:
        """At the end it stands without an answer, and says so."""
        if last != self._at_end:
            self._at_end = last
            self.new_footer()

    def set_busy(self, *, busy: bool) -> None:
        """Whether an answer is being written above: then this one has its turn afterwards."""
        if busy != self._busy:
            self._busy = busy
            if self._at_end:
                self.new_footer()

    @property
    def keeps_footer(self) -> bool:
        """That it has no answer is always said."""
        return self._live and self._at_end

    @property
    def wants_footer(self) -> bool:
        """Not while it is edited."""
        return self._editor is None

    def show_footer(self) -> None:
        """Only under the pointer and with the focus, never just because it is the last one."""
        super().show_footer()

    # --- editing ------------------------------------------------------------------------------------------------

    @property
    def editor(self) -> Editor | None:
        """The editor, while there is one."""
        return self._editor

    def edit(self) -> None:
        """Opens the editor in place of the words."""
        if self._editor is not None:
            self._editor.setFocus()
            return
        theme = self._look.theme
        self._editor = Editor(theme, self.message.text, self.tr("Change your message"), self)
        self._editor.submitted.connect(self._submit)
        self._editor.cancelled.connect(self._close_editor)
        self._editor.document().documentLayout().documentSizeChanged.connect(self._on_editor_size)
        hint = label(theme, self.tr("Asks again with these words; the old answer is kept."), "small", "muted")
        hint.setParent(self)
        cancel = button(theme, self.tr("Cancel"), "quiet")
        cancel.setParent(self)
        cancel.clicked.connect(self._close_editor)
        send = button(theme, self.tr("Send"), "primary")
        send.setParent(self)
        send.clicked.connect(self._submit)
        self._editor_parts = [hint, cancel, send]
        self._flow.hide()
        if self._files is not None:
            self._files.hide()
        if self._fold is not None:
            self._fold.hide()
        for part in (self._editor, *self._editor_parts):
            part.show()
        self.show_footer()
        self.needs_layout = True
        self.resized.emit()
        self._editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._editor.moveCursor(self._editor.textCursor().MoveOperation.End)

    def _on_editor_size(self) -> None:
        if self._editor is not None and self._editor.wanted_height() != self._editor.height():
            self.needs_layout = True
            self.resized.emit()

    def _submit(self) -> None:
        if self._editor is None:
            return
        text = self._editor.toPlainText().strip()
        if text:
            self._close_editor()
            self.edited.emit(self.message.id, text)

    def _close_editor(self) -> None:
        if self._editor is None:
            return
        parts = [self._editor, *self._editor_parts]
        self._editor, self._editor_parts = None, []
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        for part in parts:
            part.hide()
            part.deleteLater()
        self._flow.show()
        if self._files is not None:
            self._files.show()
        self._show()
        self.show_footer()
        self.update()
        self.resized.emit()

    # --- layout -------------------------------------------------------------------------------------------------

    def lay_out(self, width: int) -> int:
        """Bubble and row of actions; the editor takes the bubble's place."""
        self.needs_layout = False
        inner = width - 2 * EDGE
        widest = int(inner * WIDEST_SHARE)
        if self._editor is not None:
            height = self._place_editor(EDGE + inner - widest, widest)
        else:
            files = self._files.lay_out(widest - 2 * PADDING_X) if self._files is not None else 0
            self._flow.lay_out(widest - 2 * PADDING_X)
            natural = max(self._flow.natural_width(), self._files.natural_width if self._files is not None else 0)
            needed = min(widest, round(natural + 0.5) + 2 * PADDING_X)
            words = self._flow.lay_out(needed - 2 * PADDING_X)
            x = EDGE + inner - needed
            if self._files is not None:
                self._files.setGeometry(x + PADDING_X, S_HALF + PADDING_Y, needed - 2 * PADDING_X, files)
                files += S1 if words else 0
            self._flow.setGeometry(x + PADDING_X, S_HALF + PADDING_Y + files, needed - 2 * PADDING_X, words)
            words += files
            height = words + 2 * PADDING_Y
            if self._fold is not None and not self._fold.isHidden():
                self._fold.adjustSize()
                self._fold.move(x + PADDING_X - 5, S_HALF + PADDING_Y + words + 2)
                height += self._fold.height() + 2
            self._bubble = QRectF(x, S_HALF, needed, height)
        y = S_HALF + height + 2
        if self._passages is not None:
            tall = self._passages.lay_out(widest)
            self._passages.setGeometry(EDGE + inner - widest, y, widest, tall)
            y += tall
        self.place_footer(y)
        return y + FOOTER_HEIGHT + S_HALF

    def _place_editor(self, x: int, width: int) -> int:
        assert self._editor is not None  # noqa: S101 - the caller has looked
        self._editor.resize(width - 2 * PADDING_Y, self._editor.height())  # its lines break at its width
        height = self._editor.wanted_height()
        self._bubble = QRectF(x, S_HALF, width, height + EDITOR_ROW + 2 * PADDING_Y)
        self._editor.setGeometry(x + PADDING_Y, S_HALF + PADDING_Y, width - 2 * PADDING_Y, height)
        hint, cancel, send = self._editor_parts
        y = S_HALF + PADDING_Y + height + S1
        right = x + width - PADDING_Y
        for part in (send, cancel):
            part.resize(part.sizeHint())
            right -= part.width()
            part.move(right, y)
            right -= S_HALF
        hint.setGeometry(x + PADDING_X, y, right - x - PADDING_X, send.height())
        return round(self._bubble.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the bubble."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("bubble"))
        painter.drawRoundedRect(self._bubble, BUBBLE_RADIUS, BUBBLE_RADIUS)
        painter.end()
        super().paintEvent(event)


def folded(text: str) -> str:
    """The beginning of a long text; a short one as it is."""
    lines = text.split("\n", FOLDED_LINES + 2)
    if len(lines) <= FOLDED_LINES + 2 and len(text) <= FOLDED_LETTERS + 200:
        return text
    return "\n".join(lines[:FOLDED_LINES])[:FOLDED_LETTERS].rstrip() + " …"
