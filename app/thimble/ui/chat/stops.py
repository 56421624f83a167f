"""What the Tab key stops at in a message: the message, its links, its buttons, top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from thimble.ui.chat.flow import Flow
from thimble.ui.chat.message_view import MessageView
from thimble.ui.theme import S3

Shown = tuple[QWidget, float, float]
"""What must be seen: (widget, upper edge in it, height)."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop.

    Attributes:
        view: the message.
        widget: what takes the focus; the message itself for a link.
        flow, link: the link, if it is one.
    """

    view: MessageView
    widget: QWidget
    flow: Flow | None = None
    link: int = 0

    def is_focused(self, focused: QWidget) -> bool:
        """Whether the focus is here now."""
        if focused is not self.widget:
            return False
        if self.flow is not None:
            return self.flow.focused_link == self.link
        return focused is not self.view or all(flow.focused_link is None for flow in self.view.flows())

    def take_focus(self, *, forward: bool) -> Shown:
        """Takes the focus; what must be seen now."""
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        self.widget.setFocus(reason)
        for flow in self.view.flows():
            flow.focus_link(self.link if flow is self.flow else None)
        self.view.show_ring(shown=self.flow is None and self.widget is self.view)
        if self.flow is not None:
            return self.flow, self.flow.link_y(self.link), S3
        return self.widget, 0, self.widget.height()


def stop_after(views: Sequence[MessageView], view: MessageView, focused: QWidget, *, forward: bool) -> Stop | None:
    """Where Tab goes from what has the focus in a message; None at the first and last of all.

    Args:
        views: all messages, top to bottom.
        view: the message with the focus.
        focused: what has it.
        forward: or backward.
    """
    stops, step = stops_of(view), 1 if forward else -1
    at = next((i for i, stop in enumerate(stops) if stop.is_focused(focused)), 0) + step
    if 0 <= at < len(stops):
        return stops[at]
    index = views.index(view) + step
    return stops_of(views[index])[0] if 0 <= index < len(views) else None


def stops_of(view: MessageView) -> list[Stop]:
    """All stops of a message, itself first."""
    found: list[tuple[float, float, Stop]] = []
    for child in view.findChildren(QWidget):
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isVisible() and child.isEnabled():
            at = child.mapTo(view, QPoint(0, 0))
            found.append((at.y(), at.x(), Stop(view, child)))
    for flow in view.flows():
        if flow.isVisible():
            y = flow.mapTo(view, QPoint(0, 0)).y()
            found += [(y + flow.link_y(n), n, Stop(view, view, flow, n)) for n in range(len(flow.links()))]
    found.sort(key=lambda entry: entry[:2])
    return [Stop(view, view), *(stop for *_, stop in found)]
