"""Headers that are well-formed and absurd: everything that is computed from them ends in figures or in a sentence."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.gguf_files import ARRAY, STRING, entry, gguf, tensor, text
from thimble.errors import ThimbleError
from thimble.modelfile import check_model_file, failures
from thimble.modelfile.forecast import Place, facts_of, forecast

U8, I32, F32, BOOL, U64, I64, F64 = 0, 5, 6, 7, 10, 11, 12
_NUMBERS = st.one_of(
    st.tuples(st.just(U64), st.integers(0, 2**64 - 1).map(lambda n: struct.pack("<Q", n))),
    st.tuples(st.just(I64), st.integers(-(2**63), 2**63 - 1).map(lambda n: struct.pack("<q", n))),
    st.tuples(st.just(I32), st.integers(-(2**31), 2**31 - 1).map(lambda n: struct.pack("<i", n))),
    st.tuples(st.just(U8), st.integers(0, 255).map(lambda n: bytes([n]))),
    st.tuples(st.just(F32), st.floats(width=32).map(lambda x: struct.pack("<f", x))),
    st.tuples(st.just(F64), st.floats().map(lambda x: struct.pack("<d", x))),
    st.tuples(st.just(BOOL), st.booleans().map(lambda b: bytes([b]))),
    st.tuples(st.just(STRING), st.binary(max_size=12).map(text)),
    st.tuples(
        st.just(ARRAY),
        st.lists(st.integers(0, 2**64 - 1), max_size=6).map(lambda n: struct.pack(f"<IQ{len(n)}Q", U64, len(n), *n)),
    ),
)
_KEYS = st.sampled_from(
    [
        *(f"llama.{name}" for name in (
            "block_count", "context_length", "embedding_length", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "attention.key_length", "attention.value_length", "attention.sliding_window",
            "attention.sliding_window_pattern", "attention.kv_lora_rank", "attention.key_length_mla",
            "rope.dimension_count", "expert_count", "expert_used_count", "expert_feed_forward_length", "vocab_size",
        )),
        "general.type", "general.name", "general.basename", "general.size_label", "general.file_type",
        "general.license", "general.alignment", "split.count", "tokenizer.chat_template", "tokenizer.ggml.tokens",
    ]
)  # fmt: skip
_TENSORS = st.lists(
    st.tuples(
        st.sampled_from(["token_embd.weight", "output.weight", "blk.0.ffn_up_exps.weight", "_exps.", "a_exps.x", "x"]),
        st.lists(st.sampled_from([0, 1, 32, 64, 2**20]), max_size=4),
        st.sampled_from([0, 1, 2, 8, 24]),
    ),
    max_size=4,
    unique_by=lambda found: found[0],
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.dictionaries(_KEYS, _NUMBERS, max_size=14), _TENSORS, st.integers(0, 2**40), st.booleans())
def test_whatever_a_header_says_there_are_figures_or_a_sentence(
    entries: dict[str, tuple[int, bytes]], tensors: list[tuple[str, list[int], int]], room: int, pages: bool
) -> None:
    written = [entry("general.architecture", STRING, text("llama"))]
    written += [entry(key, kind, value) for key, (kind, value) in entries.items()]
    table = [tensor(name, shape, kind, 0) for name, shape, kind in tensors]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.gguf"
        path.write_bytes(gguf(written, table, data=4096))
        try:
            header = check_model_file(path)
        except ThimbleError:
            return
    for context in (0, 4096, 2**30):
        found = forecast(facts_of(header, context), Place(room, True, 15e9, 1.5e9, pages))
        assert found.tokens_per_second >= 0
        assert 0 <= found.hits <= 1
        assert found.total >= 0


@pytest.mark.parametrize(
    "error",
    [
        failures.no_numbers(Path("m.gguf"), "w"),
        failures.damaged(Path("m.gguf"), ""),
        failures.experts(Path("m.gguf"), "x"),
    ],
)
def test_of_a_damaged_file_that_is_long_enough_the_advice_is_to_delete_it_first(error: ThimbleError) -> None:
    # A download of a file that is there in its full size is over at once.
    assert error.problem.action.startswith("Delete it, then download it again")
