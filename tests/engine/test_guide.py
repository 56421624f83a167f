"""The guide that comes with Thimble, in the engine and with the settings it has there: it answers what the empty chat
offers, and reads experts from disk meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assets.tiny.recipe.data import sources
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Event, TextPiece
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.host import Host
from thimble.engine.sampling import Sampling
from thimble.library import guide
from thimble.loading import load_options
from thimble.settings import Settings
from thimble.ui.chat.examples import GUIDE_EXAMPLES

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(guide.bundled() is None, reason="this copy came without the Thimble guide"),
]
SECONDS = 60
MOST_BYTES = 16 * 10**6
EXPECTED = ("chat.attach_pdf", "speed.slow", "concept.expert")

Ask = Callable[[str], str]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """With the guide as the window would load it."""
    made = Host()
    settings = Settings(tmp_path_factory.mktemp("settings") / "settings.json")
    settings.set("files.models_folder", str(tmp_path_factory.mktemp("models")))
    path = guide.install(settings.models_folder())
    made.load(path, load_options(settings, path), CancelFlag()).result(SECONDS)
    yield made
    made.close().result(SECONDS)


@pytest.fixture(scope="module")
def ask(host: Host) -> Ask:
    def answer(question: str) -> str:
        events: list[Event] = []
        task = AnswerTask(ChatPrompt([{"role": "user", "content": question}]), Sampling(temperature=0), 300)
        host.answer(task, CancelFlag(), events.append).result(SECONDS)
        return "".join(event.text for event in events if isinstance(event, TextPiece))

    return answer


def test_it_is_small_enough_to_come_along() -> None:
    file = guide.bundled()
    assert file is not None
    assert file.stat().st_size <= MOST_BYTES
    assert file == Path(file.parent / "thimble-guide.gguf")


@pytest.mark.parametrize(
    ("question", "intent"),
    [(example.prompt, intent) for example, intent in zip(GUIDE_EXAMPLES[:3], EXPECTED, strict=True)],
)
def test_it_answers_what_the_empty_chat_offers(ask: Ask, question: str, intent: str) -> None:
    answers = {each.id: each.answer for each in sources.handbook()}
    assert ask(question) == answers[intent]


def test_it_tells_the_offered_story_to_its_end(ask: Ask) -> None:
    story = ask(GUIDE_EXAMPLES[-1].prompt)
    assert 40 <= len(story.split()) <= 150
    assert story[-1] in '.!"'


def test_experts_stay_on_disk_and_are_read_from_there(host: Host, ask: Ask) -> None:
    before = host.sample()
    ask("What is the expert cache?")
    after = host.sample()
    assert 0 < after.experts_resident < after.experts_total
    assert after.expert_bytes_read > before.expert_bytes_read
