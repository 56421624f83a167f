"""The thimble bar: the engine's pulse at the bottom of every page. A click opens the Performance page."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QProgressBar, QWidget

from thimble.protocol import EngineStatus, State
from thimble.ui import figures
from thimble.ui.engine_link import EngineLink
from thimble.ui.theme import BAR_HEIGHT, S1, S2, S3, Theme
from thimble.ui.theme.tokens import FOCUS_RING
from thimble.ui.throttle import Throttle
from thimble.ui.widgets.basic import ElidedLabel, icon_button, label
from thimble.ui.widgets.charts import Part, Sparkline, StackedBar, StateDot

SPARK_SECONDS = 30.0
REPAINT_MS = 250


class ThimbleBar(QAbstractButton):
    """State, model, memory, hit rate and speed; load progress while a model loads.

    Args:
        theme: colours and fonts.
        link: the engine.
        machine_memory: bytes of this computer, the measure when there is no limit.
    """

    def __init__(self, theme: Theme, link: EngineLink, machine_memory: int) -> None:
        super().__init__()
        self._theme = theme
        self._link = link
        self._machine_memory = machine_memory
        self._rates = link.rates
        self._unwatch: Callable[[], None] = lambda: None
        self.setFixedHeight(BAR_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(self.tr("Open the Performance page"))

        self._dot = StateDot(theme)
        self._model = ElidedLabel(theme, "", "small")
        self._state = label(theme, "", "small", "muted")
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(140)
        self._progress.setAccessibleName(self.tr("Load progress"))
        self._cancel = icon_button(theme, "ph.x", self.tr("Stop loading"), size=14)
        self._cancel.setProperty("kind", "small")
        self._cancel.setCursor(Qt.CursorShape.ArrowCursor)
        self._cancel.clicked.connect(link.cancel_load)

        self._memory_title = label(theme, self.tr("memory"), "small", "muted")
        self._memory_bar = StackedBar(theme, self.tr("Memory of the engine"), 6)
        self._memory_bar.setFixedWidth(88)
        self._memory = label(theme, figures.UNKNOWN, "small")
        self._experts = label(theme, "", "small")
        self._experts_title = label(theme, self.tr("experts"), "small", "muted")
        self._speed = label(theme, figures.UNKNOWN, "small")
        self._speed_unit = label(theme, self.tr("tok/s"), "small", "muted")
        self._spark = Sparkline(theme, SPARK_SECONDS, "compute", self.tr("Tokens per second, last 30 seconds"))
        self._spark.setFixedSize(72, 16)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(S2, 1, S2, 0)
        layout.setSpacing(S1)
        self._remote = ElidedLabel(theme, "", "small", "accent")
        self._remote.hide()
        left: tuple[QWidget, ...] = (self._dot, self._model, self._state, self._progress, self._cancel, self._remote)
        for widget in left:
            layout.addWidget(widget)
        layout.addStretch(1)
        for memory in (self._memory_title, self._memory_bar, self._memory):
            layout.addWidget(memory)
        layout.addSpacing(S3 - S1)
        self._experts_gap = QWidget()
        self._experts_gap.setFixedWidth(S2)
        for experts in (self._experts_title, self._experts, self._experts_gap):
            layout.addWidget(experts)
        for speed in (self._speed, self._speed_unit, self._spark):
            layout.addWidget(speed)
        for child in self.findChildren(QWidget):
            if child is not self._cancel:
                child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

        self._refresh = Throttle(REPAINT_MS, self._show_figures, self)
        link.status_changed.connect(self.show_status)
        link.busy_changed.connect(lambda: self.show_status(link.status))
        link.lost.connect(lambda _problem: self.show_status(link.status))
        link.failed.connect(lambda _problem: self.show_status(link.status))
        link.started.connect(lambda: self.show_status(link.status))
        link.sample.connect(lambda _sample: self._refresh())
        theme.changed.connect(self.update)
        self.show_status(link.status)
        self._show_figures()

    def sizeHint(self) -> QSize:
        """The strip's height; the window stretches it."""
        return QSize(600, BAR_HEIGHT)

    def show_remote(self, name: str) -> None:
        """Says that the shown chat is answered elsewhere; "" that it is not."""
        self._remote.setText(self.tr("remote: {0}").format(name) if name else "")
        self._remote.setVisible(bool(name))
        self._name_all()

    # --- what it shows ------------------------------------------------------------------------------------------

    def show_status(self, status: EngineStatus) -> None:
        """Shows the engine's state."""
        link = self._link
        loading = bool(link.loading_path) or status.state == State.LOADING
        name = status.model.name if status.model else ""
        words, role, hollow = "", "muted", True
        if loading:
            share = status.load_progress if status.state == State.LOADING else 0.0
            path = status.loading_path or link.loading_path
            name = _file_name(path) or name
            words, role, hollow = self.tr("loading {0}").format(figures.percent(share)), "accent", False
            self._progress.setValue(round(share * 1000))
        elif link.problem is not None:
            words, role, hollow = self.tr("engine stopped"), "danger", True
        elif not link.alive:
            words = self.tr("starting the engine")
        elif status.state == State.ANSWERING:
            words, role, hollow = self.tr("answering"), "accent", False
            if status.queued:
                words = self.tr("answering, {0} waiting").format(status.queued)
        elif status.model is not None:
            words, role, hollow = self.tr("ready"), "hit", False
        elif status.measuring_path:
            name = _file_name(status.measuring_path)
            words, role, hollow = self.tr("measuring"), "accent", False
        elif status.resting is not None:
            name = status.resting.name
            words = figures.unloaded_after(status.resting_minutes)
        else:
            words = self.tr("no model loaded")
        self._dot.set_state(role, hollow=hollow)
        self._model.setText(name)
        self._model.setVisible(bool(name))
        self._state.setText(words)
        self._progress.setVisible(loading)
        self._cancel.setVisible(loading)
        self._show_figures()

    def _show_figures(self) -> None:
        sample = self._rates.last if self._link.alive else None
        status = self._link.status
        limit = sample.memory_limit if sample else 0
        whole = limit or self._machine_memory
        used = sample.memory_bytes if sample else 0
        self._memory.setText(figures.of_size(used, limit) if limit else figures.size(used))
        # experts fill the limit on purpose: then being close to it is no warning
        fills = sample is not None and sample.experts_total > 0
        near = "miss" if limit and used > 0.95 * limit and not fills else "compute"
        self._memory_bar.set_parts([Part(used, near, self._memory.text())], whole)
        moe = status.model is not None and status.model.expert_count > 0
        reported = sample is not None and sample.expert_hits + sample.expert_misses > 0
        for widget in (self._experts_title, self._experts, self._experts_gap):
            widget.setVisible(moe and reported)
        hit = self._rates.hit
        self._experts.setText(self.tr("{0} hit").format(figures.percent(hit)) if hit is not None else figures.UNKNOWN)
        self._speed.setText(figures.rate(self._rates.decode) if sample else figures.UNKNOWN)
        points = [(p.time, p.decode) for p in self._rates.points] if sample else []
        self._spark.set_points(points, self._rates.now)
        self._name_all()

    def _name_all(self) -> None:
        parts = [
            self.tr("Engine: {0}").format(" ".join(t for t in (self._model.whole_text(), self._state.text()) if t))
        ]
        if not self._remote.isHidden():
            parts.append(self._remote.whole_text())
        parts.append(self.tr("memory {0}").format(self._memory.text()))
        if not self._experts.isHidden():
            parts.append(self.tr("experts {0}").format(self._experts.text()))
        parts.append(self.tr("{0} tokens per second").format(self._speed.text()))
        self.setAccessibleName(", ".join(parts))

    def texts(self) -> list[str]:
        """The words shown at the moment, left to right."""
        shown: list[QLabel] = [self._model, self._state, self._remote, self._memory, self._experts, self._speed]
        return [w.text() for w in shown if not w.isHidden()]

    # --- Qt -----------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begins to follow the telemetry."""
        super().showEvent(event)
        self._unwatch()
        self._unwatch = self._link.watch_telemetry()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody sees it: the telemetry may end."""
        super().hideEvent(event)
        self._unwatch()

    def changeEvent(self, event: QEvent) -> None:
        """Repaints when its state changes."""
        super().changeEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws ground, upper hairline and focus ring."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("hover" if self.underMouse() else "sunken"))
        painter.fillRect(0, 0, self.width(), 1, self._theme.color("line"))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), FOCUS_RING))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))
        painter.end()


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".gguf")
