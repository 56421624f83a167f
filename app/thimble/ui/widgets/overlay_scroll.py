"""A scroll bar that lies over the content: it comes and goes without moving what is read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar

from thimble.ui.theme.tokens import SCROLLBAR


class OverlayScrollBar(QScrollBar):
    """Stands in for the vertical scroll bar of an area, over its right edge.

    A scroll bar beside the content takes its width when it appears, in the middle of an answer, and shifts every line.

    Args:
        area: the scroll area; its own vertical bar is hidden and follows this one.
    """

    def __init__(self, area: QAbstractScrollArea) -> None:
        super().__init__(Qt.Orientation.Vertical, area)
        self._own = area.verticalScrollBar()
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._own.rangeChanged.connect(self._follow_range)
        self._own.valueChanged.connect(self.setValue)
        self.valueChanged.connect(self._own.setValue)
        self.setAccessibleName(area.accessibleName())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the area has the keys
        area.installEventFilter(self)
        self._follow_range()
        self._place(area)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps to the right edge."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QAbstractScrollArea):
            self._place(watched)
            self._follow_range()
        return super().eventFilter(watched, event)

    def _place(self, area: QAbstractScrollArea) -> None:
        self.setGeometry(area.width() - SCROLLBAR, 0, SCROLLBAR, area.height())
        self.raise_()

    def _follow_range(self) -> None:
        own = self._own
        self.setPageStep(own.pageStep())
        self.setSingleStep(own.singleStep())
        self.setRange(own.minimum(), own.maximum())
        self.setValue(own.value())
        self.setVisible(own.maximum() > own.minimum())
