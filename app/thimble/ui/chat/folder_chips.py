"""Folders that a chat looks in, as small chips with how their index stands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Qt, QUrl, Signal
from PySide6.QtGui import QContextMenuEvent, QDesktopServices, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from thimble.ui import figures, problem_texts
from thimble.ui.chat.file_chips import HEIGHT, WIDEST_NAME, X_SIDE
from thimble.ui.chat.menus import add, made_menu
from thimble.ui.theme import ICON, RADIUS_SMALL, S1, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import icon_button, label, set_tone

if TYPE_CHECKING:
    from thimble.ui.chat.folder_updates import FolderStatus

MOST_NAMED: Final = 12


class FolderChip(QWidget):
    """One folder; a click opens its menu.

    Signals:
        removed: this chat is to look in it no more.
        updated: it is to be looked through now.
        stopped: the indexing is to end.
    """

    removed = Signal()
    updated = Signal()
    stopped = Signal()

    def __init__(self, theme: Theme, status: FolderStatus, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.status = status
        self.setFixedHeight(HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        name = Path(status.path).name or status.path
        shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WIDEST_NAME)
        self._facts = label(theme, "", "small", "muted")
        away = icon_button(theme, "ph.x", self.tr("Do not look in {0}").format(name), size=ICON - 4)
        away.setFixedSize(X_SIDE, X_SIDE)
        away.clicked.connect(self.removed)
        row = QHBoxLayout(self)
        row.setContentsMargins(S1 + ICON + S_HALF + 2, 0, S_HALF, 0)
        row.setSpacing(S_HALF + 2)
        row.addWidget(label(theme, shown, "small"))
        row.addWidget(self._facts)
        row.addWidget(away)
        self.set_status(status)

    def set_status(self, status: FolderStatus) -> None:
        """How it stands now."""
        self.status = status
        facts, tone = self._words()
        self._facts.setText(facts)
        set_tone(self._facts, tone)
        self.setAccessibleName(f"{Path(status.path).name}, {facts}")
        self.setToolTip(tip(f"{status.path}\n{status.problem or facts}"))

    def _words(self) -> tuple[str, str]:
        status = self.status
        if status.running:
            if status.total:
                return self.tr("Indexing… {0}").format(figures.percent(status.done / status.total)), "muted"
            return self.tr("Looking through it…"), "muted"
        if status.problem:
            return self.tr("Not indexed"), "danger"
        state = status.state
        if state is None:
            return "", "muted"
        if state.missing:
            return self.tr("Not there"), "danger"
        files = self.tr("1 file") if state.files == 1 else self.tr("{0} files").format(figures.count(state.files))
        if state.unread is None:
            return files + " · " + self.tr("not looked through"), "muted"
        if state.unread:
            return files + " · " + self.tr("{0} not read").format(figures.count(state.unread)), "muted"
        if state.unreadable:
            return files + " · " + self.tr("{0} unreadable").format(figures.count(state.unreadable)), "muted"
        return files, "muted"

    def menu(self) -> QMenu:
        """What can be done with it, and which of its files could not be read."""
        theme, status = self._theme, self.status
        menu = made_menu(theme, self, self.tr("Folder"), [])
        if status.problem:
            menu.addAction(status.problem).setEnabled(False)
        if status.state is not None and status.state.missing:
            menu.addAction(self.tr("The folder is not there; what was read before is still searched.")).setEnabled(
                False
            )
        if status.state is not None and status.state.too_many:
            menu.addAction(self.tr("It has more files than are indexed.")).setEnabled(False)
        if status.running:
            add(theme, menu, "ph.stop", self.tr("Stop indexing"), self.stopped.emit)
        else:
            add(theme, menu, "ph.arrows-clockwise", self.tr("Look through it now"), self.updated.emit)
        open_it = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(status.path))
        add(theme, menu, "ph.folder-open", self.tr("Open folder"), open_it)
        if status.broken:
            broken = menu.addMenu(theme.icon("ph.warning"), self.tr("Could not be read"))
            for name, sentence in status.broken[:MOST_NAMED]:
                broken.addAction(f"{name}: {problem_texts.translated(sentence)}").setEnabled(False)
            if len(status.broken) > MOST_NAMED:
                more = figures.count(len(status.broken) - MOST_NAMED)
                broken.addAction(self.tr("and {0} more").format(more)).setEnabled(False)
        menu.addSeparator()
        add(theme, menu, "ph.x", self.tr("Do not look in it any more"), self.removed.emit)
        return menu

    def _open_menu(self) -> None:
        self.menu().popup(self.mapToGlobal(self.rect().bottomLeft()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Opens the menu."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._open_menu()

    def contextMenuEvent(self, _event: QContextMenuEvent) -> None:
        """The same."""
        self._open_menu()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space open the menu, Delete takes it away."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self._open_menu()
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.removed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ground, icon, and how far the indexing is."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = "accent" if self.hasFocus() else "line"
        painter.setPen(QPen(self._theme.color(line), 1))
        painter.setBrush(self._theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_SMALL, RADIUS_SMALL)
        top = (HEIGHT - ICON) // 2
        place = self.rect().adjusted(S1, top, S1 + ICON - self.width(), -top)
        draw(painter, place, "ph.folder-simple", self._theme.color("muted"))
        if self.status.running and self.status.total:
            done = (self.width() - 2 * RADIUS_SMALL) * self.status.done / self.status.total
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("accent"))
            painter.drawRoundedRect(QRectF(RADIUS_SMALL, HEIGHT - 3, done, 2), 1, 1)
        painter.end()


class FolderChips(QWidget):
    """Chips in rows.

    Args:
        theme: fonts and colours.
        parent: owner.

    Signals:
        removed, updated, stopped: path of the folder whose chip said so.
        resized: a chip's words need another place.

    Attributes:
        chips: one for each folder.
    """

    removed = Signal(str)
    updated = Signal(str)
    stopped = Signal(str)
    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.chips: list[FolderChip] = []
        self.setAccessibleName(self.tr("Folders this chat looks in"))

    def set_folders(self, folders: Sequence[FolderStatus]) -> None:
        """Shows these folders; those that stay keep their chip."""
        known = {chip.status.path: chip for chip in self.chips}
        for gone in known.keys() - {folder.path for folder in folders}:
            known[gone].hide()
            known[gone].deleteLater()
        self.chips = []
        for folder in folders:
            chip = known.get(folder.path)
            if chip is None:
                chip = FolderChip(self._theme, folder, self)
                chip.removed.connect(partial(self.removed.emit, folder.path))
                chip.updated.connect(partial(self.updated.emit, folder.path))
                chip.stopped.connect(partial(self.stopped.emit, folder.path))
                chip.show()
            else:
                chip.set_status(folder)
            self.chips.append(chip)

    def lay_out(self, width: int) -> int:
        """Places the chips at a width; the height."""
        x = y = 0
        for chip in self.chips:
            wanted = min(width, chip.sizeHint().width())
            if x and x + wanted > width:
                x, y = 0, y + HEIGHT + S_HALF
            chip.setGeometry(x, y, wanted, HEIGHT)
            x += wanted + S_HALF
        return y + HEIGHT if self.chips else 0
