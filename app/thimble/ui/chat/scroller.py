"""The part of the conversation view that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from thimble.ui.theme import S3


class Scroller(QAbstractScrollArea):
    """Moves the column; unlike QScrollArea it knows its range at once, shown or not."""

    moved = Signal(int)
    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.column = QWidget(self.viewport())
        self.verticalScrollBar().setSingleStep(S3)

    def set_height(self, height: int) -> None:
        """The column's height has changed."""
        view = self.viewport()
        self.column.resize(view.width(), max(height, view.height()))
        bar = self.verticalScrollBar()
        bar.setPageStep(view.height())
        bar.setRange(0, max(0, height - view.height()))

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Moves the column."""
        value = self.verticalScrollBar().value()
        self.column.move(0, -value)
        self.moved.emit(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The window has another size."""
        super().resizeEvent(event)
        self.resized.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End, besides what every scroll area knows."""
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)
