"""Will it run here? One sentence, a small bar and a big figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from thimble.modelfile.forecast import Verdict
from thimble.ui import figures
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.widgets.basic import ElidedLabel, label
from thimble.ui.widgets.charts import Part, StackedBar

if TYPE_CHECKING:
    from thimble.library.measurements import Kept
    from thimble.modelfile.forecast import Forecast

BAR_WIDTH: Final = 320
MOE: Final = "MoE"


def sentence(found: Forecast, download: int = 0) -> str:
    """What to expect, in one sentence.

    Args:
        found: the forecast.
        download: bytes that the disk has to have; 0 for a model that is here.
    """
    translate = QCoreApplication.translate
    if found.verdict == Verdict.TOO_BIG:
        text = (
            translate("Fit", "Needs {0} of memory, the limit is {1}")
            if found.limited
            else translate("Fit", "Needs {0} of memory, {1} are free")
        ).format(figures.size(found.needed), figures.size(found.room))
    elif found.verdict == Verdict.PAGED:
        share = found.expert_cache / max(1, found.expert_cache + _on_disk(found))
        text = translate("Fit", "Works in {0} with {1} of the experts in memory").format(
            figures.size(found.total), figures.percent(share)
        )
    else:
        text = translate("Fit", "Fits in memory: {0} of {1}").format(
            figures.size(found.total), figures.size(found.room)
        )
    if download:
        text += translate("Fit", " · file {0}").format(figures.size(download))
    return text


def speed(found: Forecast) -> str:
    """The big figure: "≈ 22 tok/s"; a dash when it does not run."""
    if found.tokens_per_second <= 0:
        return figures.UNKNOWN
    digits = 1 if found.tokens_per_second < 9.5 else 0
    return QCoreApplication.translate("Fit", "≈ {0} tok/s").format(figures.fixed(found.tokens_per_second, digits))


def speed_range(found: Forecast) -> str:
    """The figure with its doubt: "12–16 tokens/s"."""
    low, high = found.range
    digits = 1 if high < 9.5 else 0
    return QCoreApplication.translate("Fit", "{0}–{1} tokens/s").format(
        figures.fixed(low, digits), figures.fixed(high, digits)
    )


def explanation(found: Forecast) -> str:
    """All the forecast knows, for a tooltip."""
    translate = QCoreApplication.translate
    lines = [translate("Fit", "tok/s: tokens a second; a token is a short word or a part of one"), ""]
    lines += [translate("Fit", "in memory besides experts: {0}").format(figures.size(found.resident))]
    if found.expert_cache:
        lines.append(translate("Fit", "for experts: {0}").format(figures.size(found.expert_cache)))
        lines.append(translate("Fit", "estimated hits: {0}").format(figures.percent(found.hits)))
    if found.disk_per_token > 0:
        lines.append(translate("Fit", "read from disk for each token: {0}").format(figures.size(found.disk_per_token)))
    if found.tokens_per_second > 0:
        lines.append(translate("Fit", "expected: {0}").format(speed_range(found)))
    if found.prompt_tokens_per_second > 0:
        speed = figures.rate(found.prompt_tokens_per_second)
        lines.append(translate("Fit", "reading the first prompt: ≈ {0} tokens/s").format(speed))
    lines.append(translate("Fit", "An estimate from the file's header and this computer's measured speeds."))
    return "\n".join(lines)


def _on_disk(found: Forecast) -> float:
    return found.experts - found.expert_cache


class FitView(QWidget):
    """The forecast as a sentence over a bar."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.text = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.bar = StackedBar(theme, self.tr("Memory needed and available"), 8)
        self.bar.setMaximumWidth(BAR_WIDTH)
        self.bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S_HALF + 1)
        layout.addStretch(1)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addStretch(1)

    def show_forecast(self, found: Forecast, download: int = 0) -> None:
        """Shows a forecast; see `sentence`."""
        self.text.setText(sentence(found, download))
        fits = found.verdict != Verdict.TOO_BIG
        parts = [
            Part(found.resident, "compute" if fits else "miss", self.tr("weights and context")),
            Part(found.expert_cache, "hit", self.tr("experts in memory")),
        ]
        self.bar.set_parts(parts, found.room, found.room if not fits else None)
        self.setToolTip(explanation(found))
        self.bar.setToolTip(explanation(found))


class SpeedView(QWidget):
    """The big figure with a word below it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.figure = label(theme, "", "title")
        self.below = label(theme, "", "small", "muted")
        for shown in (self.figure, self.below):
            shown.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addStretch(1)
        layout.addWidget(self.figure)
        layout.addWidget(self.below)
        layout.addStretch(1)

    def show_forecast(self, found: Forecast, measured: Kept | None = None) -> None:
        """Shows a forecast's speed and the memory it holds for; what was measured counts for more."""
        if measured is not None:
            self.figure.setText(self.tr("{0} tok/s").format(figures.rate(measured.found.decode_tps)))
            self.below.setText(self.tr("measured here"))
            self.setToolTip(explanation(found))
            return
        self.figure.setText(speed(found))
        runs = found.tokens_per_second > 0
        self.below.setText(self.tr("in {0}").format(figures.size(found.total)) if runs else self.tr("too big"))
        self.setToolTip(explanation(found))


def chips(theme: Theme, *texts: str, tip: str = "") -> QHBoxLayout:
    """Short facts in little frames, side by side; "MoE" explains itself, and the others show `tip`."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(S1 - 2)
    moe = QCoreApplication.translate(
        "Fit",
        "Mixture of Experts: each token needs only a small part of it,\nso that the rest can wait on disk.",
    )
    for text in texts:
        if text:
            made: QLabel = label(theme, text, "small", "chip")
            made.setToolTip(moe if text == MOE else tip)
            made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
            layout.addWidget(made)
    return layout
