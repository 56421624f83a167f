"""Models on other machines: the connections, how each stands, and a form to enter one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit

from thimble.remote.connections import Connection, clean_url
from thimble.ui import figures
from thimble.ui.connections.kept_section import NEW, KeptForm, KeptSection, Kind
from thimble.ui.connections.parts import ConnectionRow

if TYPE_CHECKING:
    from thimble.remote.client import Health
    from thimble.ui.app_context import AppContext
    from thimble.ui.remote_models import RemoteModels

KINDS: Final = {
    "thimble": "Thimble",
    "llama-server": "llama-server",
    "vllm": "vLLM",
    "sglang": "SGLang",
    "ollama": "Ollama",
}


class RemoteSection(KeptSection[Connection]):
    """Adds, checks, changes and removes connections.

    Args:
        context: the window's shared parts.
    """

    form: ConnectionForm | None

    def __init__(self, context: AppContext) -> None:
        super().__init__(
            context,
            context.remotes,
            Kind(
                self._row,
                self._first_note,
                lambda connection: self.tr("Check {0}").format(connection.name),
                self._found,
                lambda connection: ConnectionForm(self, context.remotes, connection),
            ),
            self.tr("Models on other machines"),
            self.tr(
                "Any server that speaks OpenAI's protocol: vLLM, SGLang, llama-server, Ollama, a company's gateway, or"
                " Thimble on another computer. A chat that uses one leaves this computer, and says so."
            ),
        )
        self.add_connection = self.add_adder(self.tr("Add a connection…"), "ph.plus", partial(self.edit, NEW))
        self.buttons.addStretch(1)
        self._looked = False
        context.remotes.changed.connect(self.rebuild)
        self.rebuild()

    def showEvent(self, event: QShowEvent) -> None:
        """Asks each server once how it is, when the page is first seen."""
        super().showEvent(event)
        if not self._looked:
            self._looked = True
            for connection in self.keeper.all:
                self.check(connection)

    def _found(self, _record: Connection, health: Health) -> tuple[str, str]:
        count = len(health.connection.models)
        models = self.tr("1 model") if count == 1 else self.tr("{0} models").format(figures.count(count))
        time = figures.duration(health.answer_ms)
        return self.tr("Answers after {0}: {1}.").format(time, models), "hit" if count else "muted"

    def _row(self, record: Connection) -> ConnectionRow:
        """Address, kind of server, and the first of its models."""
        facts = [record.url]
        if record.kind:
            facts.append(KINDS.get(record.kind, record.kind))
        if record.models:
            names = ", ".join(model.id for model in record.models[:3])
            facts.append(names if len(record.models) <= 3 else f"{names}, … ({len(record.models)})")
        return ConnectionRow(self.theme, record.name, " · ".join(facts), "ph.cloud")

    def _first_note(self, record: Connection) -> tuple[str, str]:
        """Warns of what can be read on the way."""
        if record.is_open:
            return self.tr("Not encrypted: others in this network can read what is sent."), "muted"
        return "", ""


class ConnectionForm(KeptForm[Connection]):
    """Name, address and key of a connection.

    Args:
        section: where it stands.
        remotes: keeps the connections.
        connection: which; None for a new one.
    """

    def __init__(self, section: RemoteSection, remotes: RemoteModels, connection: Connection | None) -> None:
        super().__init__(section, self.tr("Save and check"), self._stored)
        self._remotes = remotes
        self._connection = connection
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

    def _stored(self) -> tuple[Connection, str | None]:
        remotes, before = self._remotes, self._connection
        if before is None:
            connection = remotes.add(self.name.text(), self.url.text())
        else:
            connection = replace(before, name=self.name.text().strip() or before.name, url=clean_url(self.url.text()))
            if connection.url != before.url:
                connection = replace(connection, kind="", models=())
            remotes.put(connection)
            if connection.key_name != before.key_name:
                remotes.take_secret(before, lambda _key: None)
        key = self.key.text().strip()
        return connection, {"": None, "-": ""}.get(key, key)
