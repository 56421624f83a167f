"""What the context's keys and values take, against what they would take if every layer saw everything."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from thimble.protocol import Sample
from thimble.ui import figures
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.widgets.basic import label, row
from thimble.ui.widgets.charts import Part, StackedBar


class KvPart(QWidget):
    """A line, a bar and the parts by name; nothing while the engine does not tell."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.text = label(theme, figures.UNKNOWN, "small", "muted")
        self.bar = StackedBar(theme, self.tr("Keys and values"), 16)
        self.parts = label(theme, "", "small", "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, S_HALF, 0, 0)
        layout.setSpacing(S1)
        layout.addLayout(row(label(theme, self.tr("Keys and values"), "strong"), None, self.text))
        layout.addWidget(self.bar)
        layout.addWidget(self.parts)
        self.hide()

    def show_sample(self, sample: Sample | None) -> None:
        """Shows the gauges of a sample."""
        taken = sample.kv_window_bytes + sample.kv_global_bytes + sample.kv_recurrent_bytes if sample else 0
        self.setVisible(taken > 0)
        if sample is None or not taken:
            return
        whole = sample.kv_full_bytes + sample.kv_recurrent_bytes
        taken += sample.kv_kept_bytes
        self.text.setText(
            self.tr("{0} of {1} with full attention").format(figures.size(taken), figures.size(whole))
            if sample.kv_window_bytes
            else figures.size(taken)
        )
        parts = [
            Part(size, role, name.format(figures.size(size)))
            for size, role, name in (
                (sample.kv_global_bytes, "prefetched", self.tr("layers that see everything {0}")),
                (sample.kv_window_bytes, "hit", self.tr("layers with a window {0}")),
                (sample.kv_recurrent_bytes, "other", self.tr("states {0}")),
                (sample.kv_kept_bytes, "late", self.tr("kept for going back {0}")),
            )
            if size
        ]
        self.bar.set_parts(parts, max(whole, taken))
        self.parts.setText(" · ".join(part.name for part in parts))
        self.parts.setVisible(len(parts) > 1)
