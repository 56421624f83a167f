"""What the chat's tests share: a window's answers, one chat without its widgets, a conversation view, a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import small
from tests.ui.chat.whole_page import resize
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.stores import Stores
from thimble.ui.theme import LIST_WIDTH


@pytest.fixture
def answering(context: AppContext) -> Iterator[Answering]:
    """The answers of a window."""
    made = Answering(context, Stores(context.store))
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def controller(context: AppContext, answering: Answering) -> Iterator[ChatController]:
    """One chat; closed before the answers, as by the window."""
    made = ChatController(context, answering, answering)
    yield made
    made.close()


@pytest.fixture
def view(context: AppContext, qtbot: QtBot) -> ConversationView:
    made = ConversationView(context)
    made._warm.stop()  # on a busy computer its thread outlives a short test
    qtbot.addWidget(made)
    made.resize(900, 600)
    QCursor.setPos(0, 0)
    made.move(50, 50)  # away from the pointer
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def model(settings: Settings) -> str:
    """A model is installed."""
    path = settings.models_folder() / "tiny.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small())
    return str(path)


@pytest.fixture
def ready(qtbot: QtBot, context: AppContext, model: str) -> AppContext:
    """It is resident, too."""
    context.link.start(model)
    qtbot.waitUntil(lambda: context.link.loaded_path == model)
    return context


@pytest.fixture
def make_page(qtbot: QtBot, context: AppContext) -> Iterator[Callable[[], ChatPage]]:
    """Builds the page in a window with its list, as the main window does; pages are closed at the end."""
    made: list[ChatPage] = []
    windows: list[QWidget] = []

    def make() -> ChatPage:
        page = ChatPage(context)
        made.append(page)
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        layout = QHBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        page.list_panel.setFixedWidth(LIST_WIDTH)
        layout.addWidget(page.list_panel)
        layout.addWidget(page, 1)
        resize(page, 900)
        window.show()
        qtbot.waitExposed(window)
        qtbot.waitUntil(lambda: context.jobs.running == 0)
        return page

    yield make
    for page in made:
        page.prepare_close()


@pytest.fixture
def page(make_page: Callable[[], ChatPage], ready: AppContext) -> ChatPage:
    return make_page()
