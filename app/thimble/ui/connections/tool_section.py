"""Tool servers: those there are, what each offers, and forms to enter or import some."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from thimble.errors import ThimbleError
from thimble.tools.calls import changed
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
from thimble.ui.connections.kept_section import NEW, KeptForm, KeptSection, Kind
from thimble.ui.connections.parts import ConnectionRow, Form

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.theme import Theme
    from thimble.ui.toolbox import Toolbox

IMPORT: Final = "import"
"""In place of an id: those of another program."""


class ToolSection(KeptSection[ToolServer]):
    """Adds, starts, changes, imports and removes tool servers.

    Args:
        context: the window's shared parts.
    """

    form: ServerForm | ImportForm | None

    def __init__(self, context: AppContext) -> None:
        self._tools = context.tools
        super().__init__(
            context,
            context.tools,
            Kind(
                self._row,
                self._first_note,
                lambda server: self.tr("Start {0} and list its tools").format(server.name),
                self._found,
                self._form_of,
                can_edit=lambda server: server.command != EXAMPLE,  # of the example nothing can be changed
            ),
            self.tr("Tools"),
            self.tr(
                "Programs that speak MCP give a model something to do: look up, calculate, read files. Each chat says"
                " which tools are on, and before a call is made you see it and allow it."
            ),
        )
        self.add_server = self.add_adder(self.tr("Add a tool server…"), "ph.plus", partial(self.edit, NEW))
        self.import_servers = self.add_adder(self.tr("Import…"), "ph.download-simple", partial(self.edit, IMPORT))
        self.add_example = self.add_adder(self.tr("Add the example"), "ph.wrench", self._add_example)
        self.buttons.addStretch(1)
        context.tools.changed.connect(self.rebuild)
        self.rebuild()

    def rebuild(self) -> None:
        """Shows what there is now; the example is offered once."""
        super().rebuild()
        if any(server.command == EXAMPLE for server in self._tools.all):
            self.add_example.hide()

    def _found(self, record: ToolServer, tools: list[Tool]) -> tuple[str, str]:
        count = len(tools)
        words = self.tr("It offers 1 tool.") if count == 1 else self.tr("It offers {0} tools.")
        words, tone = words.format(figures.count(count)), "hit" if count else "muted"
        if others := changed(record.tools, tools):
            note = self.tr("Described otherwise than before, so every chat asks about them anew: {0}.")
            words, tone = f"{words} {note.format(', '.join(others))}", "danger"
        return words, tone

    def _row(self, record: ToolServer) -> ConnectionRow:
        """Its command or address, and its tools."""
        facts = [record.where]
        if record.tools:
            facts.append(", ".join(tool.name for tool in record.tools))
        return ConnectionRow(self.theme, record.name, " · ".join(facts), "ph.wrench")

    def _first_note(self, record: ToolServer) -> tuple[str, str]:
        """Says that one was never started."""
        return ("" if record.tools else self.tr("Not started yet: what it offers is not known."), "muted")

    def _form_of(self, record: ToolServer | None) -> ServerForm | ImportForm:
        if self.edited == IMPORT:
            return ImportForm(self.theme, self._imported, self.close_form)
        return ServerForm(self, self._tools, record)

    def _add_example(self) -> None:
        try:
            server = self._tools.add(self.tr("Example"), command=EXAMPLE)
        except ThimbleError as error:
            self.report(error.problem)
            return
        self.check(server)

    def _imported(self, entries: list[Entry], left: list[str]) -> None:
        """Adds them without starting anything: their commands come from elsewhere, so each waits for a person."""
        tools = self._tools
        self._edited = None
        try:
            for entry in entries:
                server = tools.add(entry.name, command=entry.command, args=entry.args, url=entry.url)
                if entry.env:
                    tools.keep_secret(server, entry.env, lambda _kept: None, self.report)
        except ThimbleError as error:
            self.report(error.problem)
        self.rebuild()
        if left:
            self.context.toasts.show(self.tr("Not imported, because of their form: {0}").format(", ".join(left)))


class ServerForm(KeptForm[ToolServer]):
    """Name, command or address, and environment of a server.

    Args:
        section: where it stands.
        tools: keeps the servers.
        server: which; None for a new one.
    """

    def __init__(self, section: ToolSection, tools: Toolbox, server: ToolServer | None) -> None:
        super().__init__(section, self.tr("Save and start"), self._stored)
        self._tools = tools
        self._server = server
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

    def _stored(self) -> tuple[ToolServer, dict[str, str] | None]:
        tools, before, text = self._tools, self._server, self.command.text().strip()
        written = self.environment.toPlainText().strip()
        values = {} if written == "-" else parse_environment(written)
        url = text if text.startswith(("http://", "https://")) else ""
        command, args = ("", ()) if url else parse_command(text)
        if before is None or (command, tuple(args), url) != (before.command, before.args, before.url):
            # another program is another server: what was allowed to the one before, and its secrets, are not its
            server = tools.add(self.name.text(), command=command, args=args, url=url)
            if before is not None:
                tools.remove(before)
                tools.take_secret(before, lambda _values: None)
        else:
            server = replace(before, name=self.name.text().strip() or before.name, tools=())
            tools.put(server)
        return server, values if written else None


class ImportForm(Form):
    """Takes the JSON of another program.

    Args:
        theme: fonts and colours.
        taken: told the entries, and the names of those that are left out.
        closed: the person changed their mind.
    """

    def __init__(
        self, theme: Theme, taken: Callable[[list[Entry], list[str]], object], closed: Callable[[], object]
    ) -> None:
        super().__init__(theme, self.tr("Import"), lambda: taken(*parse_mcp_servers(self.text.toPlainText())), closed)
        self.setAccessibleName(self.tr("Import tool servers"))
        self.first = self.text = self.add_text(
            self.tr("Servers as JSON"),
            hint='{"mcpServers": {"files": {"command": "npx", "args": ["-y", "…"]}}}',
            note=self.tr("As other programs write it. Nothing is started before you say so."),
        )
