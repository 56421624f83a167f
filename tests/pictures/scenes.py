"""What the pictures show. `python -m tests.pictures.scenes NAME FILE` takes one in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import keyring
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from tests.helpers.memory_keyring import MemoryKeyring
from tests.helpers.scripted_server import Exchange, scripted_server
from thimble import paths
from thimble.conversations import StepState
from thimble.library import starter
from thimble.protocol import State
from thimble.remote.connections import RemoteModel, choice_of
from thimble.settings import Settings
from thimble.tools.calls import key_of
from thimble.tools.servers import EXAMPLE
from thimble.ui import i18n
from thimble.ui.app import Session, make_app
from thimble.ui.chat import ChatPage
from thimble.ui.chat.controller import ChatController
from thimble.ui.connections.page import ConnectionsPage
from thimble.ui.models.card import ModelCard
from thimble.ui.models.remote import RemoteCard

WAIT_MS: Final = 240_000
FRANCE: Final = "What is the capital of France?"
PYTHON: Final = "Write a Python function that reverses a string"
SAVINGS: Final = "What are 1250 at 3.5 % a year worth after ten years? Keep it in a note."
EQUATIONS: Final = r"""For $ax^2 + bx + c = 0$ with $a \ne 0$, complete the square:

$$x_{1,2} = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$$

The sign of the **discriminant** $D = b^2 - 4ac$ decides:

| $D$ | solutions | example |
|---|---|---|
| $> 0$ | two real | $x^2 - 1$ |
| $= 0$ | one | $(x - 1)^2$ |
| $< 0$ | none real | $x^2 + 1$ |

```python
def solve(a, b, c):
    d = b * b - 4 * a * c
    return [(-b + s * d ** 0.5) / (2 * a) for s in (1, -1)]
```"""


@dataclass
class Stage:
    """The real window, in which a scene is set.

    Attributes:
        session: the window and all behind it.
        things: closed at the end.
    """

    session: Session
    things: ExitStack = field(default_factory=ExitStack)

    @property
    def page(self) -> ChatPage:
        """The page of chats."""
        page = self.session.window.page("chat")
        assert isinstance(page, ChatPage)
        return page

    @property
    def chat(self) -> ChatController:
        """The shown conversation."""
        return self.page.pane.controller

    def wait(self, met: Callable[[], bool]) -> None:
        """Until something is so."""
        waited = 0
        while not met():
            QTest.qWait(50)
            waited += 50
            assert waited < WAIT_MS, "it did not happen"
        QTest.qWait(100)

    def load(self) -> None:
        """The starter model."""
        self.session.link.load(str(starter.path(paths.default_models_dir())))
        self.wait(lambda: self.session.link.status.state == State.READY)

    def ask(self, text: str, *, wait: bool = True) -> None:
        """Writes a question and sends it."""
        self.page.pane.composer.field.setPlainText(text)
        self.page.pane.composer.send.click()
        self.wait(lambda: self.chat.answering)
        if wait:
            self.wait(lambda: not self.chat.answering)

    def fill(self, *titles: str) -> None:
        """Chats of earlier."""
        for title in titles:
            self.session.store.create_conversation(title, named=True)


def chat(stage: Stage) -> None:
    """Two questions to the starter model."""
    stage.load()
    stage.fill("Why is the sky blue?", "Letter to the landlord")
    stage.ask(FRANCE)
    stage.ask(PYTHON)


def chat_small(stage: Stage) -> None:
    """The same in a small window."""
    stage.load()
    stage.ask(FRANCE)


def chat_dark(stage: Stage) -> None:
    """Formulas, a table and code."""
    stage.load()
    store = stage.session.store
    stage.fill("SQL question", "Trip to Lisbon")
    made = store.create_conversation("Quadratic equations", named=True)
    question = store.add_message(made.id, "user", "How do I solve quadratic equations?", parent_id=None)
    store.add_message(made.id, "assistant", EQUATIONS, parent_id=question.id, model="SmolLM2-135M-Instruct")
    stage.page.open_conversation(made.id)
    stage.page.list_panel.reload()
    QTest.qWait(1500)
    stage.page.pane.composer.field.setPlainText("Is this right?")


def side_by_side(stage: Stage) -> None:
    """Two chats; the starter model answers both."""
    stage.load()
    stage.ask(FRANCE)
    stage.page.toggle_split()
    QTest.qWait(300)
    stage.page.new_chat()
    stage.ask(PYTHON)


def _cluster(exchange: Exchange) -> None:
    if exchange.path.endswith("/models"):
        models = [{"id": name, "owned_by": "vllm", "max_model_len": 32768} for name in ("qwen3-32b", "gpt-oss-120b")]
        exchange.json({"data": models})
        return
    if exchange.body is None:
        exchange.json({"error": {"message": "There is no such page."}}, 404)
        return
    results = sum(message["role"] == "tool" for message in exchange.body["messages"])
    calls = [
        ("c1", "calculate", {"expression": "1250 * 1.035 ** 10"}),
        ("c2", "write_note", {"name": "Savings", "text": "1250 at 3.5 % for ten years: 1763.25"}),
    ]
    number, name, arguments = calls[min(results, 1)]
    function = {"name": name, "arguments": json.dumps(arguments)}
    exchange.start_events()
    exchange.event({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": number, "function": function}]}}]})
    exchange.event({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    exchange.event("[DONE]")


def _connect(stage: Stage) -> str:
    """A server that stands for a company's, and the bundled tools; the choice of a chat that uses it."""
    context = stage.session.context
    server = stage.things.enter_context(scripted_server(_cluster))
    made = context.remotes.add("Office cluster", server.base_url)
    context.tools.add("Example", command=EXAMPLE)
    return choice_of(made.id, "qwen3-32b")


def _check_example(stage: Stage) -> None:
    """Starts the bundled tools; on a busy computer more than once."""
    tools = stage.session.context.tools
    while not tools.all[0].tools:
        found: list[Any] = []
        tools.check(tools.all[0], found.append, found.append)
        stage.wait(lambda found=found: bool(found))  # type: ignore[misc]


def connections(stage: Stage) -> None:
    """Both kinds, checked."""
    stage.load()
    _connect(stage)
    stage.session.window.show_page("connections")
    page = stage.session.window.page("connections")
    assert isinstance(page, ConnectionsPage)
    context = stage.session.context
    stage.wait(lambda: bool(context.remotes.all[0].models))
    _check_example(stage)
    (example,) = context.tools.all
    page.tools.check(example)
    QTest.qWait(3000)


def tools(stage: Stage) -> None:
    """A call that waits for a word."""
    stage.load()
    choice = _connect(stage)
    context = stage.session.context
    _check_example(stage)
    (made,) = context.remotes.all
    context.remotes.put(_with_models(made))
    stage.chat.choice.choose(choice)
    (server,) = context.tools.all
    stage.chat.tools.switch([key_of(server, tool) for tool in server.tools], on=True)
    stage.ask(SAVINGS, wait=False)

    def asked(step: str) -> bool:
        return any(s.state == StepState.ASKED and s.id == step for s in stage.chat.path[-1].steps)

    stage.wait(lambda: asked("c1"))
    stage.page.pane.view.tool_allowed.emit(stage.chat.path[-1].id, "c1", False)
    stage.wait(lambda: asked("c2"))


def _with_models(connection: Any) -> Any:
    from dataclasses import replace

    return replace(connection, kind="vllm", models=(RemoteModel("qwen3-32b", 32768), RemoteModel("gpt-oss-120b")))


def models(stage: Stage) -> None:
    """The installed starter and the catalogue."""
    window = stage.session.window
    window.show_page("models")
    stage.load()
    stage.wait(lambda: bool(window.findChildren(ModelCard) and window.findChildren(RemoteCard)))
    QTest.qWait(3000)  # until the disk is measured


SCENES: Final[dict[str, Callable[[Stage], None]]] = {
    "chat": chat,
    "chat-dark": chat_dark,
    "chat-small": chat_small,
    "side-by-side": side_by_side,
    "connections": connections,
    "tools": tools,
    "models": models,
}
SIZES: Final = {"chat-small": (900, 600), "side-by-side": (1600, 1000)}
DARK: Final = ("chat-dark", "side-by-side")


def main() -> int:
    """Takes one picture; the exit code."""
    name, file = sys.argv[1], Path(sys.argv[2])
    keyring.set_keyring(MemoryKeyring())
    app = make_app()
    settings = Settings.load(paths.settings_file())
    settings.set("look.theme", "dark" if name in DARK else "light")
    settings.set("look.language", "en")
    settings.set("look.reduce_motion", True)
    if name == "models":
        settings.set("engine.memory_limit", 2 * 2**30)
    starter.install(paths.default_models_dir())
    translators = i18n.install(app, settings)  # held until the end, as by `run_window`
    session = Session(app, settings)
    session.window.resize(*SIZES.get(name, (1200, 800)))
    stage = Stage(session)
    code = 1

    def take() -> None:
        nonlocal code
        try:
            SCENES[name](stage)
            QTest.qWait(500)
            picture: QImage = session.window.grab().toImage()
            code = 0 if picture.save(str(file)) else 1
        finally:
            session.window.close()

    session.window.show()
    QTimer.singleShot(1500, session.window, take)
    app.exec()
    session.end()
    stage.things.close()
    translators.clear()
    return code


if __name__ == "__main__":
    sys.exit(main())
