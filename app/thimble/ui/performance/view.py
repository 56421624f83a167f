"""One view of the Performance page: a scrolling column that is refreshed only while it is seen."""

from __future__ import annotations

from typing import Final

from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.widgets.basic import PageScroll

WIDTH: Final = 1180


class View(PageScroll):
    """What the page needs of each."""

    experts_every = 0
    """Seconds; see `Dashboard`."""

    def __init__(self, dashboard: Dashboard, name: str) -> None:
        super().__init__(name, WIDTH)
        self.dashboard = dashboard

    def refresh(self) -> None:
        """Figures: five times in two seconds at most."""

    def refresh_second(self) -> None:
        """Courses: once a second."""

    def refresh_experts(self) -> None:
        """Experts: when they were asked for."""

    def refresh_answers(self) -> None:
        """Answers: when there is one more."""
