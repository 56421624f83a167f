"""What a person does in a window, as generators: each yields facts it waits for, and ends when the act is over."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer

from tests.helpers.hub_server import COMMIT
from thimble.conversations import Message, Role
from thimble.library.choices import Choice, HubFile
from thimble.protocol import State
from thimble.tools.servers import EXAMPLE
from thimble.ui.app import Session
from thimble.ui.chat import ChatPage
from thimble.ui.chat.controller import ChatController

Fact = Callable[[], bool]
Act = Iterator[Fact]

REPOSITORY: Final = "anna/soak-GGUF"
SHORT: Final = 16
LONG: Final = 160
"""Tokens of an answer."""
KEPT: Final = 30
"""So many chats stay; older ones are deleted for good."""
PAGES: Final = ("models", "performance", "connections", "programs", "settings")
WORDS: Final = ("sea", "stone", "light", "bread", "river", "glass", "wind", "salt", "paper", "horse", "iron", "night")


class Acts(QObject):
    """The acts, over one window.

    Args:
        session: the window with everything behind it.
        chance: decides.
        models: files to load; the first has experts and a memory limit in the settings.
        download: (size, SHA-256) of the file that the hub offers.
        folder: for exports.
    """

    def __init__(
        self, session: Session, chance: random.Random, models: list[Path], download: tuple[int, str], folder: Path
    ) -> None:
        super().__init__()
        self._session = session
        self._context = session.context
        self._chance = chance
        self._models = [str(path) for path in models]
        self._download = download
        self._folder = folder
        self.counts: Counter[str] = Counter()
        self._context.settings.set("answers.max_tokens", SHORT)
        self._mix: list[tuple[int, Callable[[], Act]]] = [
            (60, self.chat),
            (10, self.chat_on),
            (6, self.regenerate),
            (5, self.edit),
            (6, self.stop_and_continue),
            (4, self.delete_and_undo),
            (4, self.delete_for_good),
            (2, self.export),
            (4, self.open_old),
            (3, self.find),
            (3, self.temporary),
            (2, self.side_by_side),
            (6, self.move_limit),
            (5, self.load_another),
            (2, self.cancel_load),
            (2, self.unload_and_load),
            (4, self.look_at_pages),
            (3, self.resize),
            (4, self.cancel_download),
            (1, self.take_download_back),
            (1, self.tools),
            (1, self.door),
        ]

    def next(self) -> tuple[str, Act]:
        """One act by chance; its name is counted."""
        (act,) = self._chance.choices([one for _, one in self._mix], [weight for weight, _ in self._mix])
        self.counts[act.__name__] += 1
        return act.__name__, act()

    # --- chats --------------------------------------------------------------------------------------------------

    def chat(self) -> Act:
        """A new chat, one question, one answer."""
        yield from self._with_model()
        self._page.new_chat()
        yield from self._ask()

    def chat_on(self) -> Act:
        """Another question in the same chat."""
        yield from self._with_model()
        yield from self._ask()

    def regenerate(self) -> Act:
        """Another version of the answer; the one before is shown again."""
        answer = self._last(Role.ASSISTANT)
        if answer is None:
            return
        yield from self._with_model()
        self._controller.messages.regenerate(answer.id)
        yield self._quiet
        last = self._last(Role.ASSISTANT)
        if last is not None:
            self._controller.messages.show_sibling(last.id, -1)

    def edit(self) -> Act:
        """Other words for the last question."""
        question = self._last(Role.USER)
        if question is None:
            return
        yield from self._with_model()
        self._controller.messages.edit(question.id, self._words())
        yield self._quiet

    def stop_and_continue(self) -> Act:
        """A long answer is stopped, goes on, and is stopped again."""
        yield from self._with_model()
        self._page.new_chat()
        yield from self._begin_long()
        self._controller.stop()
        yield self._quiet
        answer = self._last(Role.ASSISTANT)
        if answer is not None:
            self._controller.messages.continue_answer(answer.id)
            yield self._quiet
        self._short()

    def delete_and_undo(self) -> Act:
        """A chat goes to the trash and comes back."""
        chat = self._some_chat()
        if chat:
            self._page.actions_on_chats.delete(chat)
            yield self._later()
            self._context.undo.undo()
            yield self._later()

    def delete_for_good(self) -> Act:
        """A chat goes to the trash, and out of it; so do all that are too many."""
        chats = [chat.id for chat in self._context.store.conversations()]
        for chat in {*chats[KEPT:], self._chance.choice(chats or [0])} - {0}:
            self._page.actions_on_chats.delete(chat)
        yield self._later()
        for gone in self._context.store.trash():
            self._page.actions_on_chats.purge(gone.id)
        yield self._later()

    def export(self) -> Act:
        """A chat as a file, which is then removed."""
        chat = self._some_chat()
        if chat:
            file = self._folder / f"chat.{self._chance.choice(['md', 'json'])}"
            self._page.actions_on_chats.export(chat, file)
            yield file.is_file
            yield self._idle
            file.unlink()

    def open_old(self) -> Act:
        """Another chat is shown."""
        chat = self._some_chat()
        if chat:
            self._page.open_conversation(chat)
            yield lambda: self._page.pane.view.settled

    def find(self) -> Act:
        """Words are looked for in the chat and in all chats."""
        if self._page.pane.has_messages:
            self._page.focus_search()
            self._page.pane.find_bar.field.setText(self._chance.choice(WORDS)[:3])
            yield self._later(120)
            self._page.pane.find_bar.close_bar()
        self._context.store.search(self._chance.choice(WORDS))
        yield self._later()

    def temporary(self) -> Act:
        """A chat that is stored nowhere."""
        yield from self._with_model()
        self._page.new_temporary()
        yield from self._ask()
        self._page.actions_on_chats.delete(self._controller.conversation.id if self._controller.conversation else 0)
        yield self._later()

    def side_by_side(self) -> Act:
        """Two chats beside each other, and one again."""
        yield from self._with_model()
        self._page.toggle_split()
        yield self._later()
        yield from self._ask()
        self._page.toggle_split()
        yield self._later()

    # --- the engine ---------------------------------------------------------------------------------------------

    def move_limit(self) -> Act:
        """The memory limit goes up and down while the model answers."""
        yield from self._load(self._models[0])
        told: list[dict[str, Any]] = []
        link = self._context.link
        link.fetch(lambda client: client.outlook([]), told.append, lambda _problem: told.append({}))
        yield lambda: bool(told)
        least, most = told[0].get("least_limit", 0), told[0].get("most_limit", 0)
        if not 0 < least < most:
            return
        self._page.new_chat()
        yield from self._begin_long()
        for _ in range(4):
            moved: list[object] = []
            limit = self._chance.randint(least, most)
            link.fetch(lambda client, to=limit: client.divide_memory(to), moved.append, moved.append)  # type: ignore[misc]
            yield lambda moved=moved: bool(moved)  # type: ignore[misc]
            yield self._later(60)
        self._controller.stop()
        yield self._quiet
        self._short()

    def load_another(self) -> Act:
        """Another model."""
        yield from self._load(self._chance.choice(self._models))

    def cancel_load(self) -> Act:
        """A load is stopped right after it began."""
        link = self._context.link
        link.load(self._chance.choice(self._models))
        yield self._later(self._chance.randint(1, 80))
        link.cancel_load()
        yield lambda: link.status.state != State.LOADING and not link.loading_path

    def unload_and_load(self) -> Act:
        """The model goes, and comes back."""
        self._context.link.unload()
        yield lambda: self._context.link.status.model is None
        yield from self._load(self._chance.choice(self._models))

    # --- the rest of the window ---------------------------------------------------------------------------------

    def look_at_pages(self) -> Act:
        """Every page for a moment."""
        for page in self._chance.sample(PAGES, 3):
            self._session.window.show_page(page)
            yield self._later(150)
        self._session.window.show_page("chat")
        yield self._later()

    def resize(self) -> Act:
        """A narrow window, a wide one."""
        self._session.window.resize(self._chance.randint(900, 1500), self._chance.randint(600, 1000))
        yield self._later(60)

    def cancel_download(self) -> Act:
        """A download begins and is cancelled when something has come."""
        yield from self._begin_download()
        undoable: list[bool] = []
        undo = self._context.undo
        heard = undo.changed.connect(lambda: undoable.append(True))
        for status in self._context.downloads.statuses:
            self._context.downloads.cancel(status.id, "a model")
        yield lambda: not self._context.downloads.statuses and bool(undoable)
        undo.changed.disconnect(heard)

    def take_download_back(self) -> Act:
        """A download is cancelled, taken back, and cancelled."""
        yield from self.cancel_download()
        self._context.undo.undo()
        yield lambda: any(status.done > 0 for status in self._context.downloads.statuses)
        for status in self._context.downloads.statuses:
            self._context.downloads.cancel(status.id, "a model")
        yield lambda: not self._context.downloads.statuses

    def tools(self) -> Act:
        """The example tool server is started, asked for its tools, and ended."""
        told: list[object] = []
        server = self._context.tools.add("Example", command=EXAMPLE)
        self._context.tools.check(server, told.append, told.append)
        yield lambda: bool(told)
        self._context.tools.remove(server)
        yield self._later()

    def door(self) -> Act:
        """The door for other programs opens and shuts."""
        keeper = self._session.keeper
        for on in (True, False):
            self._context.settings.set("programs.on", on)
            yield lambda on=on: keeper.door.open == on and not keeper.door.busy  # type: ignore[misc]

    def calm(self) -> Act:
        """Nothing goes on any more: no model, an empty chat, no message on the screen."""
        self._session.window.show_page("chat")
        yield from self.delete_for_good()
        self._page.new_chat()
        self._context.link.unload()
        yield lambda: self._context.link.status.model is None
        for toast in self._context.toasts.toasts:
            self._context.toasts.dismiss(toast)
        yield self._idle
        yield self._later(300)

    # --- parts --------------------------------------------------------------------------------------------------

    @property
    def _page(self) -> ChatPage:
        page = self._session.window.page("chat")
        assert isinstance(page, ChatPage)
        return page

    @property
    def _controller(self) -> ChatController:
        return self._page.pane.controller

    def _words(self) -> str:
        return " ".join(self._chance.choices(WORDS, k=self._chance.randint(3, 9))) + "?"

    def _some_chat(self) -> int:
        chats = self._context.store.conversations()
        return self._chance.choice(chats).id if chats else 0

    def _last(self, role: Role) -> Message | None:
        return next((one for one in reversed(self._controller.path) if one.role == role), None)

    def _short(self) -> None:
        self._context.settings.set("answers.max_tokens", SHORT)

    def _quiet(self) -> bool:
        return not self._controller.answering

    def _idle(self) -> bool:
        return self._context.jobs.running == 0 and self._quiet()

    def _later(self, milliseconds: int = 20) -> Fact:
        """True after some time in the event loop."""
        over: list[bool] = []
        QTimer.singleShot(milliseconds, self, lambda: over.append(True))
        return lambda: bool(over)

    def _with_model(self) -> Act:
        link = self._context.link
        if link.status.model is None or link.status.state == State.LOADING:
            yield from self._load(self._chance.choice(self._models))

    def _load(self, path: str) -> Act:
        """Another program may load its own at the same time: any model will do that is there."""
        link = self._context.link
        if link.loaded_path != path:
            link.load(path)
            yield lambda: not link.loading_path and link.status.model is not None

    def _ask(self) -> Act:
        composer = self._page.pane.composer
        composer.field.setPlainText(self._words())
        composer.send.click()
        self.counts["questions"] += 1
        yield self._quiet
        yield self._later(1)

    def _begin_long(self) -> Act:
        self._context.settings.set("answers.max_tokens", LONG)
        self._page.pane.composer.field.setPlainText(self._words())
        self._page.pane.composer.send.click()
        self.counts["questions"] += 1
        answer = self._last(Role.ASSISTANT)
        yield lambda: self._quiet() or bool(answer is not None and self._context.link.status.state == State.ANSWERING)
        yield self._later(40)

    def _begin_download(self) -> Act:
        size, sha256 = self._download
        downloads = self._context.downloads
        downloads.add(REPOSITORY, COMMIT, Choice("Q4_0", (HubFile("soak-Q4_0.gguf", size, sha256),)))
        yield lambda: any(status.done > 0 for status in downloads.statuses)
