"""Experts on disk change no bit of the logits, whatever the memory they get, and failures end one decode only."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers.decoding import DecodeFailed, Decoder, Logits
from tests.helpers.moe_models import ARCHITECTURES, LAYERS, MIXED, USED, Architecture, split, write_moe
from thimble.engine.experts import ExpertStats, ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")

PROMPT = [int(token) for token in np.random.default_rng(5).integers(0, 256, 150)]
Budget = Callable[[ExpertStats], int]


def everything(stats: ExpertStats) -> int:
    return stats.total_bytes


def half(stats: ExpertStats) -> int:
    return stats.total_bytes // 2


def one_layer(stats: ExpertStats) -> int:
    return stats.n_experts * stats.expert_bytes


def one_token(stats: ExpertStats) -> int:
    return (USED + 2) * stats.expert_bytes


def least(stats: ExpertStats) -> int:
    """One slot of each size; there are no more sizes than layers."""
    return min(LAYERS, stats.n_layers) * stats.expert_bytes


def one_slot(stats: ExpertStats) -> int:
    return stats.expert_bytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("moe")


@pytest.fixture(scope="module")
def model(folder: Path) -> Callable[[Architecture], Path]:
    return cache(lambda architecture: write_moe(folder / f"{architecture}.gguf", architecture))


@pytest.fixture(scope="module")
def in_memory(model: Callable[[Architecture], Path]) -> Callable[..., Logits]:
    """Logits of the ordinary load: upstream's code with everything in memory."""

    @cache
    def logits(architecture: Architecture, greedy: int = 64, **options: int) -> Logits:
        with Decoder(model(architecture), **options) as decoder:  # type: ignore[arg-type]
            return decoder.run(PROMPT, greedy)

    return logits


def assert_same(first: Logits, second: Logits) -> None:
    assert first.tobytes() == second.tobytes(), f"largest difference {np.abs(first - second).max()}"


@pytest.mark.parametrize("repack", [True, False], ids=["repacked", "plain"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_computes_the_same_with_a_third_of_its_experts(
    architecture: Architecture,
    repack: bool,
    model: Callable[[Architecture], Path],
    in_memory: Callable[..., Logits],
) -> None:
    with Decoder(model(architecture), lambda stats: stats.total_bytes // 3, repack=repack) as decoder:
        paged = decoder.run(PROMPT, 64)
        assert decoder.store is not None
        stats = decoder.store.stats()
    assert_same(in_memory(architecture, repack=repack), paged)
    assert stats.misses > 0
    assert stats.hits > 0
    assert stats.resident_bytes <= stats.budget_bytes


@pytest.mark.parametrize("budget", [everything, half, one_layer, one_token, one_slot])
@pytest.mark.parametrize("ubatch", [1, 8, 64])
def test_neither_memory_nor_ubatch_changes_a_bit(
    budget: Budget,
    ubatch: int,
    model: Callable[[Architecture], Path],
    in_memory: Callable[..., Logits],
) -> None:
    with Decoder(model(Architecture.SMALLTHINKER), budget, ubatch=ubatch) as decoder:
        paged = decoder.run(PROMPT, 32)
    assert_same(in_memory(Architecture.SMALLTHINKER, greedy=32, ubatch=ubatch), paged)


@pytest.mark.parametrize("repack", [True, False], ids=["repacked", "plain"])
def test_256_greedy_tokens_are_the_same_at_one_thread(
    repack: bool, model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    architecture = Architecture.QWEN3MOE
    with Decoder(model(architecture), one_layer, repack=repack, threads=1) as decoder:
        paged = decoder.run(PROMPT, 256)
    assert_same(in_memory(architecture, greedy=256, repack=repack, threads=1), paged)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("budget", [everything, one_token, one_slot])
def test_evictions_and_delays_at_random_change_nothing(
    seed: int, budget: Budget, model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    with Decoder(model(Architecture.SMALLTHINKER), budget, fuzz_seed=seed) as decoder:
        paged = decoder.run(PROMPT, 24)
    assert_same(in_memory(Architecture.SMALLTHINKER, greedy=24), paged)


@pytest.mark.parametrize("repack", [True, False], ids=["repacked", "plain"])
@pytest.mark.parametrize("kinds", [MIXED, (Type.Q8_0, Type.BF16)], ids=["four", "two"])
@pytest.mark.parametrize("budget", [everything, half, least])
def test_layers_of_different_types_share_the_memory(
    folder: Path, budget: Budget, kinds: tuple[Type, ...], repack: bool
) -> None:
    path = write_moe(folder / "mixed.gguf", Architecture.QWEN3MOE, kinds=kinds)
    with Decoder(path, repack=repack) as decoder:
        memory = decoder.run(PROMPT, 48)
    with Decoder(path, budget, repack=repack) as decoder:
        paged = decoder.run(PROMPT, 48)
        assert decoder.store is not None
        assert decoder.store.stats().resident_bytes <= decoder.store.stats().budget_bytes
    assert_same(memory, paged)


def test_a_split_model_is_read_from_its_parts(
    folder: Path, model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    source = folder / "whole" / "olmoe.gguf"
    source.parent.mkdir()
    shutil.copy(model(Architecture.OLMOE), source)
    first, *_ = split(source, 3)
    with Decoder(first, one_layer) as decoder:
        paged = decoder.run(PROMPT, 32)
    assert_same(in_memory(Architecture.OLMOE, greedy=32), paged)


def test_reading_through_the_page_cache_gives_the_same(
    model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    with Decoder(model(Architecture.MIXTRAL), one_token, direct=False) as decoder:
        paged = decoder.run(PROMPT, 32)
        assert decoder.store is not None
        assert not decoder.store.stats().direct_io
    assert_same(in_memory(Architecture.MIXTRAL, greedy=32), paged)


@pytest.mark.parametrize("ubatch", [1, 8])
def test_a_prompt_longer_than_the_window_is_the_same_in_small_ubatches(
    ubatch: int, model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    architecture = Architecture.SMALLTHINKER_WINDOW
    with Decoder(model(architecture), one_token, ubatch=ubatch) as decoder:
        paged = decoder.run(PROMPT, 16)
    assert_same(in_memory(architecture, greedy=16, ubatch=ubatch), paged)


def test_two_contexts_take_turns_and_memory_changes_between_them(
    model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    expected = in_memory(Architecture.QWEN3MOE, greedy=8, ubatch=8)
    results: list[list[Logits]] = [[], []]
    with Decoder(model(Architecture.QWEN3MOE), half, contexts=2, ubatch=8) as decoder:
        assert decoder.store is not None
        budgets = [one_token, everything, one_slot, half]
        for step in range(len(expected)):
            for at in range(2):
                decoder.store.resize(budgets[(step + at) % 4](decoder.store.stats()))
                begin = step * 8
                tokens = PROMPT[begin : begin + 8] or [int(results[at][-1].argmax())]
                results[at].append(decoder.decode(tokens, at))
    assert_same(expected, np.array(results[0]))
    assert_same(expected, np.array(results[1]))


def test_two_contexts_of_one_model_in_two_threads(
    model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    results: dict[int, Logits] = {}
    with Decoder(model(Architecture.SMALLTHINKER), one_token, contexts=2, threads=1) as decoder:

        def work(at: int) -> None:
            results[at] = decoder.run(PROMPT, 32, at)

        threads = [threading.Thread(target=work, args=(at,)) for at in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expected = in_memory(Architecture.SMALLTHINKER, greedy=32, threads=1)
    assert_same(expected, results[0])
    assert_same(expected, results[1])


def test_two_models_in_one_process(model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]) -> None:
    first, second = Architecture.QWEN3MOE, Architecture.GPT_OSS
    with Decoder(model(first), one_token) as one, Decoder(model(second), one_layer) as two:
        assert_same(in_memory(first, greedy=16), one.run(PROMPT, 16))
        assert_same(in_memory(second, greedy=16), two.run(PROMPT, 16))


def test_memory_is_taken_and_given_while_another_thread_decodes(
    model: Callable[[Architecture], Path], in_memory: Callable[..., Logits]
) -> None:
    done = threading.Event()
    rounds = 0
    with Decoder(model(Architecture.SMALLTHINKER), everything) as decoder:
        store = decoder.store
        assert store is not None

        def resize() -> None:
            nonlocal rounds
            while not done.is_set():
                for budget in (one_slot, half, one_token, everything):
                    wanted = budget(store.stats())
                    store.resize(wanted)
                    assert store.stats().resident_bytes <= wanted
                rounds += 1

        thread = threading.Thread(target=resize)
        thread.start()
        paged = decoder.run(PROMPT, 96)
        done.set()
        thread.join()
    assert rounds > 0
    assert_same(in_memory(Architecture.SMALLTHINKER, greedy=96), paged)


def test_each_matrix_is_read_once_per_ubatch_however_little_memory_there_is(
    model: Callable[[Architecture], Path],
) -> None:
    with Decoder(model(Architecture.SMALLTHINKER), one_slot, fill=False) as decoder:
        decoder.run(PROMPT[:64], 0)
        assert decoder.store is not None
        infos, stats = decoder.store.experts(), decoder.store.stats()
    used = sum(info.uses for info in infos)
    assert stats.reads <= 3 * used
    assert used == stats.uses


def test_the_bytes_on_disk_are_what_is_computed_with(folder: Path, model: Callable[[Architecture], Path]) -> None:
    path = folder / "changed.gguf"
    shutil.copy(model(Architecture.SMALLTHINKER), path)
    with Decoder(path, half) as decoder:
        before = decoder.run(PROMPT, 4)
    data = bytearray(path.read_bytes())
    data[-200_000:] = data[-400_000:-200_000]  # the last layer's experts
    path.write_bytes(data)
    with Decoder(path, half) as decoder:
        after = decoder.run(PROMPT, 4)
    assert before.tobytes() != after.tobytes()


@pytest.mark.parametrize("harm", ["truncated", "changed"])
def test_a_file_harmed_in_use_fails_one_decode_with_a_sentence(
    harm: str, folder: Path, model: Callable[[Architecture], Path]
) -> None:
    path = folder / f"{harm}.gguf"
    shutil.copy(model(Architecture.SMALLTHINKER), path)
    whole, times = path.read_bytes(), path.stat()
    with Decoder(path, one_token, fill=False) as decoder:
        right = decoder.run(PROMPT[:8], 8)
        decoder.forget()
        if harm == "truncated":
            os.truncate(path, len(whole) // 2)
        else:
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))
        with pytest.raises(DecodeFailed):
            decoder.run(PROMPT[:8], 8)
        assert decoder.store is not None
        sentence = decoder.store.take_error()
        assert sentence is not None
        assert str(path) in sentence
        assert decoder.store.take_error() is None
        path.write_bytes(whole)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        decoder.forget()
        assert_same(right, decoder.run(PROMPT[:8], 8))


def test_the_route_trace_holds_every_token_of_every_layer(model: Callable[[Architecture], Path]) -> None:
    with Decoder(model(Architecture.QWEN3MOE), half) as decoder:
        store = decoder.store
        assert store is not None
        store.start_trace(100_000)
        decoder.run(PROMPT[:70], 3)
        records = store.read_trace()
        uses = {(info.layer, info.expert): info.uses for info in store.experts()}
        assert store.read_trace() == []
    assert [record.layer for record in records[:LAYERS]] == list(range(LAYERS))
    last_layer = [len(record.routes) for record in records if record.layer == LAYERS - 1]
    first_layer = [len(record.routes) for record in records if record.layer == 0]
    assert first_layer == [64, 6, 1, 1, 1]
    assert last_layer == [1, 1, 1, 1, 1]  # only the last token's logits are wanted
    assert all(len(set(route)) == USED for record in records for route in record.routes)
    counted = dict.fromkeys(uses, 0)
    for record in records:
        for expert in {expert for route in record.routes for expert in route}:
            counted[record.layer, expert] += 1
    assert counted == uses
