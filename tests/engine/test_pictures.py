"""Pictures: read by libmtmd as NumPy reads them, in the right places, again from the cache, and refused in words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.conftest import GREEDY, SECONDS, Answer, Engine
from tests.engine.test_session import session_of
from tests.helpers import projectors, tiny_model
from tests.helpers.moe_models import USED, WIDTH, Architecture, write_moe
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import PromptRead
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.host import Host
from thimble.engine.pictures import MARK, Picture, PictureTokens
from thimble.engine.places import Places, whole_pictures
from thimble.engine.projector import Projector
from thimble.errors import Code, ThimbleError
from thimble.protocol import NO_PROJECTOR, LoadOptions

pytestmark = pytest.mark.engine


def picture(seed: int, width: int = projectors.SIDE, height: int = projectors.SIDE) -> Picture:
    """Noise."""
    data = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8).tobytes()
    return Picture(hashlib.sha256(data).hexdigest(), width, height, lambda: data)


def look(
    engine: Engine, *turns: str | tuple[str, Sequence[Picture]], cancel: CancelFlag | None = None, **options: Any
) -> Answer:
    """Greedy answer to messages that alternate; one with pictures has a mark for each in its text."""
    chat: list[dict[str, Any]] = []
    for number, turn in enumerate(turns):
        text, pictures = (turn, ()) if isinstance(turn, str) else turn
        chat.append({"role": ("user", "assistant")[number % 2], "content": text, "pictures": list(pictures)})
    emit = options.pop("emit", None)
    return engine.run(AnswerTask(ChatPrompt(chat, **options), GREEDY, 24), cancel, emit)


def load(engine: Engine, folder: Path, kind: str) -> Engine:
    """A tiny model with a projector of this kind beside it."""
    if kind == "qwen":
        path = projectors.write_qwen_model(folder / "tiny.gguf")
        projectors.write_qwen(folder / "mmproj-f16.gguf")
    else:
        path = tiny_model.write_random(folder / "tiny.gguf", window=24 if kind == "gemma" else 0)
        write = projectors.write_gemma if kind == "gemma" else projectors.write_llava
        write(folder / "mmproj-f16.gguf")
    engine.load(path)
    return engine


@pytest.fixture(params=["llava", "gemma", "qwen"])
def seeing(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Engine:
    return load(engine, tmp_path, request.param)


@pytest.fixture
def llava(engine: Engine, tmp_path: Path) -> Engine:
    return load(engine, tmp_path, "llava")


@pytest.fixture
def qwen(engine: Engine, tmp_path: Path) -> Engine:
    return load(engine, tmp_path, "qwen")


def projector_of(engine: Engine) -> Projector:
    loaded = engine.host._loaded
    assert loaded is not None
    assert loaded.projector is not None
    return loaded.projector


def runs(engine: Engine, of: Picture) -> list[PictureTokens]:
    return [part for part in projector_of(engine).layout(of) if isinstance(part, PictureTokens)]


def code_of(action: Callable[[], Any]) -> str:
    with pytest.raises(ThimbleError) as failure:
        action()
    return failure.value.problem.code


# --- what is computed -------------------------------------------------------------------------------------------


def test_embeddings_are_those_of_numpy(llava: Engine) -> None:
    seen = picture(1)
    (tokens,) = runs(llava, seen)
    projector = projector_of(llava)
    assert projector.encode(tokens, CancelFlag()) is not None
    expected = projectors.llava_embeddings(
        projector.path, np.frombuffer(seen.pixels(), np.uint8).reshape(projectors.SIDE, projectors.SIDE, 3)
    )
    # ggml's flash attention takes keys and values in 16 bits
    np.testing.assert_allclose(projector.embeddings(tokens), expected, rtol=0, atol=0.01)


def test_a_failure_between_two_batches_of_a_picture_is_not_lost_and_leaves_nothing_behind(
    qwen: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, projector = session_of(qwen), projector_of(qwen)
    (tokens,) = runs(qwen, picture(1))
    before, told = session.length, []

    class Keeper:
        def save(self, _length: int, count: int) -> None:
            told.append(count)
            if len(told) == 2:
                raise MemoryError

    monkeypatch.setattr(projector, "_batch", tokens.count // 2 + 1)
    monkeypatch.setattr(session, "_history", Keeper())
    with pytest.raises(MemoryError):
        session.read_picture(tokens, CancelFlag())
    monkeypatch.undo()
    assert told == [tokens.count // 2 + 1, tokens.count - tokens.count // 2 - 1]
    assert session.length == before
    session.read_picture(tokens, CancelFlag())
    assert session.length == before + tokens.count


def test_the_answer_depends_on_the_picture_and_on_nothing_else(seeing: Engine) -> None:
    answers = [look(seeing, (f"What is {MARK} this?", [picture(seed)])).text for seed in (1, 2, 1)]
    assert answers[0] == answers[2] != answers[1]


def test_the_logits_after_a_picture_are_those_of_its_embeddings_decoded_by_hand(llava: Engine) -> None:
    seen = picture(3)
    loaded, session = llava.host._loaded, session_of(llava)
    assert loaded is not None
    lib, projector = llama(), projector_of(llava)
    (tokens,) = runs(llava, seen)
    projector.encode(tokens, CancelFlag())
    rows = projector.embeddings(tokens).copy()
    prompt = loaded.vocabulary.tokenize("u:a"), loaded.vocabulary.tokenize("b\n>")

    def logits() -> Any:
        return np.ctypeslib.as_array(lib.llama_get_logits_ith(loaded.context, -1), (loaded.vocabulary.size,)).copy()

    def run(read_picture: Callable[[], None]) -> Any:
        session.clear()
        session.read(prompt[0])
        read_picture()
        session.read(prompt[1])
        return logits()

    def by_hand() -> None:
        batch = lib.llama_batch_init(tokens.count, rows.shape[1], 1)
        batch.n_tokens = tokens.count
        for index in range(tokens.count):
            batch.pos[index], batch.n_seq_id[index], batch.logits[index] = 3 + index, 1, 0
            batch.seq_id[index][0] = 0
            for column in range(rows.shape[1]):
                batch.embd[index * rows.shape[1] + column] = rows[index, column]
        assert lib.llama_decode(loaded.context, batch) == 0
        lib.llama_batch_free(batch)

    ours = run(lambda: session.read_picture(tokens, CancelFlag()))
    assert np.array_equal(ours, run(by_hand))


def test_a_picture_is_more_than_its_mark_left_out(llava: Engine) -> None:
    assert look(llava, (f"Hm {MARK}?", [picture(4)])).text != look(llava, "Hm ?").text


# --- tokens and places ------------------------------------------------------------------------------------------


def test_tokens_are_counted_exactly(seeing: Engine) -> None:
    text, pictures = f"One {MARK} two {MARK}", [picture(1), picture(2, 40, 24)]
    counted = seeing.host.tokenize_messages([{"role": "user", "content": text, "pictures": pictures}])
    assert look(seeing, (text, pictures)).timings.prompt_tokens == len(counted)
    assert counted.count(-1) == sum(part.count for one in pictures for part in runs(seeing, one))


def test_a_larger_picture_has_more_tokens_where_the_model_wants_that(qwen: Engine) -> None:
    assert [part.count for part in runs(qwen, picture(1, 40, 24))] == [5 * 3]
    assert [part.positions for part in runs(qwen, picture(1, 40, 24))] == [5]


def test_no_picture_has_more_tokens_than_a_processor_can_bear(qwen: Engine) -> None:
    (tokens,) = runs(qwen, Picture("large", 2048, 2048, bytes))
    assert tokens.count <= 1024


def test_positions_go_on_behind_the_picture_with_mrope(qwen: Engine) -> None:
    answer = look(qwen, (f"{MARK} and on", [picture(1, 40, 24)]))
    lib, loaded = llama(), qwen.host._loaded
    assert loaded is not None
    highest = lib.llama_memory_seq_pos_max(lib.llama_get_memory(loaded.context), 0)
    assert highest == session_of(qwen).length - 1 - (15 - 5)
    assert session_of(qwen).length == answer.timings.prompt_tokens + answer.timings.generated_tokens - 1


def test_places_come_and_go_with_pictures() -> None:
    places, tokens = Places(), PictureTokens(picture(1), 0, count=10, positions=4)
    places.add(15, tokens)
    places.add(40, tokens)
    assert [places.position(index) for index in (3, 15, 39, 40, 41)] == [3, 9, 33, 28, 29]
    assert places.index(28) == 40
    places.cut(20)
    assert places.position(40) == 34
    places.cut(14)
    assert places.straight


def test_a_picture_is_kept_whole_or_not_at_all() -> None:
    pictures = {-7: PictureTokens(picture(1), 0, count=3, positions=3)}
    tokens = [1, -7, -7, -7, -7, -7, -7, 2]
    assert [whole_pictures(keep, tokens, pictures) for keep in range(8)] == [0, 1, 1, 1, 4, 4, 4, 7]


def test_words_that_look_like_a_mark_are_no_picture(llava: Engine) -> None:
    """The server takes them out of what people write; a prompt with one too many is refused, not shifted."""
    assert code_of(lambda: look(llava, (f"{MARK}{MARK}", [picture(1)]))) == Code.PICTURE_UNUSABLE


def test_a_template_that_reads_parts_only_gets_its_words(engine: Engine, tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}"
        "{% endif %}{% endfor %}{% endfor %}>"
    )
    path = tiny_model.write_random(tmp_path / "typed.gguf", template=template)
    projectors.write_llava(tmp_path / "mmproj.gguf")
    engine.load(path)
    counted = engine.host.tokenize_messages([{"role": "user", "content": f"Hi{MARK}", "pictures": [picture(1)]}])
    assert len(counted) == len("Hi>") + projectors.LLAVA_TOKENS


# --- from the cache ---------------------------------------------------------------------------------------------


def test_the_next_turn_does_not_read_the_picture_again(seeing: Engine) -> None:
    asked = (f"See {MARK} here", [picture(1)])
    first = look(seeing, asked)
    second = look(seeing, asked, first.text, "And now?")
    counted = len(seeing.host.tokenize_messages([{"role": "user", "content": asked[0], "pictures": list(asked[1])}]))
    assert second.timings.cached_tokens >= counted - len(">")


def test_pixels_of_a_picture_in_the_cache_are_not_asked_for(llava: Engine) -> None:
    seen = picture(1)
    text = look(llava, (f"See {MARK} here", [seen])).text

    def gone() -> bytes:
        raise AssertionError("it is in the cache")

    again = Picture(seen.key, seen.width, seen.height, gone)
    assert look(llava, (f"See {MARK} here", [again]), text, "And?").timings.cached_tokens > projectors.LLAVA_TOKENS


def test_answers_are_equal_with_and_without_reuse(seeing: Engine) -> None:
    one, two, wide = picture(1), picture(2), picture(3, 40, 24)
    chats: list[list[str | tuple[str, Sequence[Picture]]]] = [
        [(f"See {MARK} here", [one])],
        [(f"See {MARK} here", [one]), "Yes.", "More"],
        [(f"See {MARK} here", [one]), "Yes.", (f"{MARK}{MARK} and these", [wide, wide])],
        [(f"See {MARK} here", [one]), "Yes.", (f"{MARK}{MARK} and those", [wide, two])],
        [(f"See {MARK} here", [one]), "Yes.", (f"{MARK} only", [wide])],
        [(f"See {MARK} here", [two])],
        ["See"],
    ]
    reused = [look(seeing, *chat) for chat in chats]
    fresh = []
    for chat in chats:
        session_of(seeing).clear()
        fresh.append(look(seeing, *chat).text)
    assert [answer.text for answer in reused] == fresh
    assert reused[2].timings.cached_tokens > reused[0].timings.cached_tokens


def test_the_oldest_turns_go_with_their_pictures(engine: Engine, tmp_path: Path) -> None:
    projectors.write_llava(tmp_path / "mmproj.gguf")
    engine.load(tiny_model.write_random(tmp_path / "tiny.gguf"), context=256)
    chat: list[str | tuple[str, Sequence[Picture]]] = []
    for turn in range(12):
        chat += [(f"See {MARK}", [picture(turn)]), "Yes."]
    answer = look(engine, *chat, "Last", drop_oldest=True)
    assert answer.timings.dropped_tokens > 0
    assert answer.timings.prompt_tokens < 256


# --- stopping ---------------------------------------------------------------------------------------------------


def test_a_stop_while_a_picture_is_read_leaves_a_cache_that_goes_on(seeing: Engine) -> None:
    whole = look(seeing, (f"See {MARK} here", [picture(1)])).text
    session_of(seeing).clear()
    cancel = CancelFlag()

    def stop(event: object) -> None:
        if isinstance(event, PromptRead) and 0 < event.processed < event.total:
            cancel.set()

    stopped = look(seeing, (f"See {MARK} here", [picture(1)]), cancel=cancel, emit=stop)
    assert stopped.text == ""
    assert look(seeing, (f"See {MARK} here", [picture(1)])).text == whole


def test_computing_an_embedding_stops_in_mid_graph(llava: Engine) -> None:
    (tokens,) = runs(llava, picture(1))
    cancel = CancelFlag()
    cancel.set()
    assert projector_of(llava).encode(tokens, cancel) is None


# --- experts on disk --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.QWEN3MOE])
def test_experts_on_disk_see_the_same(engine: Engine, tmp_path: Path, architecture: Architecture) -> None:
    path = write_moe(tmp_path / "moe.gguf", architecture)
    projectors.write_llava(tmp_path / "mmproj.gguf", width=WIDTH)
    engine.load(path, 512)
    whole = look(engine, (f"See {MARK} here", [picture(1)]))
    experts = engine.host._loaded.experts if engine.host._loaded else None
    assert experts is not None
    engine.load(path, 512, expert_cache=(USED + 2) * experts.stats().expert_bytes)
    small = look(engine, (f"See {MARK} here", [picture(1)]))
    assert small.text == whole.text
    assert small.timings.expert_misses > whole.timings.expert_misses


def test_what_a_picture_takes_is_off_the_experts_share(engine: Engine, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    projectors.write_llava(tmp_path / "mmproj.gguf", width=WIDTH)
    engine.load(path, 512)
    with_it = engine.host._loaded.budget if engine.host._loaded else None
    working = projector_of(engine).working_bytes
    engine.load(path, 512, projector=NO_PROJECTOR)
    without = engine.host._loaded.budget if engine.host._loaded else None
    assert with_it is not None
    assert without is not None
    # what else the process has taken meanwhile is less than that
    assert with_it.others - without.others > working // 2 > 2**20


# --- loading ----------------------------------------------------------------------------------------------------


def test_the_model_says_by_what_it_sees(llava: Engine, tmp_path: Path) -> None:
    info = llava.host.status.model
    assert info is not None
    assert (info.pictures, info.projector, info.no_pictures) == (True, str(tmp_path / "mmproj-f16.gguf"), "")


def test_without_a_projector_it_says_what_is_missing(nonsense: Engine) -> None:
    with pytest.raises(ThimbleError, match=r"cannot see pictures\. There is no projector") as failure:
        look(nonsense, (f"See {MARK}", [picture(1)]))
    assert failure.value.problem.code == Code.NO_PICTURES


def test_pictures_can_be_turned_off(engine: Engine, tmp_path: Path) -> None:
    projectors.write_llava(tmp_path / "mmproj.gguf")
    engine.load(tiny_model.write_random(tmp_path / "tiny.gguf"), projector=NO_PROJECTOR)
    info = engine.host.status.model
    assert info is not None
    assert (info.pictures, info.no_pictures) == (False, "Pictures are turned off in its settings.")


def _other_model(path: Path) -> None:
    projectors.write_llava(path, width=128)


def _unknown_kind(path: Path) -> None:
    projectors.write_llava(path, kind="thimble-eye")


def _placed_by_prompt(path: Path) -> None:
    projectors.write_llava(path, kind="hunyuanvl")


def _cut_off(path: Path) -> None:
    projectors.write_llava(path)
    path.write_bytes(path.read_bytes()[:-4096])


def _no_projector(path: Path) -> None:
    tiny_model.write_random(path)


def _no_file(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_other_model, "belongs to another model"),
        (_unknown_kind, "does not know projectors"),
        (_placed_by_prompt, "cannot place rightly"),
        (_cut_off, "incomplete|damaged|ends"),
        (_no_projector, "is no projector"),
        (_no_file, "not there|no file|gone|exist"),
    ],
)
def test_a_bad_projector_is_a_sentence_when_chosen_and_left_out_when_not(
    engine: Engine, tmp_path: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    model, bad = tiny_model.write_random(tmp_path / "tiny.gguf"), tmp_path / "mmproj-bad.gguf"
    spoil(bad)
    with pytest.raises(ThimbleError, match=sentence):
        engine.load(model, projector=str(bad))
    engine.load(model)
    info = engine.host.status.model
    assert info is not None
    assert not info.pictures
    assert info.no_pictures


def test_a_cancelled_load_stays_cancelled_with_a_projector(tmp_path: Path) -> None:
    projectors.write_llava(tmp_path / "mmproj.gguf")
    path = tiny_model.write_random(tmp_path / "tiny.gguf")
    host = Host()
    cancel = CancelFlag()
    cancel.set()
    with pytest.raises(ThimbleError) as failure:
        host.load(path, LoadOptions(threads=1), cancel).result(SECONDS)
    assert failure.value.problem.code == Code.CANCELLED
    host.close().result(SECONDS)


def test_a_limit_that_holds_the_model_only_leaves_the_projector_out(engine: Engine, tmp_path: Path) -> None:
    from thimble.modelfile import estimate_memory, read_header

    projectors.write_llava(tmp_path / "mmproj.gguf")
    path = tiny_model.write_random(tmp_path / "tiny.gguf")
    limit = estimate_memory(read_header(path), 4096).total + 2**20
    engine.load(path, memory_limit=limit)
    info = engine.host.status.model
    assert info is not None
    assert "more than the memory limit leaves" in info.no_pictures


def test_the_libraries_are_loaded_once() -> None:
    """libmtmd must find the libraries that are there, not copies of its own."""
    from thimble.engine.binding import mtmd

    assert mtmd() is not None
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "llama_cpp/lib" in line}
    names = [Path(path).name.partition(".")[0] for path in mapped]
    assert [names.count(name) for name in ("libmtmd", "libllama", "libggml-base", "libggml-cpu")] == [1, 1, 1, 1]
