"""A slider for the memory limit of the running model, under the course of what each position would bring."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from thimble.insight.outlook import Guess, Outlook
from thimble.protocol import Sample
from thimble.settings_table import MIB
from thimble.ui import figures
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import WheelToPage, button, label, row

STEP: Final = 16 * MIB
FINE_STEP: Final = MIB
FEWEST_STEPS: Final = 8
"""A model whose experts are too small for so many steps gets finer ones."""
APPLY_MS: Final = 500
KNOB: Final = 16
"""Width of the slider's handle in the stylesheet."""


class Course(QWidget):
    """Predicted hits at each position of the slider below."""

    def __init__(self, theme: Theme, slider: QSlider) -> None:
        super().__init__()
        self._theme = theme
        self._slider = slider
        self.outlook: Outlook | None = None
        self.step = STEP
        self.guess: Guess | None = None
        self.setFixedHeight(32)
        self.setAccessibleName(self.tr("Predicted share of experts found in memory, by memory limit"))
        theme.changed.connect(self.update)

    def show_guess(self, outlook: Outlook | None, guess: Guess | None) -> None:
        """Paints anew when something is different.

        Args:
            outlook: the course.
            guess: the point on it; beside it, when it is of memory that was chosen for experts alone.
        """
        if (outlook, guess) != (self.outlook, self.guess):
            self.outlook, self.guess = outlook, guess
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the course, and the point of the slider's position."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        known = [(g.limit, g.hit) for g in self.outlook.guesses if g.hit is not None] if self.outlook else []
        area = QRectF(KNOB / 2, 4, max(1, self.width() - KNOB), self.height() - 8)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        low, high = self._slider.minimum() * self.step, self._slider.maximum() * self.step
        if len(known) > 1 and high > low:

            def place(limit: float, hit: float) -> QPointF:
                x = area.left() + min(1.0, max(0.0, (limit - low) / (high - low))) * area.width()
                return QPointF(x, area.bottom() - hit * area.height())

            painter.setPen(QPen(self._theme.color("hit"), 1.6))
            painter.drawPolyline(QPolygonF([place(limit, hit) for limit, hit in known]))
            if self.guess is not None and self.guess.hit is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.color("accent"))
                painter.drawEllipse(place(self._slider.value() * self.step, self.guess.hit), 3.5, 3.5)
        painter.end()


class LimitSlider(QWidget):
    """Chooses a limit; told half a second after the last move.

    Signals:
        chosen: bytes; 0 for no limit.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._outlook: Outlook | None = None
        self._sample: Sample | None = None
        self._touched = False
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Memory limit of the running model"))
        self.slider.setPageStep(8)
        self._wheel = WheelToPage(self)
        self.slider.installEventFilter(self._wheel)
        self.slider.valueChanged.connect(self._on_moved)
        self.course = Course(theme, self.slider)
        self.words = label(theme, "", "small", "muted")
        self.automatic = button(theme, self.tr("No limit"), "link", name=self.tr("Remove the memory limit"))
        self.automatic.clicked.connect(lambda: self._choose(0))
        self._apply = Debounce(APPLY_MS, lambda: self._choose(self.limit), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, S_HALF, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row(label(theme, self.tr("Limit"), "strong"), None, self.words, self.automatic, spacing=S1))
        layout.addWidget(self.course)
        layout.addWidget(self.slider)
        self.hide()

    @property
    def limit(self) -> int:
        """The slider's position, bytes."""
        return self.slider.value() * self.course.step

    def show_state(self, sample: Sample | None, outlook: Outlook | None) -> None:
        """Follows the engine, unless a person moves the slider at the moment."""
        self._sample, self._outlook = sample, outlook
        usable = sample is not None and outlook is not None and 0 < outlook.least < outlook.most
        self.setVisible(usable)
        if sample is None or outlook is None or not usable:
            return
        if not self._touched and not self.slider.isSliderDown():
            step = self.course.step = STEP if outlook.most - outlook.least >= FEWEST_STEPS * STEP else FINE_STEP
            self.slider.blockSignals(True)
            self.slider.setRange(-(-outlook.least // step), -(-outlook.most // step))
            self.slider.setValue(round(outlook.now.limit / step))
            self.slider.blockSignals(False)
        self.automatic.setVisible(sample.memory_limit > 0)
        self._say()

    def settled(self) -> None:
        """The engine has taken the limit, or refused it: back to what holds."""
        self._touched = False
        self.show_state(self._sample, self._outlook)

    def _on_moved(self) -> None:
        self._touched = True
        self._say()
        self._apply()

    def _choose(self, limit: int) -> None:
        self._apply.cancel()
        self._touched = True
        self.chosen.emit(limit)

    def _guess(self) -> Guess | None:
        """What the slider's position would bring; untouched, what there is now."""
        if self._outlook is None:
            return None
        return self._outlook.at(self.limit) if self._touched else self._outlook.now

    def _say(self) -> None:
        guess = self._guess()
        parts = [figures.size(self.limit)]
        if guess is not None and guess.hit is not None:
            parts.append(self.tr("{0} found in memory").format(figures.percent(guess.hit)))
            if guess.tokens_per_second is not None:
                parts.append(self.tr("≈ {0} tok/s").format(figures.rate(guess.tokens_per_second)))
        else:
            parts.append(self.tr("a prediction needs some tokens"))
        text = " · ".join(parts)
        self.course.show_guess(self._outlook, guess)
        if text == self.words.text():
            return
        self.words.setText(text)
        self.slider.setAccessibleDescription(self.words.text())
        self.course.setAccessibleDescription(self.words.text())
