"""The heat map in its card: what the colours mean, and the cell that is looked at in words."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from thimble.insight.expert_map import ExpertMap
from thimble.ui import figures
from thimble.ui.performance.heat_map import HeatMap
from thimble.ui.performance.tabled import MOST_ROWS, Table, TabledCard
from thimble.ui.theme import S_HALF, Theme
from thimble.ui.widgets.basic import ElidedLabel, label, row
from thimble.ui.widgets.charts import Swatch


class ExpertsCard(TabledCard):
    """Layers × experts."""

    def __init__(self, theme: Theme, *, strip: bool) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Layers and experts"), picture, self._table)
        self._map = ExpertMap()
        self.heat = HeatMap(theme, strip=strip)
        self.words = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self._hint = self.tr("The stronger the colour, the more often it is used")
        self.words.setText(self._hint)
        self.heat.chosen.connect(lambda text: self.words.setText(text or self._hint))
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S_HALF)
        layout.addWidget(self.heat, 1)
        layout.addWidget(self.words)
        for role, name in (("hit", self.tr("in memory")), ("miss", self.tr("on disk"))):
            self.tools.addLayout(row(Swatch(theme, role), label(theme, name, "small", "muted"), spacing=S_HALF))

    def show_map(self, found: ExpertMap) -> None:
        """Shows experts."""
        self._map = found
        self.heat.set_map(found)
        self.refresh_table()

    def _table(self) -> Table:
        heads = (self.tr("Expert"), self.tr("Uses"), self.tr("Share"), self.tr("Missing"), self.tr("Where"))
        cells = [
            cell
            for number, row_ in enumerate(self._map.rows)
            for expert in range(row_.experts)
            if (cell := self._map.cell(number, expert)) is not None
        ]
        cells.sort(key=lambda cell: -cell.uses)
        rows = [
            (
                self.tr("layer {0}, expert {1}").format(cell.layer, cell.expert),
                figures.count(cell.uses),
                figures.percent(cell.share, 1),
                figures.count(cell.misses),
                self.tr("in memory") if cell.resident else self.tr("on disk"),
            )
            for cell in cells[:MOST_ROWS]
        ]
        return Table(heads, rows)
