"""Small parts of a message: the row of actions under it, a calm notice, the fold of thoughts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from thimble.protocol import StopReason, Timings
from thimble.ui import figures
from thimble.ui.theme import ICON, S1, S2, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import FOCUS_RING, RADIUS_SMALL
from thimble.ui.widgets.basic import ElidedLabel, button, icon_button, label

FOOTER_HEIGHT: Final = 28
BUTTON: Final = 28
translate = QCoreApplication.translate
Buttons = Sequence[tuple[str, Callable[[], None]]]


class Footer(QWidget):
    """The row under a message: icon buttons, versions, and words about it.

    Args:
        theme: icons and fonts.
        at_end: whether the row stands at the right edge (under the person's own words).
        parent: the message.
    """

    def __init__(self, theme: Theme, parent: QWidget, *, at_end: bool) -> None:
        super().__init__(parent)
        self._theme = theme
        self._buttons: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        if at_end:
            self._row.addStretch(1)
        self._at_end = at_end
        self._stretched = False
        self.setFixedHeight(FOOTER_HEIGHT)

    def add_button(self, icon: str, name: str, action: Callable[[], None]) -> QToolButton:
        """One more icon button."""
        made = icon_button(self._theme, icon, name)
        made.setFixedSize(BUTTON, BUTTON)
        made.clicked.connect(lambda _checked=False: action())
        self._row.addWidget(made)
        self._buttons.append(made)
        return made

    def add_versions(self, shown: int, count: int, step: Callable[[int], None]) -> tuple[QToolButton, QToolButton]:
        """‹ 2 / 3 ›"""
        before = self.add_button("ph.caret-left", translate("Message", "Previous version"), lambda: step(-1))
        before.setEnabled(shown > 0)
        words = label(self._theme, f"{shown + 1} / {count}", "small", "muted")
        words.setAccessibleName(translate("Message", "Version {0} of {1}").format(shown + 1, count))
        self._row.addWidget(words)
        after = self.add_button("ph.caret-right", translate("Message", "Next version"), lambda: step(1))
        after.setEnabled(shown < count - 1)
        return before, after

    def add_words(self, text: str) -> QLabel:
        """Quiet words."""
        made = ElidedLabel(self._theme, text, "small", "muted")  # beside another chat there is hardly room
        made.setMinimumWidth(S2)
        made.setAccessibleName(text)
        self._row.addSpacing(S_HALF + 2)
        self._row.addWidget(made)
        return made

    def add_figures(self, parts: Sequence[str], tooltip: str) -> FiguresLabel:
        """Figures, of which as many are shown as there is room for."""
        made = FiguresLabel(self._theme, parts)
        made.setToolTip(tooltip)
        made.setAccessibleDescription(tooltip)
        self._row.addSpacing(S_HALF + 2)
        self._row.addWidget(made, 1)
        self._stretched = True
        return made

    def add_link(self, text: str, name: str, action: Callable[[], None]) -> QPushButton:
        """A button of words."""
        made = button(self._theme, text, "link", name=name)
        made.clicked.connect(lambda _checked=False: action())
        self._row.addSpacing(S_HALF)
        self._row.addWidget(made)
        return made

    def finish(self) -> None:
        """No more parts come."""
        if not self._at_end and not self._stretched:
            self._row.addStretch(1)


class FiguresLabel(QWidget):
    """A line of figures that leaves the last ones out when there is no room for them."""

    def __init__(self, theme: Theme, parts: Sequence[str]) -> None:
        super().__init__()
        self._theme = theme
        self._parts = list(parts)
        self.setFont(theme.font("small"))
        self.setMinimumWidth(0)
        self.setAccessibleName(" · ".join(parts))

    def text(self) -> str:
        """All figures."""
        return " · ".join(self._parts)

    def shown(self) -> str:
        """The figures there is room for; the first one always."""
        count = len(self._parts)
        while count > 1 and self.fontMetrics().horizontalAdvance(" · ".join(self._parts[:count])) > self.width():
            count -= 1
        return " · ".join(self._parts[:count])

    def sizeHint(self) -> QSize:
        """Room for all of them."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 1, FOOTER_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws them."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._theme.color("muted"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.shown())
        painter.end()


class Notice(QFrame):
    """A sentence under a message, with what can be done about it."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setProperty("kind", "card")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(S2 - S_HALF, S1 - 1, S1, S1 - 1)
        self._row.setSpacing(S1)
        self._mark = _Mark(theme)
        self._words = label(theme, "", wrap=True)
        self._row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addWidget(self._words, 1)
        self.buttons: list[QPushButton] = []

    @property
    def sentence(self) -> str:
        """What it says."""
        return self._words.text()

    def show_notice(self, sentence: str, buttons: Buttons, *, problem: bool) -> None:
        """Says something else."""
        self._words.setText(sentence)
        self.setAccessibleName(sentence)
        self._mark.set_mark("ph.warning-circle" if problem else "ph.info", "danger" if problem else "muted")
        for old in self.buttons:
            old.hide()
            old.deleteLater()
        self.buttons = []
        for text, action in buttons:
            made = button(self._theme, text, "link", name=text)
            made.clicked.connect(lambda _checked=False, action=action: action())
            self._row.addWidget(made)
            self.buttons.append(made)

    def lay_out(self, width: int) -> int:
        """The height it needs at a width."""
        self._row.invalidate()
        return max(self._row.heightForWidth(width), self._row.minimumSize().height(), BUTTON + S1)


class _Mark(QWidget):
    """An icon that follows the theme."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._icon = "ph.info"
        self._role = "muted"
        self.setFixedSize(ICON + 2, ICON + 2)

    def set_mark(self, icon: str, role: str) -> None:
        self._icon, self._role = icon, role
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw(painter, self.rect(), self._icon, self._theme.color(self._role))
        painter.end()


class ThoughtButton(QPushButton):
    """Opens and closes what the model thought: a caret and a quiet word."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setCheckable(True)
        self.setFont(theme.font("small"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(BUTTON)

    def set_words(self, text: str) -> None:
        """What it says."""
        self.setText(text)
        self.setAccessibleName(text)
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Caret and word."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + ICON + S2 + S_HALF, BUTTON)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws both."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), FOCUS_RING))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS_SMALL, RADIUS_SMALL)
        elif self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(self.rect(), RADIUS_SMALL, RADIUS_SMALL)
        colour = self._theme.color("muted")
        caret = "ph.caret-down" if self.isChecked() else "ph.caret-right"
        side = ICON - 2
        draw(painter, QRect(S_HALF, (self.height() - side) // 2, side, side), caret, colour)
        painter.setPen(colour)
        painter.setFont(self.font())
        place = self.rect().adjusted(ICON + S1 - 1, 0, 0, 0)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.end()


def tokens_text(count: int) -> str:
    """ "41 tokens" """
    return (
        translate("Message", "1 token")
        if count == 1
        else translate("Message", "{0} tokens").format(figures.count(count))
    )


def figures_parts(timings: Timings) -> list[str]:
    """What stands under an answer, the most wanted first: "41 tokens", "22.4 tok/s", "first after 0.8 s", …"""
    parts = [tokens_text(timings.generated_tokens)]
    if timings.decode_tokens_per_second > 0:
        parts.append(translate("Message", "{0} tok/s").format(figures.rate(timings.decode_tokens_per_second)))
    if timings.first_token_ms > 0:
        parts.append(translate("Message", "first after {0}").format(figures.duration(timings.first_token_ms)))
    uses = timings.expert_hits + timings.expert_misses
    if uses:
        share = figures.percent(timings.expert_hits / uses)
        parts.append(translate("Message", "experts {0} hit").format(share))
        if timings.expert_bytes_read:
            parts.append(translate("Message", "{0} read").format(figures.size(timings.expert_bytes_read)))
    return parts


def figures_tooltip(timings: Timings) -> str:
    """All that is known of how an answer came about, one figure a line."""
    reasons = {
        StopReason.END: translate("Message", "the model had finished"),
        StopReason.STOP_STRING: translate("Message", "a stop text came"),
        StopReason.MAX_TOKENS: translate("Message", "the longest length was reached"),
        StopReason.CONTEXT_FULL: translate("Message", "the context was full"),
        StopReason.CANCELLED: translate("Message", "it was stopped"),
    }
    lines = [
        translate("Message", "First token after {0}").format(figures.duration(timings.first_token_ms)),
        translate("Message", "Read {0} tokens of the conversation, {1} of them already known").format(
            figures.count(timings.prompt_tokens), figures.count(timings.cached_tokens)
        ),
    ]
    if timings.prefill_tokens_per_second > 0:
        lines.append(translate("Message", "Reading: {0} tok/s").format(figures.rate(timings.prefill_tokens_per_second)))
    if timings.decode_tokens_per_second > 0:
        lines.append(translate("Message", "Writing: {0} tok/s").format(figures.rate(timings.decode_tokens_per_second)))
    uses = timings.expert_hits + timings.expert_misses
    if uses:
        lines.append(
            translate("Message", "Experts: {0} of {1} uses from memory, {2} read from disk").format(
                figures.count(timings.expert_hits),
                figures.count(uses),
                figures.size(timings.expert_bytes_read) if timings.expert_bytes_read else "0 MiB",
            )
        )
        if timings.expert_stall_ms >= 1:
            stall = figures.duration(timings.expert_stall_ms)
            lines.append(translate("Message", "Waited {0} for experts from disk").format(stall))
    if timings.queued_ms >= 1:
        lines.append(translate("Message", "Waited {0} for other requests").format(figures.duration(timings.queued_ms)))
    reason = next((words for reason, words in reasons.items() if reason == timings.stop_reason), timings.stop_reason)
    lines.append(translate("Message", "Ended because {0}").format(reason))
    return "\n".join(lines)
