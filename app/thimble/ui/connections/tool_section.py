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
from thimble.ui import figures, problem_texts
from thimble.ui.connections.kept_section import NEW, KeptForm, KeptSection
from thimble.ui.connections.parts import ConnectionRow, Form

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

IMPORT: Final = "import"
"""In place of an id: those of another program."""


class ToolSection(KeptSection[ToolServer]):
    """Adds, starts, changes, imports and removes tool servers.

    Args:
        context: the window's shared parts.
    """

    form: ServerForm | ImportForm | None

    def __init__(self, context: AppContext) -> None:
        super().__init__(
            context,
            context.tools,
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
        if any(server.command == EXAMPLE for server in self._context.tools.all):
            self.add_example.hide()

    def check(self, record: ToolServer) -> None:
        """Starts a server and says what it offers."""
        self.say(record, self.tr("One moment…"))
        self._context.tools.check(record, partial(self._checked, record), partial(self.say_problem, record))

    def _checked(self, record: ToolServer, tools: list[Tool]) -> None:
        count = len(tools)
        words = self.tr("It offers 1 tool.") if count == 1 else self.tr("It offers {0} tools.")
        words, tone = words.format(figures.count(count)), "hit" if count else "muted"
        if others := changed(record.tools, tools):
            note = self.tr("Described otherwise than before, so every chat asks about them anew: {0}.")
            words, tone = f"{words} {note.format(', '.join(others))}", "danger"
        self.say(record, words, tone)

    def make_row(self, record: ToolServer) -> ConnectionRow:
        """Its command or address, and its tools."""
        facts = [record.where]
        if record.tools:
            facts.append(", ".join(tool.name for tool in record.tools))
        return ConnectionRow(self.theme, record.name, " · ".join(facts), "ph.wrench")

    def first_note(self, record: ToolServer) -> tuple[str, str]:
        """Says that one was never started."""
        return ("" if record.tools else self.tr("Not started yet: what it offers is not known."), "muted")

    def check_name(self, record: ToolServer) -> str:
        """Its button's name."""
        return self.tr("Start {0} and list its tools").format(record.name)

    def can_edit(self, record: ToolServer) -> bool:
        """Of the example, nothing can be changed."""
        return record.command != EXAMPLE

    def make_form(self, record: ToolServer | None) -> ServerForm | ImportForm:
        """Its form, or the one for those of another program."""
        if self.edited == IMPORT:
            return ImportForm(self._context, self._imported, self.close_form)
        return ServerForm(self._context, record, self.saved, self.close_form)

    def _add_example(self) -> None:
        try:
            server = self._context.tools.add(self.tr("Example"), command=EXAMPLE)
        except ThimbleError as error:
            self.report(error.problem)
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
                    tools.keep_secret(server, entry.env, lambda _kept: None, self.report)
        except ThimbleError as error:
            self.report(error.problem)
        self.rebuild()
        if left:
            self._context.toasts.show(self.tr("Not imported, because of their form: {0}").format(", ".join(left)))


class ServerForm(KeptForm[ToolServer]):
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
        super().__init__(context, context.tools, self.tr("Save and start"), saved, closed)
        self._tools = context.tools
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

    def _save(self) -> None:
        tools, text = self._tools, self.command.text().strip()
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
                    tools.take_secret(before, lambda _values: None)
            else:
                server = replace(before, name=self.name.text().strip() or before.name, tools=())
                tools.put(server)
        except ThimbleError as error:
            self.complain(problem_texts.words(error.problem))
            return
        self.finish(
            server,
            values if written else None,
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
            self.complain(problem_texts.words(error.problem))
            return
        self._taken(entries, left)
