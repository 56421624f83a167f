"""How much memory the experts may have while others need it, too."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble.engine.pressure import CALM_SECONDS, GROW_SECONDS, Governor, Pressure, read_pressure, stalled_share

MIB = 2**20
GIB = 2**30
FULL, LEAST, OTHERS = 4 * GIB, 100 * MIB, 500 * MIB
LOW = int(0.03 * 16 * GIB)


def pressure(available: int, own: int = FULL + OTHERS, stalled: float = 0.0) -> Pressure:
    return Pressure(16 * GIB, available, None, 0, stalled, own)


def in_group(limit: int, room: int, own: int) -> Pressure:
    return Pressure(64 * GIB, 32 * GIB, limit, room, 0.0, own)


def governor() -> Governor:
    return Governor(FULL, LEAST, OTHERS)


def test_with_enough_memory_nothing_changes() -> None:
    it = governor()
    for second in range(100):
        assert it.decide(pressure(4 * GIB), second) == FULL


def test_a_cache_that_is_still_empty_is_not_short_of_memory() -> None:
    assert governor().decide(pressure(FULL + 2 * LOW, own=OTHERS), 0) == FULL


def test_when_memory_is_short_so_much_is_given_back_that_it_is_not() -> None:
    it = governor()
    allowed = it.decide(pressure(100 * MIB), 0)
    assert allowed == FULL - (2 * LOW - 100 * MIB)
    # and that is that: what was given back is available now
    assert it.decide(pressure(2 * LOW, own=allowed + OTHERS), 1) == allowed


def test_memory_that_the_process_takes_for_something_else_is_not_the_experts() -> None:
    it = governor()
    grown = 300 * MIB
    allowed = it.decide(pressure(LOW - grown, own=FULL + OTHERS + grown), 0, held=FULL)
    assert allowed == FULL + LOW - grown - 2 * LOW
    assert it.decide(pressure(2 * LOW, own=allowed + OTHERS + grown), 1, held=allowed) == allowed


def test_what_the_process_will_still_need_is_left() -> None:
    assert governor().decide(pressure(FULL + LOW, own=0), 0, held=0) == FULL - OTHERS - LOW


def test_never_below_what_works() -> None:
    it = governor()
    assert it.decide(pressure(0, own=LEAST + OTHERS), 0) == LEAST
    assert it.decide(pressure(0, own=0), 1) == LEAST


def test_it_grows_again_slowly_when_it_has_been_calm() -> None:
    it = governor()
    allowed = it.decide(pressure(0, own=OTHERS + FULL), 0)
    sizes = [it.decide(pressure(8 * GIB, own=allowed + OTHERS), 1 + second) for second in range(60)]
    assert sizes[: int(CALM_SECONDS)] == [allowed] * int(CALM_SECONDS)
    assert sizes[-1] == FULL
    steps = [b - a for a, b in pairwise(sizes) if b != a]
    assert all(0 < step <= FULL // 8 for step in steps)
    changed = [at for at, (a, b) in enumerate(pairwise(sizes)) if b != a]
    assert all(b - a >= GROW_SECONDS for a, b in pairwise(changed))


def test_a_neighbour_that_stays_is_left_in_peace() -> None:
    """The same memory is divided between the two, and no byte goes to and fro."""
    it = governor()
    neighbour = 16 * GIB - OTHERS - FULL - 100 * MIB  # leaves us 100 MiB too little to be at ease
    sizes = []
    for second in range(300):
        available = 16 * GIB - neighbour - OTHERS - it.now
        sizes.append(it.decide(pressure(available, own=OTHERS + it.now), second))
    assert len(set(sizes)) == 1
    assert sizes[0] < FULL


def test_a_group_of_ones_own_may_be_full() -> None:
    it = governor()
    limit = FULL + OTHERS
    for second in range(30):
        assert it.decide(in_group(limit, 0, limit - 8 * MIB), second) == FULL


def test_a_neighbour_in_the_group_gets_room_to_grow() -> None:
    it = governor()
    limit = FULL + OTHERS + GIB
    assert it.decide(in_group(limit, GIB, FULL + OTHERS), 0) == FULL
    low = int(0.03 * limit)
    allowed = it.decide(in_group(limit, 50 * MIB, FULL + OTHERS), 1)
    assert allowed == FULL + 50 * MIB - 2 * low
    assert it.decide(in_group(limit, 2 * low, allowed + OTHERS), 2) == allowed


def test_programs_that_wait_for_memory_double_what_is_left() -> None:
    it = governor()
    assert it.decide(pressure(2 * LOW - 128 * MIB), 0) == FULL
    assert it.decide(pressure(2 * LOW - 128 * MIB, stalled=30.0), 1) < FULL


@given(
    st.lists(
        st.tuples(
            st.integers(0, 16 * GIB),
            st.integers(0, 16 * GIB),
            st.none() | st.integers(0, GIB),
            st.integers(0, GIB),
            st.floats(0, 100),
        ),
        max_size=50,
    )
)
def test_it_always_stays_between_least_and_full(readings: list[tuple[int, int, int | None, int, float]]) -> None:
    it = governor()
    for second, (available, own, limit, room, stalled) in enumerate(readings):
        now = Pressure(16 * GIB, available, limit, room, stalled, own)
        assert LEAST <= it.decide(now, second) <= FULL


def test_the_systems_figures_are_read() -> None:
    found = read_pressure()
    assert 0 < found.available <= found.total
    assert found.own > MIB
    assert 0 <= found.stalled <= 100


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("some avg10=12.50 avg60=1.00 avg300=0.10 total=5\nfull avg10=3.00 avg60=0 avg300=0 total=1\n", 12.5),
        ("full avg10=3.00 avg60=0 avg300=0 total=1\n", 0.0),
        ("nonsense", 0.0),
        ("some avg10=x", 0.0),
        ("", 0.0),
    ],
)
def test_stall_information_is_read(tmp_path: Path, text: str, share: float) -> None:
    file = tmp_path / "memory"
    file.write_text(text)
    assert stalled_share(file) == share
    assert stalled_share(tmp_path / "not there") == 0.0
