"""Tool servers: those there are, what each offers, and forms to enter or import some."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QWidget

from thimble.errors import Problem, ThimbleError
from thimble.tools.servers import (
    EXAMPLE,
    Entry,
    Tool,
    ToolServer,
    parse_command,
    parse_environment,
    parse_mcp_servers,
)
from thimble.ui import figures
from thimble.ui.connections.parts import ConnectionRow, Form, Secret, Section
from thimble.ui.widgets.basic import button

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

NEW: Final = ""
IMPORT: Final = "import"


class ToolSection(Section):
    """Adds, starts, changes, imports and removes tool servers.

    Args:
        context: the window's shared parts.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._edited: str | None = None
        self._notes: dict[str, tuple[str, str]] = {}
        self.rows: dict[str, ConnectionRow] = {}
        self.form: ServerForm | ImportForm | None = None
        super().__init__(
            context.theme,
            self.tr("Tools"),
            self.tr(
                "Programs that speak MCP give a model something to do: look up, calculate, read files. Each chat says"
                " which tools are on, and before a call is made you see it and allow it."
            ),
        )
        self.add_server = self.add_button(self.tr("Add a tool server…"), "ph.plus", partial(self.edit, NEW))
        self.import_servers = self.add_button(self.tr("Import…"), "ph.download-simple", partial(self.edit, IMPORT))
        self.add_example = self.add_button(self.tr("Add the example"), "ph.wrench", self._add_example)
        self.buttons.addStretch(1)
        context.tools.changed.connect(self._rebuild)
        self._rebuild()

    def edit(self, server_id: str) -> None:
        """Opens the form for a server; `NEW` for a new one, `IMPORT` for those of another program."""
        self._edited = server_id
        self._rebuild()
        if self.form is not None:
            self.form.first.setFocus()

    def check(self, server: ToolServer) -> None:
        """Starts a server and says what it offers."""
        self._say(server.id, self.tr("One moment…"))
        self._context.tools.check(server, partial(self._checked, server), partial(self._not_checked, server))

    def _checked(self, server: ToolServer, tools: list[Tool]) -> None:
        count = len(tools)
        words = self.tr("It offers 1 tool.") if count == 1 else self.tr("It offers {0} tools.")
        self._say(server.id, words.format(figures.count(count)), "hit" if count else "muted")

    def _not_checked(self, server: ToolServer, problem: Problem) -> None:
        self._say(server.id, str(problem), "danger")

    def _say(self, server_id: str, text: str, tone: str = "muted") -> None:
        self._notes[server_id] = (text, tone)
        if server_id in self.rows:
            self.rows[server_id].say(text, tone)

    def _rebuild(self) -> None:
        self.rows, self.form = {}, None
        places: list[QWidget] = []
        for server in self._context.tools.all:
            if server.id == self._edited:
                places.append(self._make_form(server))
            else:
                self.rows[server.id] = self._make_row(server)
                places.append(self.rows[server.id])
        if self._edited == NEW:
            places.append(self._make_form(None))
        elif self._edited == IMPORT:
            self.form = ImportForm(self._context, self._imported, self._close)
            places.append(self.form)
        self.show_rows(places)
        has_example = any(server.command == EXAMPLE for server in self._context.tools.all)
        self.add_server.setVisible(self._edited is None)
        self.import_servers.setVisible(self._edited is None)
        self.add_example.setVisible(self._edited is None and not has_example)

    def _make_row(self, server: ToolServer) -> ConnectionRow:
        theme = self._context.theme
        facts = [server.where]
        if server.tools:
            facts.append(", ".join(tool.name for tool in server.tools))
        made = ConnectionRow(theme, server.name, " · ".join(facts), "ph.wrench")
        note, tone = self._notes.get(server.id, ("", ""))
        if not note and not server.tools:
            note, tone = self.tr("Not started yet: what it offers is not known."), "muted"
        made.say(note, tone)
        start = button(theme, self.tr("Check"), name=self.tr("Start {0} and list its tools").format(server.name))
        start.clicked.connect(lambda: self.check(server))
        made.add(start)
        if server.command != EXAMPLE:
            made.add_icon("ph.pencil-simple", self.tr("Edit {0}").format(server.name), partial(self.edit, server.id))
        made.add_icon("ph.trash", self.tr("Remove {0}").format(server.name), partial(self._remove, server))
        return made

    def _make_form(self, server: ToolServer | None) -> ServerForm:
        made = ServerForm(self._context, server, self._saved, self._close)
        self.form = made
        return made

    def _close(self) -> None:
        self._edited = None
        self._rebuild()
        self.add_server.setFocus()

    def _saved(self, server: ToolServer, note: str) -> None:
        self._edited = None
        self._rebuild()
        if note:
            self._context.toasts.show(note)
        self.check(server)

    def _add_example(self) -> None:
        try:
            server = self._context.tools.add(self.tr("Example"), command=EXAMPLE)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        self.check(server)

    def _imported(self, entries: list[Entry], left: list[str]) -> None:
        """Adds them without starting anything: their commands come from elsewhere, so each waits for a person."""
        tools = self._context.tools
        self._edited = None
        try:
            for entry in entries:
                server = tools.add(entry.name, command=entry.command, args=entry.args, url=entry.url)
                if entry.env:
                    report = partial(self._context.navigation.report, self._context.toasts)
                    tools.keep_environment(server, entry.env, lambda _in_keyring: None, report)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
        self._rebuild()
        if left:
            self._context.toasts.show(self.tr("Not imported, because of their form: {0}").format(", ".join(left)))

    def _remove(self, server: ToolServer) -> None:
        try:
            self._context.tools.remove(server)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        tools, report = self._context.tools, partial(self._context.navigation.report, self._context.toasts)
        values = Secret(lambda taken: tools.keep_environment(server, taken, lambda _in_keyring: None, report))
        tools.take_environment(server, values.take)
        undo = partial(self._put_back, server, values)
        self._context.undo.done(self.tr("{0} was removed.").format(server.name), undo)

    def _put_back(self, server: ToolServer, values: Secret) -> bool:
        try:
            self._context.tools.put(server)
            values.put_back()
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        return True


class ServerForm(Form):
    """Name, command or address, and environment of a server.

    Args:
        context: the window's shared parts.
        server: which; None for a new one.
        saved: told the server, and what there is to say about its environment.
        closed: the person changed their mind.
    """

    def __init__(
        self,
        context: AppContext,
        server: ToolServer | None,
        saved: Callable[[ToolServer, str], object],
        closed: Callable[[], object],
    ) -> None:
        self._context = context
        self._server = server
        self._saved = saved
        super().__init__(context.theme, self.tr("Save and start"), self._save, closed)
        self.setAccessibleName(self.tr("Tool server"))
        where = server.url or shlex.join([server.command, *server.args]) if server is not None else ""
        self.first = self.command = self.add_line(
            self.tr("Command or address"),
            where,
            "npx -y @modelcontextprotocol/server-filesystem ~/Documents",
            self.tr("A command is run on this computer with your rights. Enter only what you trust.")
            if server is None
            else self.tr(
                "Another command is another server: chats switch its tools on anew, and it has no environment."
            ),
        )
        self.name = self.add_line(self.tr("Name"), server.name if server is not None else "", self.tr("Files"))
        kept = self.tr("Leave this empty to keep what there is; write - to forget it.") if server is not None else ""
        self.environment = self.add_text(
            self.tr("Environment"),
            hint="API_KEY=…",
            note=kept or self.tr("One NAME=value on each line; kept in the system's keyring."),
        )

    def _save(self) -> None:
        tools, text = self._context.tools, self.command.text().strip()
        written = self.environment.toPlainText().strip()
        try:
            values = {} if written == "-" else parse_environment(written)
            url = text if text.startswith(("http://", "https://")) else ""
            command, args = ("", ()) if url else parse_command(text)
            before = self._server
            if before is None or (command, tuple(args), url) != (before.command, before.args, before.url):
                # another program is another server: what was allowed to the one before, and its secrets, are not its
                server = tools.add(self.name.text(), command=command, args=args, url=url)
                if before is not None:
                    tools.remove(before)
                    tools.take_environment(before, lambda _values: None)
            else:
                server = replace(before, name=self.name.text().strip() or before.name, tools=())
                tools.put(server)
        except ThimbleError as error:
            self.complain(str(error.problem))
            return
        if not written:
            self._saved(server, "")
            return
        self.save.setEnabled(False)
        where = self.tr("This system has no keyring: the environment is kept in a file that only your user may read.")
        tools.keep_environment(
            server,
            values,
            lambda in_keyring: self._saved(server, "" if in_keyring else where),
            lambda problem: self._saved(server, str(problem)),
        )


class ImportForm(Form):
    """Takes the JSON of another program.

    Args:
        context: the window's shared parts.
        taken: told the entries, and the names of those that are left out.
        closed: the person changed their mind.
    """

    def __init__(
        self,
        context: AppContext,
        taken: Callable[[list[Entry], list[str]], object],
        closed: Callable[[], object],
    ) -> None:
        self._taken = taken
        super().__init__(context.theme, self.tr("Import"), self._save, closed)
        self.setAccessibleName(self.tr("Import tool servers"))
        self.first = self.text = self.add_text(
            self.tr("Servers as JSON"),
            hint='{"mcpServers": {"files": {"command": "npx", "args": ["-y", "…"]}}}',
            note=self.tr("As other programs write it. Nothing is started before you say so."),
        )

    def _save(self) -> None:
        try:
            entries, left = parse_mcp_servers(self.text.toPlainText())
        except ThimbleError as error:
            self.complain(str(error.problem))
            return
        self._taken(entries, left)
