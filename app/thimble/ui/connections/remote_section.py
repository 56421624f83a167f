"""Models on other machines: the connections, how each stands, and a form to enter one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from thimble.errors import Problem, ThimbleError
from thimble.remote.connections import Connection, clean_url
from thimble.ui import figures
from thimble.ui.connections.parts import ConnectionRow, Form, Secret, Section
from thimble.ui.widgets.basic import button

if TYPE_CHECKING:
    from thimble.remote.client import Health
    from thimble.ui.app_context import AppContext

KINDS: Final = {
    "thimble": "Thimble",
    "llama-server": "llama-server",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "ollama": "Ollama",
}
NEW: Final = ""


class RemoteSection(Section):
    """Adds, checks, changes and removes connections.

    Args:
        context: the window's shared parts.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._edited: str | None = None
        self._notes: dict[str, tuple[str, str]] = {}
        self.rows: dict[str, ConnectionRow] = {}
        self.form: ConnectionForm | None = None
        super().__init__(
            context.theme,
            self.tr("Models on other machines"),
            self.tr(
                "Any server that speaks OpenAI's protocol: vLLM, SGLang, llama-server, Ollama, a company's gateway, or"
                " Thimble on another computer. A chat that uses one leaves this computer, and says so."
            ),
        )
        self.add_connection = self.add_button(self.tr("Add a connection…"), "ph.plus", partial(self.edit, NEW))
        self.buttons.addStretch(1)
        self._looked = False
        context.remotes.changed.connect(self._rebuild)
        self._rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        """Asks each server once how it is, when the page is first seen."""
        super().showEvent(event)
        if not self._looked:
            self._looked = True
            for connection in self._context.remotes.all:
                self.check(connection)

    def edit(self, connection_id: str) -> None:
        """Opens the form for a connection; `NEW` for a new one."""
        self._edited = connection_id
        self._rebuild()
        if self.form is not None:
            self.form.first.setFocus()

    def check(self, connection: Connection) -> None:
        """Asks a server for its models and says how that went."""
        self._say(connection.id, self.tr("One moment…"))
        self._context.remotes.check(
            connection, partial(self._checked, connection), partial(self._not_checked, connection)
        )

    def _checked(self, connection: Connection, health: Health) -> None:
        found = health.connection
        count = len(found.models)
        models = self.tr("1 model") if count == 1 else self.tr("{0} models").format(figures.count(count))
        time = figures.duration(health.answer_ms)
        self._say(connection.id, self.tr("Answers after {0}: {1}.").format(time, models), "hit" if count else "muted")

    def _not_checked(self, connection: Connection, problem: Problem) -> None:
        self._say(connection.id, str(problem), "danger")

    def _say(self, connection_id: str, text: str, tone: str = "muted") -> None:
        self._notes[connection_id] = (text, tone)
        if connection_id in self.rows:
            self.rows[connection_id].say(text, tone)

    def _rebuild(self) -> None:
        self.rows, self.form = {}, None
        places: list[QWidget] = []
        for connection in self._context.remotes.all:
            if connection.id == self._edited:
                places.append(self._make_form(connection))
            else:
                self.rows[connection.id] = self._make_row(connection)
                places.append(self.rows[connection.id])
        if self._edited == NEW:
            places.append(self._make_form(None))
        self.show_rows(places)
        self.add_connection.setVisible(self._edited is None)

    def _make_row(self, connection: Connection) -> ConnectionRow:
        theme = self._context.theme
        facts = [connection.url]
        if connection.kind:
            facts.append(KINDS.get(connection.kind, connection.kind))
        if connection.models:
            names = ", ".join(model.id for model in connection.models[:3])
            facts.append(names if len(connection.models) <= 3 else f"{names}, … ({len(connection.models)})")
        made = ConnectionRow(theme, connection.name, " · ".join(facts), "ph.cloud")
        note, tone = self._notes.get(connection.id, ("", ""))
        if not note and connection.is_open:
            note, tone = self.tr("Not encrypted: others in this network can read what is sent."), "muted"
        made.say(note, tone)
        check = button(theme, self.tr("Check"), name=self.tr("Check {0}").format(connection.name))
        check.clicked.connect(lambda: self.check(connection))
        made.add(check)
        name = connection.name
        made.add_icon("ph.pencil-simple", self.tr("Edit {0}").format(name), partial(self.edit, connection.id))
        made.add_icon("ph.trash", self.tr("Remove {0}").format(name), partial(self._remove, connection))
        return made

    def _make_form(self, connection: Connection | None) -> ConnectionForm:
        self.form = ConnectionForm(self._context, connection, self._saved, self._close)
        return self.form

    def _close(self) -> None:
        self._edited = None
        self._rebuild()
        self.add_connection.setFocus()

    def _saved(self, connection: Connection, note: str) -> None:
        self._edited = None
        self._rebuild()
        if note:
            self._context.toasts.show(note)
        self.check(connection)

    def _remove(self, connection: Connection) -> None:
        remotes = self._context.remotes
        try:
            remotes.remove(connection)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        report = partial(self._context.navigation.report, self._context.toasts)
        key = Secret(lambda value: remotes.keep_key(connection, value, lambda _in_keyring: None, report))
        remotes.take_key(connection, key.take)
        self._context.undo.done(
            self.tr("{0} was removed.").format(connection.name), partial(self._put_back, connection, key)
        )

    def _put_back(self, connection: Connection, key: Secret) -> bool:
        try:
            self._context.remotes.put(connection)
            key.put_back()
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        return True


class ConnectionForm(Form):
    """Name, address and key of a connection.

    Args:
        context: the window's shared parts.
        connection: which; None for a new one.
        saved: told the connection, and what there is to say about its key.
        closed: the person changed their mind.
    """

    def __init__(
        self,
        context: AppContext,
        connection: Connection | None,
        saved: Callable[[Connection, str], object],
        closed: Callable[[], object],
    ) -> None:
        self._context = context
        self._connection = connection
        self._saved = saved
        super().__init__(context.theme, self.tr("Save and check"), self._save, closed)
        self.setAccessibleName(self.tr("Connection"))
        url, name = (connection.url, connection.name) if connection is not None else ("", "")
        self.first = self.url = self.add_line(self.tr("Address"), url, "http://192.168.1.20:8000/v1")
        self.name = self.add_line(self.tr("Name"), name, self.tr("Office"))
        kept = self.tr("Leave this empty to keep the key there is; write - to forget it.") if connection else ""
        self.key = self.add_line(
            self.tr("Key"),
            hint=self.tr("only if the server wants one"),
            note=kept or self.tr("Kept in the system's keyring, sent to this server only."),
        )
        self.key.setEchoMode(QLineEdit.EchoMode.Password)

    def _save(self) -> None:
        remotes = self._context.remotes
        try:
            if self._connection is None:
                connection = remotes.add(self.name.text(), self.url.text())
            else:
                connection = replace(
                    self._connection,
                    name=self.name.text().strip() or self._connection.name,
                    url=clean_url(self.url.text()),
                )
                if connection.url != self._connection.url:
                    connection = replace(connection, kind="", models=())
                remotes.put(connection)
                if connection.key_name != self._connection.key_name:
                    remotes.take_key(self._connection, lambda _key: None)
        except ThimbleError as error:
            self.complain(str(error.problem))
            return
        key = self.key.text().strip()
        if not key:
            self._tell(connection, "")
            return
        self.save.setEnabled(False)
        forget = key == "-"
        remotes.keep_key(
            connection,
            "" if forget else key,
            lambda in_keyring: self._tell(connection, "" if in_keyring else self._where()),
            lambda problem: self._tell(connection, str(problem)),
        )

    def _where(self) -> str:
        return self.tr("This system has no keyring: the key is kept in a file that only your user may read.")

    def _tell(self, connection: Connection, note: str) -> None:
        self._saved(connection, note)
