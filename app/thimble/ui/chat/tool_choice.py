"""Which tools the shown chat may use, and the button that switches them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from thimble.tools.calls import key_of, still_allowed
from thimble.ui.chat.chat_part import ChatPart
from thimble.ui.theme import ICON, S1
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import set_tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.conversations import Conversation, Store
    from thimble.tools.servers import ToolServer
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.controller import ChatController


class ToolChoice(ChatPart):
    """The tools of one chat; a new chat has none until somebody switches some on.

    Args:
        context, chat: see `ChatPart`.

    Signals:
        changed: other tools are switched on, or there are others.
    """

    changed = Signal()

    def __init__(self, context: AppContext, chat: ChatController) -> None:
        super().__init__(context, chat)
        self._pending: tuple[str, ...] = ()
        chat.opened.connect(self._on_opened)
        context.tools.changed.connect(self.changed)

    @property
    def servers(self) -> list[ToolServer]:
        """The servers that offer something."""
        return [server for server in self._context.tools.all if server.tools]

    @property
    def on(self) -> tuple[str, ...]:
        """Keys of the tools that are switched on."""
        return self._chat.conversation.tools if self._chat.conversation is not None else self._pending

    def switch(self, keys: list[str], *, on: bool) -> None:
        """Switches tools on or off from the next answer on."""
        after = [key for key in self.on if key not in keys] + (keys if on else [])
        if self._chat.conversation is None:
            self._pending = tuple(after)
        else:
            self._store(after)
        self.changed.emit()

    def _store(self, keys: Sequence[str]) -> None:
        def change(store: Store, conversation: Conversation) -> None:
            store.set_tools(conversation.id, keys, still_allowed(conversation.allowed, keys))

        self._chat.change(change)

    def became_stored(self) -> None:
        """The new chat has its conversation now."""
        pending, self._pending = self._pending, ()
        if pending:
            self._store(pending)

    def _on_opened(self, conversation: Conversation | None) -> None:
        if conversation is not None:
            self._pending = ()
        self.changed.emit()


class ToolsButton(QToolButton):
    """Opens the list of tools; hidden while there are none.

    Args:
        context: the window's shared parts.
        parent: owner.
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._choice: ToolChoice | None = None
        self.setIconSize(QSize(ICON, ICON))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._open)
        self.hide()

    def follow(self, choice: ToolChoice) -> None:
        """Shows and changes the choice of a chat."""
        self._choice = choice
        choice.changed.connect(self._describe)
        self._describe()

    def _describe(self) -> None:
        if self._choice is None:
            return
        count = sum(key_of(server, tool) in self._choice.on for server in self._choice.servers for tool in server.tools)
        self.setVisible(bool(self._choice.servers))
        name = self.tr("Tools: none switched on") if not count else self.tr("Tools: {0} switched on").format(count)
        self.setIcon(self._context.theme.icon("ph.wrench", "accent" if count else "muted"))
        self.setToolTip(name)
        self.setAccessibleName(name)
        set_tone(self, "accent" if count else "")

    def menu_of_tools(self) -> QMenu:
        """The menu, made anew: a part for each server, with a check for each tool."""
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("Tools"))
        menu.setToolTipsVisible(True)
        choice = self._choice
        for server in choice.servers if choice is not None else ():
            assert choice is not None  # noqa: S101 - there are servers
            keys = [key_of(server, tool) for tool in server.tools]
            all_on = all(key in choice.on for key in keys)
            whole = menu.addAction(self.tr("All of {0}").format(server.name).replace("&", "&&"))
            whole.setCheckable(True)
            whole.setChecked(all_on)
            whole.triggered.connect(partial(self._switch, keys, not all_on))
            for key, tool in zip(keys, server.tools, strict=True):
                action = menu.addAction(f"    {tool.name}".replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(key in choice.on)
                action.setToolTip(tip(tool.description[:300]))
                action.triggered.connect(partial(self._switch, [key], key not in choice.on))
            menu.addSeparator()
        menu.addAction(self.tr("Tool servers…")).triggered.connect(lambda: self._context.navigation.go("connections"))
        return menu

    def _switch(self, keys: list[str], on: bool, _checked: bool = False) -> None:
        if self._choice is not None:
            self._choice.switch(keys, on=on)

    def _open(self) -> None:
        menu = self.menu_of_tools()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - S1 // 2)))
