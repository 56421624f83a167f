"""What other limits and policies would do, told by the shipped engine about what its last tokens used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.conftest import Engine
from tests.helpers.moe_models import EXPERTS, LAYERS, USED, Architecture, write_moe
from thimble.engine import host as host_module
from thimble.engine.experts import ExpertStore, Policy, replay
from thimble.engine.memory import memory_use
from thimble.engine.outlook import LEAST_TOKENS
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")

MIB = 2**20
QUESTION = "Tell me about thimbles, please, and do not stop before you have said it all."


@pytest.fixture
def engine(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """With a model whose cache holds half of its experts."""
    monkeypatch.setattr(host_module, "GOVERN_SECONDS", 3600.0)
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    engine.load(path, 512)
    engine.load(path, 512, expert_cache=engine.host.sample().expert_cache_bytes // 2)
    return engine


def test_too_few_tokens_foretell_nothing(engine: Engine) -> None:
    assert engine.host.outlook([]).tokens == 0  # recording begins
    engine.ask(QUESTION, max_tokens=8)
    found = engine.host.outlook([4096 * MIB])
    assert 0 < found.tokens < LEAST_TOKENS
    assert found.policies == ()
    assert found.positions[0].uses == 0


def test_the_replay_of_the_running_policy_is_the_replay_of_its_trace(engine: Engine) -> None:
    engine.host.outlook([])
    engine.ask(QUESTION, max_tokens=LEAST_TOKENS + 16)
    found = engine.host.outlook([])
    by_name = {name: (hits, uses) for name, hits, uses in found.policies}
    assert list(by_name) == ["lrfu", "lru", "belady"]
    assert by_name["belady"][0] >= max(by_name["lrfu"][0], by_name["lru"][0])
    (uses,) = {uses for _, uses in by_name.values()}
    assert uses == pytest.approx(found.tokens * LAYERS * USED / 2, abs=LAYERS * USED)


def test_more_memory_never_foretells_fewer_hits_of_the_best_limits(engine: Engine) -> None:
    engine.host.outlook([])
    engine.ask(QUESTION, max_tokens=LEAST_TOKENS + 16)
    bounds = engine.host.outlook([])
    least, most = bounds.least_limit, bounds.most_limit
    assert memory_use().now < most
    found = engine.host.outlook([least - 8 * MIB, least, most])
    assert [position.limit for position in found.positions] == [least, most]  # the first is too small
    assert found.positions[0].hits < found.positions[1].hits
    assert found.positions[1].experts_bytes >= EXPERTS * LAYERS * found.positions[0].experts_bytes // 100


def test_what_there_is_now_counts_with_the_expert_cache_that_was_chosen(engine: Engine) -> None:
    engine.host.outlook([])
    engine.ask(QUESTION, max_tokens=LEAST_TOKENS + 16)
    now = engine.host.outlook([]).now
    found = engine.host.outlook([now.limit])
    assert now.experts_bytes == engine.host.sample().expert_cache_bytes
    assert (now.hits, now.uses) == found.policies[0][1:]
    assert found.positions[0].hits == now.hits  # without a chosen limit: the one that would bring the same


def test_beside_a_chosen_expert_cache_a_chosen_limit_foretells_what_it_would_bring_alone(
    engine: Engine, tmp_path: Path
) -> None:
    most, cache = engine.host.outlook([]).most_limit, engine.host.sample().expert_cache_bytes
    engine.host.resize(limit=most, expert_cache=cache)
    engine.ask(QUESTION, max_tokens=LEAST_TOKENS + 16)
    found = engine.host.outlook([most])
    assert found.now.limit == most
    assert found.now.experts_bytes == cache
    assert found.now.hits < found.positions[0].hits


def test_a_tool_that_records_takes_the_recorder_and_gives_it_back(engine: Engine) -> None:
    engine.host.outlook([])
    engine.host.start_trace(1 << 20)
    engine.ask(QUESTION, max_tokens=8)
    records = engine.host.read_trace()
    assert any(len(record.routes) == 1 for record in records)
    assert replay(records, 4, Policy.LRU).uses > 0
    assert engine.host.outlook([]).tokens == 0


def test_without_experts_there_is_no_outlook(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, 256)
    with pytest.raises(ThimbleError) as caught:
        engine.host.outlook([])
    assert caught.value.problem.code == Code.BAD_REQUEST


def test_packed_experts_are_the_experts(engine: Engine) -> None:
    engine.ask(QUESTION, max_tokens=4)
    one_by_one, packed = engine.host.experts(), engine.host.packed_experts()
    assert packed.layers == tuple((layer, EXPERTS) for layer in range(LAYERS))
    assert np.frombuffer(packed.uses, "<u4").tolist() == [it.uses for it in one_by_one]
    assert np.frombuffer(packed.misses, "<u4").tolist() == [it.misses for it in one_by_one]
    assert [bool(it) for it in packed.resident] == [it.resident for it in one_by_one]


def test_every_use_is_a_hit_or_was_waited_for_or_not(engine: Engine) -> None:
    engine.ask(QUESTION, max_tokens=32)
    sample = engine.host.sample()
    ahead = sample.expert_prefetched - sample.expert_in_time
    assert 0 <= ahead <= sample.expert_hits
    assert sample.expert_misses - sample.expert_in_time - sample.expert_late >= 0
    assert sample.expert_reads > 0
    assert sample.expert_read_ns > 0


def test_memory_is_told_in_parts(engine: Engine) -> None:
    engine.ask(QUESTION, max_tokens=4)
    sample = engine.host.sample()
    assert 0 < sample.weights_bytes < sample.memory_bytes
    assert sample.compute_bytes > 0
    assert 0 < sample.mapped_bytes < sample.memory_bytes
    assert sample.threads > 0


def test_answers_are_kept_with_their_timings(engine: Engine) -> None:
    first = engine.ask(QUESTION, max_tokens=4)
    engine.ask(QUESTION, max_tokens=6)
    records = engine.host.answers()
    assert [record.number for record in records] == [1, 2]
    assert records[0].timings == first.timings
    assert [record.number for record in engine.host.answers(1)] == [2]
    assert engine.host.sample().first_token_ns == pytest.approx(records[1].timings.first_token_ms * 1e6)
