"""What the chat page shows while there is no model: one button that leads to the first answer."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from thimble import paths
from thimble.errors import Code
from thimble.library import guide
from thimble.library.catalogue import catalogue
from thimble.ui import figures, problem_texts
from thimble.ui.chat.examples import ExampleCards
from thimble.ui.chat.next_model import NextModel
from thimble.ui.models import tasks
from thimble.ui.theme import CONTENT_WIDTH, CONTROL_HEIGHT, S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import PageScroll, button, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QResizeEvent, QShowEvent

    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

MARK: Final = 64
SMALL_MARK: Final = 40
QWIDGETSIZE_MAX: Final = (1 << 24) - 1  # Qt's own
ROOMY: Final = 640
"""From this height on there is room for margins."""
BUTTON_WIDTH: Final = 300
BUTTON_HEIGHT: Final = CONTROL_HEIGHT + S1
WORDS_WIDTH: Final = 536
STARTER_MB: Final = 98
"""Size of the starter model in the units that shops and file managers use."""

_SETTING_OF: Final = {
    Code.OFFLINE: "files.offline",
    Code.DISK_FULL: "files.models_folder",
    Code.FILE_NOT_WRITABLE: "files.models_folder",
}
"""The setting that helps with a problem."""


class BigButton(QPushButton):
    """The one thing to do on a page."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(text)
        self.setProperty("kind", "primary")
        self.setFont(theme.font("strong"))
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Higher than other buttons; a minimum height would lose against the stylesheet's."""
        return QSize(max(BUTTON_WIDTH, super().sizeHint().width()), BUTTON_HEIGHT)


class FirstRunPage(QWidget):
    """Says what Thimble is, and gets the first model.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        ready: (path of the model, prompt to send with it; "" when the person brought a file).
    """

    ready = Signal(str, str)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
        self._context = context
        self._job: JobHandle | None = None
        self._again: Callable[[], None] = self.get_starter
        self._doing = ""
        self._setting = ""
        self.setAccessibleName(self.tr("Welcome to Thimble"))

        self._icon = QIcon(str(paths.assets_dir() / "icons" / "thimble.svg"))
        mark = self._mark = QLabel()
        mark.setAccessibleName("Thimble")
        mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        title = label(theme, self.tr("Welcome to Thimble"), "title")
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = self._words = label(
            theme,
            self.tr(
                "Language models that run on this computer; nothing you write leaves it.\n"
                "Get the small starter model, and it answers your first question."
            ),
            "body",
            "muted",
            wrap=True,
        )
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.examples = ExampleCards(theme, choice=True)
        question = label(theme, self.tr("Your first question"), "small", "muted")

        self.get_button = BigButton(theme, self.tr("Get the starter model ({0} MB)").format(STARTER_MB))
        self.get_button.clicked.connect(self.get_starter)
        self.add_button = button(theme, self.tr("Add a GGUF file…"), "link")
        self.add_button.setToolTip(self.tr("A model file that is on this computer; most end in .gguf"))
        self.add_button.clicked.connect(self._choose_file)
        self.guide_button = button(theme, self.tr("Try the tiny Thimble guide (already here, in English)"), "link")
        self.guide_button.setToolTip(self.tr("A very small model that answers questions about Thimble"))
        self.guide_button.clicked.connect(self.add_guide)
        self.guide_button.setVisible(guide.bundled() is not None)
        others = QWidget()
        side_by_side = QHBoxLayout(others)
        side_by_side.setContentsMargins(0, 0, 0, 0)
        side_by_side.setSpacing(S1)
        side_by_side.addWidget(self.guide_button)
        side_by_side.addWidget(self.add_button)
        self.offer = _area(self.get_button, others)

        self.progress_text = label(theme, "", "body")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BUTTON_WIDTH)
        self.cancel_button = button(theme, self.tr("Cancel"), "link")
        self.cancel_button.clicked.connect(self.cancel)
        self.working = _area(self.progress_text, S_HALF, self.bar, S_HALF, self.cancel_button)

        self.problem_text = label(theme, "", "body", "danger", wrap=True)
        self.problem_text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.again_button = button(theme, self.tr("Try again"), "primary", "ph.arrow-clockwise")
        self.again_button.clicked.connect(self._try_again)
        self.setting_button = button(theme, self.tr("Open the setting"))
        self.setting_button.clicked.connect(lambda: context.navigation.go("settings", self._setting))
        self.other_button = button(theme, self.tr("Add a GGUF file…"), "link")
        self.other_button.clicked.connect(self._choose_file)
        choices = QWidget()
        beside = QHBoxLayout(choices)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(S1)
        beside.addWidget(self.again_button)
        beside.addWidget(self.setting_button)
        self.failed = _area(self.problem_text, S_HALF, choices, self.other_button)

        self.next = NextModel(context, catalogue()[0])
        self.next.arrived.connect(self._on_arrived)
        self._next_title = label(theme, self.tr("Or a bigger model that knows more"), "small", "muted")
        self._next_title.setVisible(not self.next.isHidden())
        self.next.shown.connect(self._next_title.setVisible)

        self._actions = QStackedWidget()
        for area in (self.offer, self.working, self.failed):
            self._actions.addWidget(area)
        scroll = PageScroll(self.tr("Welcome to Thimble"), CONTENT_WIDTH + 2 * S3)
        body = self._body = scroll.body
        body.setSpacing(0)
        body.addStretch(3)
        body.addWidget(mark)
        body.addSpacing(S1)
        body.addWidget(title)
        body.addSpacing(S1)
        body.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        body.addWidget(question)
        body.addSpacing(S1)
        body.addWidget(self.examples)
        body.addWidget(self._actions)
        body.addWidget(self._next_title)
        body.addSpacing(S1)
        body.addWidget(self.next)
        body.addStretch(4)
        self._parts = (title, question, self._actions, self._next_title)
        self._fit()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    @property
    def busy(self) -> bool:
        """Whether a model is on its way."""
        return self._job is not None

    def take_focus(self) -> None:
        """Enter does what most people want."""
        area = self._actions.currentWidget()
        wanted = self.get_button if area is self.offer else self.again_button
        (self.cancel_button if area is self.working else wanted).setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window everything stands closer, so that both offers are seen at once."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        close = self.height() < ROOMY
        side, gap = (SMALL_MARK, S1 + S_HALF) if close else (MARK, S3)
        self._mark.setPixmap(self._icon.pixmap(side, side))
        self._body.setContentsMargins(S3, S1 if close else S3, S3, S1 if close else S3)
        for part, above in zip(self._parts, (0 if close else S1, gap, gap, S1 if close else S2), strict=True):
            part.setContentsMargins(0, above, 0, 0)
        width = min(WORDS_WIDTH, self.width() - 2 * S3)
        for words in (self._words, self.problem_text):
            words.setMinimumHeight(0)  # a label counts its own limits into `heightForWidth`
            words.setMaximumHeight(QWIDGETSIZE_MAX)
            words.setFixedSize(width, max(0, words.heightForWidth(width)))  # -1 as long as there are no words

    def showEvent(self, event: QShowEvent) -> None:
        """What the bigger model would do here can be found out now."""
        super().showEvent(event)
        self.next.look()

    def prepare_close(self) -> None:
        """The window closes."""
        self.next.prepare_close()

    # --- getting a model ----------------------------------------------------------------------------------------

    def get_starter(self) -> None:
        """Downloads the starter model; the chosen example is sent when it is here."""
        self._start(tasks.getting_starter(self._context), self.tr("Getting the starter model…"), self.get_starter, True)

    def add_guide(self) -> None:
        """Copies the Thimble guide into the models folder; nothing is asked, it has questions of its own to offer."""
        self._start(
            tasks.adding_guide(self._context),
            self.tr("Adding {0}…").format(self.tr("Thimble guide")),
            self.add_guide,
            False,
        )

    def add_file(self, path: Path) -> None:
        """Copies a model file into the models folder."""
        self._start(
            tasks.adding(self._context, path),
            self.tr("Adding {0}…").format(path.name),
            partial(self.add_file, path),
            False,
        )

    def cancel(self) -> None:
        """Stops it; nothing is kept of the unfinished file."""
        if self._job is not None:
            self._job.cancel()
            self._over(self.offer)

    def _choose_file(self) -> None:
        for path in tasks.choose_files(self)[:1]:
            self.add_file(path)

    def _try_again(self) -> None:
        self._again()

    def _start(self, work: tasks.Work, doing: str, again: Callable[[], None], asks: bool) -> None:
        if self._job is not None:
            return
        self._again = again
        self._doing = doing
        self.progress_text.setText(doing)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(doing)
        job = self._context.jobs.run(
            work,
            done=lambda path: self._done(path, asks),
            failed=self._failed,
            progress=lambda done, total: self._show_progress(job, done, total),
            name=doing,
        )
        self._job = job
        self._show(self.working)

    def _show_progress(self, job: JobHandle, done: int, total: int) -> None:
        if job is self._job and total > 0:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * done / total))
            self.progress_text.setText(f"{self._doing} {figures.percent(done / total)}")

    def _done(self, path: Path, asks: bool) -> None:
        self._over(self.offer)
        self._context.navigation.models_changed.emit()
        self.ready.emit(str(path), self.examples.chosen if asks else "")

    def _on_arrived(self, path: str) -> None:
        if not self.isHidden() and not self.busy:  # still what the chat shows: nobody has begun with another model
            self.ready.emit(path, self.examples.chosen)

    def _failed(self, problem: Problem) -> None:
        self.problem_text.setText(problem_texts.sentence(problem))
        self._fit()
        self.problem_text.setToolTip(problem_texts.action(problem))
        self._setting = _SETTING_OF.get(Code(problem.code), "") if problem.code in set(Code) else ""
        self.setting_button.setVisible(bool(self._setting))
        self._over(self.failed)

    def _over(self, area: QWidget) -> None:
        self._job = None
        self._show(area)

    def _show(self, area: QWidget) -> None:
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self._actions.isAncestorOf(focus)
        self._actions.setCurrentWidget(area)
        if had_focus:
            self.take_focus()


def _area(*items: QWidget | int) -> QWidget:
    """What stands below the examples: things in the middle, from the top."""
    area = QWidget()
    layout = QVBoxLayout(area)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(S1)
    for item in items:
        if isinstance(item, int):
            layout.addSpacing(item)
        else:
            layout.addWidget(item, 0, Qt.AlignmentFlag.AlignHCenter)
    layout.addStretch(1)
    return area
