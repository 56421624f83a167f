"""The downloads, one row each: how far, how fast, how long, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from thimble.dictation.models import is_called_so
from thimble.library.stages import GOING, Stage
from thimble.ui import figures, problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import Card, ElidedLabel, button, icon_button, label, line, set_tone

if TYPE_CHECKING:
    from thimble.library.download_jobs import DownloadStatus


class DownloadRow(QWidget):
    """One download."""

    def __init__(self, context: AppContext, status: DownloadStatus) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self.status = status
        self.title = f"{status.repository.split('/')[-1].removesuffix('-GGUF')} · {status.label}"
        self.setAccessibleName(self.title)
        self.words = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Download of {0}").format(self.title))
        self.pause = icon_button(theme, "ph.pause", self.tr("Pause: {0}").format(self.title))
        self.resume = icon_button(theme, "ph.play", self.tr("Resume: {0}").format(self.title))
        self.cancel = icon_button(theme, "ph.x", self.tr("Cancel: {0}").format(self.title))
        self.chat = button(theme, self.tr("Chat"), "primary", name=self.tr("Chat with {0}").format(self.title))
        downloads = context.downloads
        self.pause.clicked.connect(lambda: downloads.pause(self.status.id))
        self.resume.clicked.connect(lambda: downloads.resume(self.status.id))
        self.cancel.clicked.connect(lambda: downloads.cancel(self.status.id, self.title))
        self.chat.clicked.connect(self._chat)
        top = QHBoxLayout()
        top.setSpacing(S_HALF)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(ElidedLabel(theme, self.title, "strong", stretch=True))
        names.addWidget(self.words)
        top.addLayout(names, 1)
        for action in (self.chat, self.pause, self.resume, self.cancel):
            top.addWidget(action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S1 + 2, S2 - S_HALF, S2 - S_HALF)
        layout.setSpacing(S1)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        self.show_status(status)

    def show_status(self, status: DownloadStatus) -> None:
        """Shows how far it is."""
        self.status = status
        stage = status.stage
        had_focus = self.pause.hasFocus() or self.resume.hasFocus()
        self.words.setText(self._sentence(status))
        set_tone(self.words, "danger" if stage == Stage.FAILED else "muted")
        self.words.setToolTip(problem_texts.action(status.problem) if status.problem else "")
        self.bar.setValue(round(1000 * status.done / max(1, status.total)))
        self.bar.setVisible(stage != Stage.DONE)
        self.chat.setVisible(stage == Stage.DONE and not is_called_so(status.path))
        self.pause.setVisible(stage in GOING)
        self.resume.setVisible(stage in {Stage.PAUSED, Stage.FAILED, Stage.WAITING})
        if had_focus:
            (self.pause if stage in GOING else self.resume).setFocus()

    def _sentence(self, status: DownloadStatus) -> str:
        amount = self.tr("{0} of {1}").format(
            figures.size(status.done) if status.done else "0", figures.size(status.total)
        )
        match status.stage:
            case Stage.QUEUED:
                offline = self._context.settings.switch("files.offline")
                waits = self.tr("Thimble works offline") if offline else self.tr("waits for its turn")
                return f"{amount} · {waits}"
            case Stage.CHECKING:
                return self.tr("Checking what is here: {0}").format(amount)
            case Stage.LOADING:
                if status.seconds_left is None:
                    return amount
                left = self.tr("{0} left").format(figures.time_left(status.seconds_left))
                return f"{amount} · {figures.speed(status.speed)} · {left}"
            case Stage.WAITING:
                why = problem_texts.sentence(status.problem) if status.problem else ""
                return self.tr("{0} Trying again by itself.").format(why)
            case Stage.PAUSED:
                return self.tr("Paused at {0}").format(amount)
            case Stage.FAILED:
                return problem_texts.words(status.problem) if status.problem else ""
            case _:
                return self.tr("Ready, {0}").format(figures.size(status.total))

    def _chat(self) -> None:
        path = self.status.path
        self._context.downloads.cancel(self.status.id, self.title)  # a finished one only leaves the list
        self._context.navigation.chat_with(path)


class DownloadTray(Card):
    """All downloads; hidden while there are none."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Downloads"))
        self._context = context
        self.rows: dict[str, DownloadRow] = {}
        head = QHBoxLayout()
        head.setContentsMargins(S3 - S_HALF, S1 + 2, S2, 0)
        head.addWidget(label(context.theme, self.tr("Downloads"), "small", "muted"))
        head.addStretch(1)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        self._box.addLayout(head)
        self._lines: dict[str, QWidget] = {}
        context.downloads.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows the downloads as they are now."""
        statuses = {status.id: status for status in self._context.downloads.statuses}
        for identity in [identity for identity in self.rows if identity not in statuses]:
            for widget in (self.rows.pop(identity), self._lines.pop(identity)):
                self._box.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        for identity, status in statuses.items():
            if identity in self.rows:
                self.rows[identity].show_status(status)
                continue
            self._lines[identity] = line()
            self.rows[identity] = DownloadRow(self._context, status)
            self._box.addWidget(self._lines[identity])
            self._box.addWidget(self.rows[identity])
        for number, hair in enumerate(self._lines.values()):
            hair.setVisible(number > 0)
        self.setVisible(bool(self.rows))
