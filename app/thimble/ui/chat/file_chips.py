"""Attached files as small chips, several in a row."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget
from shiboken6 import isValid

from thimble.ui import figures
from thimble.ui.chat.picture_chip import PictureChip
from thimble.ui.theme import ICON, RADIUS_SMALL, S1, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import icon_button, label

if TYPE_CHECKING:
    from thimble.conversations import Attachment
    from thimble.ui.chat.pictures import Thumbnails

HEIGHT: Final = 32
WIDEST_NAME: Final = 220
X_SIDE: Final = 24


class FileChip(QWidget):
    """One file: its name, how long it is, and a button to take it away where that can be done.

    Signals:
        removed: the button.
        searched: whether passages of it are wanted instead of all of it.
    """

    removed = Signal()
    searched = Signal(bool)

    def __init__(self, theme: Theme, file: Attachment, parent: QWidget, *, removable: bool) -> None:
        super().__init__(parent)
        self._theme = theme
        self.file = file
        self.setFixedHeight(HEIGHT)
        metrics = self.fontMetrics()
        shown = metrics.elidedText(file.name, Qt.TextElideMode.ElideMiddle, WIDEST_NAME)
        self._facts: QLabel = label(theme, "", "small", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(S1 + ICON + S_HALF + 2, 0, S_HALF if removable else S1, 0)
        row.setSpacing(S_HALF + 2)
        row.addWidget(label(theme, shown, "small"))
        row.addWidget(self._facts)
        self._tokens: int | None = None
        self._search: QToolButton | None = None
        if removable:
            self._search = icon_button(theme, "ph.magnifying-glass", "", checkable=True, size=ICON - 2)
            self._search.setFixedSize(X_SIDE, X_SIDE)
            self._search.clicked.connect(self.searched)
            row.addWidget(self._search)
            away = icon_button(theme, "ph.x", self.tr("Take away {0}").format(file.name), size=ICON - 4)
            away.setFixedSize(X_SIDE, X_SIDE)
            away.clicked.connect(self.removed)
            row.addWidget(away)
        self.set_tokens(None)

    def set_tokens(self, tokens: int | None) -> None:
        """How many tokens it takes; None while that is not known."""
        self._tokens = tokens
        facts = []
        if self.file.pages:
            pages = self.file.pages
            facts.append(self.tr("1 page") if pages == 1 else self.tr("{0} pages").format(figures.count(pages)))
        if self.file.searched:
            facts.append(self.tr("searched for each question"))
        elif tokens is not None:
            facts.append(self.tr("{0} tokens").format(figures.count(tokens)))
        else:
            facts.append(self.tr("{0} characters").format(figures.count(self.file.characters)))
        self._facts.setText(" · ".join(facts))
        self.setAccessibleName(f"{self.file.name}, {', '.join(facts)}")
        self.setToolTip(tip(f"{self.file.name}\n{', '.join(facts)}"))
        if self._search is not None:
            words = self.tr("Read {0} whole") if self.file.searched else self.tr("Only search in {0}")
            self._search.setChecked(self.file.searched)
            self._search.setToolTip(tip(words.format(self.file.name)))
            self._search.setAccessibleName(words.format(self.file.name))

    def set_file(self, file: Attachment) -> None:
        """The same file, read in another way."""
        if file != self.file:
            self.file = file
            self.set_tokens(self._tokens)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground and icon."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.setBrush(self._theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_SMALL, RADIUS_SMALL)
        top = (HEIGHT - ICON) // 2
        icon = "ph.file-pdf" if self.file.name.lower().endswith(".pdf") else "ph.file-text"
        draw(painter, self.rect().adjusted(S1, top, S1 + ICON - self.width(), -top), icon, self._theme.color("muted"))
        painter.end()


class FileChips(QWidget):
    """Chips in rows.

    Args:
        theme: fonts and colours.
        parent: owner.
        removable: whether files can be taken away.

    Signals:
        removed: id of the file whose button was pressed.
        searched: (id, whether passages of it are wanted instead of all of it).

    Attributes:
        chips: one for each file.
        thumbnails: where pictures get what they show.
        natural_width: of the widest row; after `lay_out`.
    """

    removed = Signal(int)
    searched = Signal(int, bool)

    def __init__(self, theme: Theme, parent: QWidget, *, removable: bool = False) -> None:
        super().__init__(parent)
        self._theme = theme
        self._removable = removable
        self.chips: list[FileChip | PictureChip] = []
        self.thumbnails: Thumbnails | None = None
        self.natural_width = 0
        self.setAccessibleName(self.tr("Attached files"))

    def set_files(self, files: Sequence[Attachment], tokens: Mapping[int, int] | None = None) -> None:
        """Shows these files; those that stay keep their chip."""
        known = {chip.file.id: chip for chip in self.chips}
        for gone in known.keys() - {file.id for file in files}:
            known[gone].hide()
            known[gone].deleteLater()
        self.chips = []
        for file in files:
            chip = known.get(file.id)
            if chip is None:
                chip = self._made(file)
                chip.removed.connect(lambda file_id=file.id: self.removed.emit(file_id))
                chip.show()
            else:
                chip.set_file(file)
            if tokens is not None:
                chip.set_tokens(tokens.get(file.id))
            self.chips.append(chip)

    def _made(self, file: Attachment) -> FileChip | PictureChip:
        if file.picture:
            picture = PictureChip(self._theme, file, self, removable=self._removable)
            if self.thumbnails is not None:
                weak = weakref.ref(picture)
                self.thumbnails.want(file.id, lambda image: _show(weak, image))
            return picture
        chip = FileChip(self._theme, file, self, removable=self._removable)
        chip.searched.connect(lambda wanted, file_id=file.id: self.searched.emit(file_id, wanted))
        return chip

    def lay_out(self, width: int) -> int:
        """Places the chips at a width; the height."""
        x = y = row = 0
        self.natural_width = 0
        for chip in self.chips:
            size = chip.sizeHint()
            wanted = min(width, size.width())
            height = size.height() if chip.file.picture else HEIGHT
            if x and x + wanted > width:
                x, y, row = 0, y + row + S_HALF, 0
            row = max(row, height)
            chip.setGeometry(x, y, wanted, height)
            x += wanted + S_HALF
            self.natural_width = max(self.natural_width, x - S_HALF)
        return y + row


def _show(picture: weakref.ref[PictureChip], image: QImage) -> None:
    """A thumbnail has come, perhaps after its chip has gone."""
    chip = picture()
    if chip is not None and isValid(chip):
        chip.set_image(image)
