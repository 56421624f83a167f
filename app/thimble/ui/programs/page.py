"""The page “Programs”: the switch, address and key, examples, and live requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.settings_table import BY_KEY
from thimble.ui import problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.programs.examples_card import ExamplesCard
from thimble.ui.programs.keeper import DoorKeeper
from thimble.ui.programs.requests_card import RequestsCard
from thimble.ui.settings.row import SettingRow
from thimble.ui.theme import S1, S2, S3, S4, S_HALF
from thimble.ui.widgets.basic import (
    Card,
    ElidedLabel,
    PageScroll,
    button,
    icon_button,
    label,
    line,
    page_title,
    row,
    set_tone,
)

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.ui.jobs import JobHandle

LOOK_MS: Final = 1000
"""Between two looks at the requests while the page is shown."""
_DOTS: Final = "•" * 24


class ProgramsPage(QWidget):
    """The page.

    Args:
        context: the shared parts.
        keeper: of the door.
    """

    def __init__(self, context: AppContext, keeper: DoorKeeper) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._keeper = keeper
        self._asking = False
        self._key_shown = False
        self.setAccessibleName(self.tr("Programs"))
        scroll = PageScroll(self.tr("Programs"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

        words = self.tr(
            "Editors, scripts and other programs can use your models, in the protocols of OpenAI and Anthropic."
        )
        head = QVBoxLayout()
        head.setContentsMargins(0, S3, 0, 0)
        head.setSpacing(0)
        head.addWidget(page_title(theme, self.tr("Programs")))
        head.addWidget(label(theme, words, "body", "muted", wrap=True))
        scroll.body.addLayout(head)

        self.rows = {
            key: SettingRow(context, BY_KEY[key], 0)
            for key in ("programs.on", "programs.port", "programs.lan", "programs.origins")
        }
        self.state = label(theme, "", "small", "muted", wrap=True)
        self.address = ElidedLabel(theme, "", "code")
        self.copy_address = icon_button(theme, "ph.copy", self.tr("Copy the address"))
        self.copy_address.clicked.connect(lambda: self._copy(self._address()))
        self.key = ElidedLabel(theme, _DOTS, "code")
        self.show_key = icon_button(theme, "ph.eye", self.tr("Show the key"), checkable=True)
        self.show_key.toggled.connect(self._on_show_key)
        self.copy_key = icon_button(theme, "ph.copy", self.tr("Copy the key"))
        self.copy_key.clicked.connect(lambda: self._copy(keeper.door.key))
        self.new_key = button(theme, self.tr("New key"), "link", name=self.tr("Make a new key"))
        self.new_key.setToolTip(self.tr("Programs with the old key are not answered any more."))
        self.new_key.clicked.connect(keeper.new_key)
        scroll.body.addWidget(self._access_card())

        self.examples = ExamplesCard(theme, self._say_copied)
        scroll.body.addWidget(self.examples)
        self.requests = RequestsCard(theme)
        scroll.body.addWidget(self.requests)
        scroll.body.addStretch(1)

        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        keeper.changed.connect(self._refresh)
        context.link.status_changed.connect(lambda _status: self._refresh())
        context.settings.subscribe(self._on_setting)
        self._refresh()

    def focus_page(self) -> None:
        """The switch is what one comes for."""
        self.rows["programs.on"].control.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Requests are looked at while the page is seen."""
        super().showEvent(event)
        self._timer.start()
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        """And only then."""
        super().hideEvent(event)
        self._timer.stop()
        self.show_key.setChecked(False)

    def _access_card(self) -> Card:
        theme = self._context.theme
        card = Card(self.tr("Access"))
        self.open_part = QWidget()
        inside = QVBoxLayout(self.open_part)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for name, shown, controls in (
            (self.tr("Address"), self.address, (self.copy_address,)),
            (self.tr("Key"), self.key, (self.show_key, self.copy_key, self.new_key)),
        ):
            inside.addWidget(line())
            place = QWidget()
            cells = QHBoxLayout(place)
            cells.setContentsMargins(S3 - S_HALF, S1, S2, S1)
            cells.setSpacing(S1)
            title = label(theme, name)
            title.setFixedWidth(S4 * 3)
            cells.addWidget(title)
            cells.addLayout(row(shown, *controls, None), 1)
            inside.addWidget(place)
        layout = QVBoxLayout(card)
        layout.setContentsMargins(1, S_HALF, 1, S_HALF)
        layout.setSpacing(0)
        on = self.rows["programs.on"]
        layout.addWidget(on)
        self.state.setContentsMargins(S3 - S_HALF, 0, S2, S1)
        layout.addWidget(self.state)
        layout.addWidget(self.open_part)
        for key in ("programs.port", "programs.lan", "programs.origins"):
            layout.addWidget(line())
            layout.addWidget(self.rows[key])
        return card

    def _on_setting(self, key: str) -> None:
        if key in self.rows:
            self.rows[key].refresh()

    def _address(self) -> str:
        addresses = self._keeper.door.addresses
        port = self._context.settings.integer("programs.port")
        return f"{addresses[0] if addresses else f'http://127.0.0.1:{port}'}/v1"

    def _refresh(self) -> None:
        door = self._keeper.door
        if door.problem is not None:
            self.state.setText(problem_texts.words(door.problem))
        elif door.busy:
            self.state.setText(self.tr("One moment…"))
        elif door.open and door.lan:
            network = ", ".join(f"{address}/v1" for address in door.addresses[1:])
            self.state.setText(
                self.tr("On, for the whole network: {0}. Nothing is encrypted on the way.").format(network)
                if network
                else self.tr("On, for the whole network, but this computer is in none.")
            )
        elif door.open:
            self.state.setText(self.tr("On, for programs on this computer."))
        else:
            on = self._context.settings.switch("programs.on")
            self.state.setText(self.tr("Waits for the engine.") if on else "")
        self.state.setVisible(bool(self.state.text()))  # that it is off, the switch says
        set_tone(self.state, "danger" if door.problem else "hit" if door.open and not door.busy else "muted")
        self.open_part.setVisible(door.open)
        self.address.setText(self._address())
        self.key.setText(door.key if self._key_shown else _DOTS)
        model = self._context.link.status.model
        self.examples.set_values(self._address().removesuffix("/v1"), door.key, model.id if model else "default")

    def _on_show_key(self, shown: bool) -> None:
        self._key_shown = shown
        self._refresh()

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._say_copied()

    def _say_copied(self) -> None:
        self._context.toasts.show(self.tr("Copied."))

    def _look(self) -> None:
        if self._asking or not self._context.link.alive:
            return
        self._asking = True

        def work(_handle: JobHandle) -> list[dict[str, Any]]:
            return self._context.link.client().requests()

        def done(requests: list[dict[str, Any]]) -> None:
            self._asking = False
            self.requests.show_requests(requests)

        def failed(_problem: Problem) -> None:
            self._asking = False  # the engine is on its way; the bar tells of it

        self._context.jobs.run(work, done=done, failed=failed, name="requests of other programs")
