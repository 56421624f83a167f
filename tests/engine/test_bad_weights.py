"""Weights that are wrong: a sentence for the person, and nothing lost: not the model before, not the answer so far."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader

from tests.engine.conftest import GREEDY, SENTENCE, Engine
from tests.helpers import tiny_model
from tests.helpers.decoding import Decoder
from tests.helpers.moe_models import (
    ARCHITECTURES,
    EXPERTS,
    HIDDEN,
    LAYERS,
    WIDTH,
    Architecture,
    Model,
    give_experts,
    split,
    write_moe,
)
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Event, TextPiece
from thimble.engine.experts import ExpertStore
from thimble.engine.generate import AnswerTask
from thimble.engine.host import HostStatus
from thimble.engine.load import load_model
from thimble.engine.session import Session
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import LoadOptions, State

pytestmark = pytest.mark.engine

Change = Callable[[Model], None]
PROMPT = [int(token) for token in np.random.default_rng(5).integers(0, 256, 12)]


def refused(engine: Engine, path: Path) -> Problem:
    with pytest.raises(ThimbleError) as failure:
        engine.load(path, 256)
    return failure.value.problem


def put(name: str, value: float, at: tuple[int | slice, ...] = ()) -> Change:
    """A value into an F32 tensor."""

    def change(model: Model) -> None:
        model.tensors[name][0][at] = value

    return change


def scale(name: str, value: float, expert: int | slice = slice(None)) -> Change:
    """A value as the scale of every block of a matrix in Q4_0 or Q8_0, or of one expert's."""

    def change(model: Model) -> None:
        data, kind = model.tensors[name]
        block = {Type.Q4_0: 18, Type.Q8_0: 34}[kind]
        blocks = data[expert].reshape(-1, block)
        blocks[:, :2] = np.frombuffer(np.float16(value).tobytes(), np.uint8)
        data[expert] = blocks.reshape(data[expert].shape)

    return change


def without(name: str) -> Change:
    return lambda model: model.tensors.pop(name) and None


def shaped(name: str, *shape: int) -> Change:
    return lambda model: model.matrix(name, *shape)


# before anything is loaded


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: model.numbers.update(expert_used_count=EXPERTS + 1), "a token uses 9 experts of 8"),
        (lambda model: model.numbers.update(expert_gating_func=9), "chooses its experts"),
        (shaped("blk.1.ffn_down_exps.weight", EXPERTS, WIDTH // 2, HIDDEN), "ffn_down_exps.weight” is 256 × 128 × 8"),
        (shaped("blk.1.ffn_gate_inp.weight", EXPERTS - 1, WIDTH), "ffn_gate_inp.weight” has another size"),
        (shaped("blk.2.attn_q.weight", 128, WIDTH), "attn_q.weight” has another size"),
        (without("blk.1.ffn_up_exps.weight"), "it has no weights “blk.1.ffn_up_exps.weight”"),
        (without("blk.3.ffn_gate_inp.weight"), "it has no weights “blk.3.ffn_gate_inp.weight”"),
        (put("output_norm.weight", np.nan, (3,)), "“output_norm.weight” holds values that are no numbers"),
        (put("blk.2.ffn_gate_inp.weight", np.nan), "“blk.2.ffn_gate_inp.weight” holds values"),
        (put("blk.0.ffn_gate_inp.weight", np.nan, (slice(0, None, 3), 1)), "“blk.0.ffn_gate_inp.weight” holds values"),
        (put("blk.3.ffn_gate_inp.weight", -np.inf, (2, 5)), "“blk.3.ffn_gate_inp.weight” holds values"),
    ],
    ids=[
        "more used than there are",
        "gating function",
        "down matrix turned",
        "router too small",
        "queries too small",
        "no up matrix",
        "no router",
        "NaN in a norm",
        "NaN in a router",
        "NaN here and there",
        "infinity in a router",
    ],
)
def test_a_bad_file_is_refused_and_the_resident_model_stays(
    change: Change, words: str, chain: Engine, tmp_path: Path
) -> None:
    before = chain.host.status.model
    problem = refused(chain, write_moe(tmp_path / "bad.gguf", Architecture.SMALLTHINKER, change=change))
    assert problem.code in {Code.MODEL_DAMAGED, Code.MODEL_UNSUPPORTED}
    assert words in problem.sentence
    assert "bad.gguf" in problem.sentence
    assert problem.action
    assert chain.host.status == HostStatus(State.READY, before, problem=problem)
    assert chain.ask("Hi").text == SENTENCE


@pytest.mark.parametrize("kind", [Type.F16, Type.BF16], ids=["F16", "BF16"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_half_floats_are_looked_at_too(kind: Type, value: float, engine: Engine, tmp_path: Path) -> None:
    def change(model: Model) -> None:
        model.matrix("blk.1.attn_q.weight", WIDTH, WIDTH, kind=kind)
        bits = np.float32(value).view(np.uint32) >> 16 if kind == Type.BF16 else np.float16(value).view(np.uint16)
        raw = model.tensors["blk.1.attn_q.weight"][0]
        raw.view(np.uint16)[200, 7] = bits

    path = write_moe(tmp_path / "bad.gguf", Architecture.SMALLTHINKER, change=change)
    assert "“blk.1.attn_q.weight” holds values that are no numbers" in refused(engine, path).sentence


def test_every_part_of_a_split_model_is_looked_at(engine: Engine, tmp_path: Path) -> None:
    change = put("blk.3.ffn_gate_inp.weight", np.nan)
    first, *_ = split(write_moe(tmp_path / "bad.gguf", Architecture.SMALLTHINKER, change=change), 3)
    problem = refused(engine, first)
    assert "“blk.3.ffn_gate_inp.weight” holds values that are no numbers" in problem.sentence
    assert "-00003-of-00003" in problem.sentence


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_may_replace_another_model(
    architecture: Architecture, chain: Engine, tmp_path: Path
) -> None:
    """The weights are counted before the resident model goes; that must not refuse a sound one."""
    chain.load(write_moe(tmp_path / "moe.gguf", architecture), 256)
    assert chain.host.status.model is not None
    assert chain.host.status.model.expert_count == EXPERTS
    assert chain.go_on(PROMPT, max_tokens=2).timings.generated_tokens == 2


# while it answers


@pytest.mark.parametrize(
    "change",
    [
        scale("blk.1.attn_q.weight", np.nan),
        scale("blk.3.ffn_down_exps.weight", np.inf),
        scale("blk.0.ffn_down_exps.weight", np.nan),
        scale("token_embd.weight", np.nan),
    ],
    ids=["NaN in attention", "infinity in experts", "NaN in experts", "NaN in embeddings"],
)
def test_logits_that_are_no_numbers_are_a_sentence_instead_of_endless_tokens(
    change: Change, engine: Engine, tmp_path: Path
) -> None:
    engine.load(write_moe(tmp_path / "bad.gguf", Architecture.SMALLTHINKER, change=change), 256)
    for _ in range(2):  # the second finds nothing of the first in the cache
        with pytest.raises(ThimbleError) as failure:
            engine.ask("Hi", max_tokens=200)
        problem = failure.value.problem
        assert problem.code == Code.MODEL_DAMAGED
        assert problem.sentence.startswith("The model computes values that are no numbers")
        assert "delete it, then download it again" in problem.action
        sample = engine.host.sample()
        assert (sample.generated_tokens, sample.kv_tokens) == (0, 0)
        assert engine.host.status.state is State.READY
    engine.load(tiny_model.write_chain(tmp_path / "good.gguf", SENTENCE))
    assert engine.ask("Hi").text == SENTENCE


def test_what_was_written_before_the_numbers_failed_is_kept(engine: Engine, tmp_path: Path) -> None:
    """One token's embedding is NaN: the answer comes to it in its middle."""
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER, tied=False)
    with Decoder(path) as decoder:
        said = [int(logits.argmax()) for logits in decoder.run(PROMPT, 12)]
    last = next(at for at in range(4, 12) if said[at] not in {*PROMPT, *said[:at]})
    engine.load(path, 256)
    sound = engine.go_on(PROMPT, max_tokens=last + 1).text
    _poison(path, said[last])

    engine.host.unload().result(60)
    engine.load(path, 256)
    events: list[Event] = []
    with pytest.raises(ThimbleError) as failure:
        engine.host.answer(AnswerTask(PROMPT, GREEDY, 12), CancelFlag(), events.append).result(60)
    assert failure.value.problem.code == Code.MODEL_DAMAGED
    assert "what it had written so far is kept" in failure.value.problem.sentence
    assert "".join(event.text for event in events if isinstance(event, TextPiece)) == sound
    assert engine.host.sample().generated_tokens == 2 * (last + 1)
    # what does not come to that token is answered as before
    assert engine.go_on(PROMPT, max_tokens=last + 1).text == sound


def _poison(path: Path, token: int) -> None:
    """Makes the scales of a token's embedding NaN."""
    reader = GGUFReader(path, "r+")
    row = next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight").data[token]
    row.reshape(-1, 34)[:, :2] = np.frombuffer(np.float16(np.nan).tobytes(), np.uint8)
    reader.data.flush()


def test_a_token_may_be_barred_but_not_all_of_them(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    loaded = load_model(path, LoadOptions(context=256, threads=1), progress=lambda _: None, cancel=CancelFlag())
    try:
        session = Session(loaded)
        session.read(PROMPT)
        pointer = llama().llama_get_logits_ith(loaded.context, -1)
        logits = np.ctypeslib.as_array(pointer, (loaded.vocabulary.size,))
        session.check()
        logits[1:] = -np.inf
        session.check()
        assert session.length == len(PROMPT)
        for value in (-np.inf, np.inf, np.nan):
            logits[0] = value
            with pytest.raises(ThimbleError):
                session.check()
        assert session.length == 0
    finally:
        loaded.close()


# the kernels, to which such weights come all the same


_SCALES = {Type.Q4_0: (18, 0), Type.Q4_K: (144, 0), Type.Q6_K: (210, 208)}
"""Bytes of a block, and where its scale is."""


def some_of(name: str, value: float) -> Change:
    """A value here and there in a matrix of experts of two layers."""

    def change(model: Model) -> None:
        for layer in (1, 2):
            data, kind = model.tensors[f"blk.{layer}.ffn_{name}_exps.weight"]
            if kind == Type.F16:
                data.view(np.float16).reshape(-1)[::997] = value
            else:
                block, at = _SCALES[kind]
                blocks = data.reshape(-1, block)
                blocks[::97, at : at + 2] = np.frombuffer(np.float16(value).tobytes(), np.uint8)

    return change


@pytest.mark.skipif(not ExpertStore.available(), reason="this engine keeps no experts on disk")
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["gate", "up", "down"])
@pytest.mark.parametrize("kind", [Type.Q4_0, Type.Q4_K, Type.Q6_K, Type.F16])
def test_damaged_experts_give_the_same_on_disk_as_in_memory(
    kind: Type, name: str, value: float, tmp_path: Path
) -> None:
    path = write_moe(tmp_path / "a.gguf", Architecture.SMALLTHINKER, kinds=(kind,), change=some_of(name, value))
    with Decoder(path) as decoder:
        memory = decoder.run(PROMPT, 4)
    with Decoder(path, lambda stats: stats.total_bytes // 2) as decoder:
        np.testing.assert_array_equal(decoder.run(PROMPT, 4), memory)


@pytest.mark.skipif(not ExpertStore.available(), reason="this engine keeps no experts on disk")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("experts", [EXPERTS, 64])
def test_a_router_that_computes_no_numbers_neither_crashes_nor_hangs(experts: int, seed: int, tmp_path: Path) -> None:
    """Some scores are NaN, as after an overflow: whatever is chosen exists, and the logits show it."""
    random = np.random.default_rng(seed)

    def change(model: Model) -> None:
        give_experts(model, experts=experts)
        for layer in range(LAYERS):
            model.tensors[f"blk.{layer}.ffn_gate_inp.weight"][0][random.permutation(experts)[: 1 + experts // 3]] = (
                np.nan
            )

    path = write_moe(tmp_path / "a.gguf", Architecture.SMALLTHINKER, change=change)
    with Decoder(path) as decoder:
        memory = decoder.run(PROMPT, 4)
    with Decoder(path, lambda stats: stats.total_bytes // 2) as decoder:
        np.testing.assert_array_equal(decoder.run(PROMPT, 4), memory)
    assert np.isnan(memory).all()
