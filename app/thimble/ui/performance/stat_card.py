"""One big number with its course over the last two minutes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QVBoxLayout

from thimble.insight.rates import HISTORY_SECONDS
from thimble.ui import figures
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, label, row
from thimble.ui.widgets.charts import Sparkline

SPARK_LEAST = 44
SPARK_MOST = 132


class StatCard(Card):
    """Title, number with unit, a remark, and a sparkline.

    Args:
        theme: colours and fonts.
        title: what the number is.
        unit: behind the number; "" for none.
        role: colour of the sparkline.
    """

    def __init__(self, theme: Theme, title: str, unit: str, role: str) -> None:
        super().__init__(title)
        self.title = ElidedLabel(theme, title, "small", "muted", stretch=True)
        self.number = label(theme, figures.UNKNOWN, "big")
        self.unit = label(theme, unit, "small", "muted")
        self.remark = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.spark = Sparkline(theme, HISTORY_SECONDS, role, self.tr("{0}, last two minutes").format(title))
        self.spark.setFixedHeight(SPARK_LEAST)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2 - S_HALF)
        layout.setSpacing(2)
        layout.addWidget(self.title)
        numbers = row(self.number, self.unit, None, spacing=S_HALF + 2)
        # Layouts know no common baseline for two sizes of type: the unit stands on the number's by its descent.
        drop = QFontMetrics(self.number.font()).descent() - QFontMetrics(self.unit.font()).descent()
        self.unit.setContentsMargins(0, 0, 0, drop)
        numbers.setAlignment(self.unit, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(numbers)
        layout.addWidget(self.remark)
        layout.addSpacing(S1)
        layout.addWidget(self.spark)

    def show_number(self, text: str, remark: str = "") -> None:
        """Shows a number; the unit is hidden with an unknown one."""
        number, _, unit = text.partition(" ")
        self.number.setText(number)
        if unit:
            self.unit.setText(unit)
        self.unit.setVisible(number != figures.UNKNOWN)
        self.remark.setText(remark)
        words = f"{text} {self.unit.text() if not unit else ''} {remark}".strip()
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def show_course(self, points: Sequence[tuple[float, float]], now: float, least_top: float = 1.0) -> None:
        """Shows the course."""
        self.spark.set_points(points, now, least_top)
