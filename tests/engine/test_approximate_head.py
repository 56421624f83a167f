"""The approximate head: rows that its file's predictor keeps are computed, others are minus infinity; it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.engine import smallthinker_reference as reference
from tests.helpers import authors_files
from tests.helpers.authors_files import SHAPE, Model, Stored
from tests.helpers.decoding import Decoder, Logits
from thimble.engine.experts import ExpertStats, ExpertStore
from thimble.engine.head import ApproximateHead, HeadStats

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine has no approximate head")

PROMPT = [(11 * index + index * index) % SHAPE.vocabulary for index in range(40)]
ROUNDING = 1e-3  # rows one by one are added up in another order than interleaved ones; logits are up to 5
FOLLOWING = [(5 * index + 3) % SHAPE.vocabulary for index in range(16)]


def third(stats: ExpertStats) -> int:
    return stats.total_bytes // 3


@contextmanager
def head(check_every: int = 0) -> Iterator[ApproximateHead]:
    made = ApproximateHead(check_every)
    try:
        yield made
    finally:
        made.close()


def run(path: Path, approximate: ApproximateHead | None, *, threads: int = 2) -> Logits:
    """Logits of the prompt's last token and of those that follow, the same ones for every head."""
    with Decoder(path, third, exact_cache=True, head=approximate, threads=threads) as decoder:
        assert decoder.head_used == (approximate is not None)
        return np.array([decoder.decode(PROMPT), *(decoder.decode([token]) for token in FOLLOWING)])


def approximate(path: Path, check_every: int = 0, *, threads: int = 2) -> tuple[Logits, HeadStats]:
    with head(check_every) as made:
        return run(path, made, threads=threads), made.stats()


def write(path: Path, profiler: Stored, **options: object) -> Model:
    return authors_files.write(path, profiler=profiler, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("output", [Type.Q4_0, Type.Q8_0, Type.F16, Type.F32, Type.Q6_K])
@pytest.mark.parametrize("tied", [True, False])
def test_kept_rows_are_those_of_the_whole_head_and_the_others_minus_infinity(
    output: Type, tied: bool, tmp_path: Path
) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), output=output, tied=tied)
    found, stats = approximate(model.path)
    whole = run(model.path, None)
    kept = np.isfinite(found)
    assert np.all(found[~kept] == -np.inf)
    assert 0.2 < kept.mean() < 0.8
    assert np.abs(found - whole)[kept].max() < ROUNDING
    assert (stats.tokens, stats.rows, stats.all_rows) == (len(found), kept.sum(), kept.size)
    assert (stats.checked, stats.changed, stats.none_kept) == (0, 0, 0)


def test_long_rows_have_a_kernel_of_their_own(tmp_path: Path) -> None:
    wide = replace(SHAPE, embedding=1056)
    profiler = authors_files.random_profiler(wide)
    model = write(tmp_path / "a.gguf", profiler, shape=wide, output=Type.Q4_0)
    found, _ = approximate(model.path)
    kept = np.isfinite(found)
    assert 0.2 < kept.mean() < 0.8
    assert np.abs(found - run(model.path, None))[kept].max() < ROUNDING
    assert np.array_equal(found, approximate(model.path, threads=3)[0])


@pytest.mark.parametrize("kind", [Type.Q4_0, Type.Q8_0, Type.F32])
def test_the_rows_are_those_whose_score_numpy_finds_above_zero(kind: Type, tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(kind=kind))
    found, _ = approximate(model.path)
    states = reference_states(model)
    for row, state in zip(found, states, strict=True):
        scores = authors_files.scores(model, state)
        certain = np.abs(scores) > 0.05 * np.abs(scores).max()  # the engine's activations have 8 bits
        assert np.array_equal(np.isfinite(row)[certain], (scores > 0)[certain])
        assert certain.mean() > 0.7


def reference_states(model: Model) -> list[Logits]:
    """The input of the head for each token that `run` looks at."""
    width = model.shape.embedding
    eyes = {**model.weights, "output.weight": np.eye(width, dtype=np.float32)}
    return list(reference.logits(PROMPT + FOLLOWING, model.shape, eyes)[len(PROMPT) - 1 :])


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_bit(threads: int, tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), output=Type.Q4_0)
    assert np.array_equal(approximate(model.path, threads=threads)[0], approximate(model.path)[0])


def test_without_any_kept_row_the_whole_head_is_computed(tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.constant_profiler(1.0), output=Type.Q4_0)
    found, stats = approximate(model.path, check_every=1)
    assert np.abs(found - run(model.path, None)).max() < ROUNDING
    assert stats.none_kept == stats.tokens == len(found)
    assert stats.share == 1.0
    assert stats.checked == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_keep_every_row(value: float, tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.constant_profiler(value), output=Type.Q4_0)
    found, stats = approximate(model.path)
    assert np.abs(found - run(model.path, None)).max() < ROUNDING
    assert (stats.none_kept, stats.share) == (0, 1.0)


def test_checked_tokens_tell_how_often_the_top_token_is_another(tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), output=Type.Q4_0)
    found, stats = approximate(model.path, check_every=1)
    changed = (found.argmax(axis=1) != run(model.path, None).argmax(axis=1)).sum()
    assert (stats.checked, stats.changed) == (len(found), changed)
    assert 0 < changed < len(found)
    assert np.array_equal(found, approximate(model.path)[0])  # a check does not change what is answered
    _, some = approximate(model.path, check_every=4)
    assert some.checked == len(found) // 4
    assert some.rows == stats.rows


def test_an_answer_may_have_the_whole_head(tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), output=Type.Q4_0)
    with head() as made:
        made.whole(True)
        found = run(model.path, made)
        assert made.stats() == HeadStats()
    assert np.abs(found - run(model.path, None)).max() < ROUNDING


@pytest.mark.parametrize("change", [-1, 1, 32])
def test_a_predictor_of_the_wrong_size_is_not_used(change: int, tmp_path: Path) -> None:
    good = authors_files.random_profiler(kind=Type.F32)
    wrong = np.resize(good.values, (1, good.values.size + change)).astype(np.float32)
    model = write(tmp_path / "a.gguf", authors_files.stored(wrong, Type.F32))
    with head() as made, Decoder(model.path, third, exact_cache=True, head=made) as decoder:
        assert not decoder.head_used
        assert np.isfinite(decoder.decode(PROMPT)).all()


def test_a_file_without_a_predictor_has_the_whole_head(tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "a.gguf")
    with head() as made, Decoder(model.path, third, exact_cache=True, head=made) as decoder:
        assert not decoder.head_used
        assert np.isfinite(decoder.decode(PROMPT)).all()


def test_no_word_in_a_file_turns_it_on(tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), extra={"thimble.approximate_head": True})
    assert np.isfinite(run(model.path, None)).all()


def test_it_works_for_a_model_wholly_in_memory(tmp_path: Path) -> None:
    model = write(tmp_path / "a.gguf", authors_files.random_profiler(), output=Type.Q4_0, tied=True)
    with head() as made, Decoder(model.path, None, exact_cache=True, head=made) as decoder:
        assert decoder.head_used
        assert np.array_equal(decoder.decode(PROMPT), approximate(model.path)[0][0])
