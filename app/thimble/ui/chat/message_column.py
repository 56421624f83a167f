"""Where the messages of a conversation stand, one under the other."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from thimble.ui.chat.message_view import EDGE
from thimble.ui.theme import CONTENT_WIDTH, S2, S3

if TYPE_CHECKING:
    from thimble.ui.chat.message_view import MessageView

Anchor = tuple["MessageView", tuple[int, float], float]
"""(message, place in it, distance of the place from the upper edge)."""
UNMEASURED: int = 30
"""A message of this height was never laid out."""
PLACE_AT: int = 8
"""One in so many waits for a place when all get new ones."""


def column_width(viewport: int) -> int:
    """Width of the messages in a visible part of that width, in pixels."""
    return max(200, min(CONTENT_WIDTH, viewport - 2 * S3)) + 2 * EDGE


class MessageColumn:
    """Messages from top to bottom. Those made last, above the others, have no place before the next `place`.

    Attributes:
        views: the messages that are made, in order.
        live: those near the visible part.
        width: of each, in pixels.
    """

    def __init__(self) -> None:
        self.views: list[MessageView] = []
        self.live: set[MessageView] = set()
        self.width = 0
        self._tops: list[int] = []
        self._above = 0
        self._moved = False

    @property
    def is_placed(self) -> bool:
        """Whether all messages stand where they belong."""
        return not self._above and not self._moved

    @property
    def is_place_due(self) -> bool:
        """Whether it is time for a `place`: where sizes have changed, or many wait."""
        return self._moved or PLACE_AT * self._above > len(self._tops)

    def is_stale(self, view: MessageView) -> bool:
        """Whether it was laid out for another width or size of text, or its text has changed since."""
        return view.needs_layout or view.is_unfit or view.width() != self.width

    @property
    def any_stale(self) -> bool:
        """Whether one of them is."""
        return any(self.is_stale(view) for view in self.views)

    def put_above(self, view: MessageView) -> int:
        """One more message above all others, where nobody sees it before it has a place; its height."""
        self.views.insert(0, view)
        self._above += 1
        moved = self._moved
        height = self.measure(view)
        self._moved = moved
        view.move(0, -height)
        return height

    def measure(self, view: MessageView) -> int:
        """Lays a message out where that is needed; its height."""
        if view.is_unfit:
            view.refit()
        if self.is_stale(view):
            before = view.height()
            view.resize(self.width, before)
            view.resize(self.width, view.lay_out(self.width))
            self._moved = self._moved or view.height() != before
        return view.height()

    def place(self, viewport: int, first: int = 0) -> int:
        """Places the messages from the first one on; those far away keep the height they had until there is time.

        Args:
            viewport: width of the visible part, in pixels.
            first: number of the message to begin with; without effect where others wait for a place.

        Returns:
            The height of all.
        """
        if not self.is_placed:
            first = 0
        self.width = column_width(viewport)
        x = (viewport - self.width) // 2
        del self._tops[first:]
        y = self._tops[-1] + self.views[first - 1].height() if first else S2
        for view in self.views[first:]:
            if view.height() <= UNMEASURED or (view.needs_layout and view.width() == self.width) or view in self.live:
                self.measure(view)
            view.move(x, y)
            self._tops.append(y)
            y += view.height()
        for view in self.views[-3:]:
            view.set_last(last=view is self.views[-1])
        self._above, self._moved = 0, False
        return y + S2

    def near(self, top: int, height: int) -> set[MessageView]:
        """The messages at most a screenful away from the visible part."""
        first = max(0, bisect_right(self._tops, top - height) - 1)
        last = bisect_right(self._tops, top + 2 * height)
        return set(self.views[self._above + first : self._above + last])

    def anchor(self, top: int) -> Anchor | None:
        """What stands at a height, for `y_of` after another layout."""
        if not self._tops:
            return None
        view = self.views[self._above + max(0, bisect_right(self._tops, top) - 1)]
        place = view.place_at(top - view.y())
        return view, place, view.y() + view.y_of(place) - top

    def y_of(self, anchor: Anchor) -> int | None:
        """The height at which an anchor would stand where it stood; None when its message is gone."""
        view, place, distance = anchor
        return round(view.y() + view.y_of(place) - distance) if view in self.views else None
