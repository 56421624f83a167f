"""What was hot in one run is in memory at the beginning of the next."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.conftest import Engine
from tests.helpers.moe_models import Architecture, write_moe
from thimble.engine import hotlist
from thimble.engine.experts import ExpertStore, HotExpert

LIST = [HotExpert(3, 7, 2.5), HotExpert(0, 1, -4.25)]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"x" * 100)
    return path


def test_a_list_comes_back_as_it_was_kept(model: Path) -> None:
    assert hotlist.load([model]) == []
    hotlist.save([model], LIST)
    assert hotlist.load([model]) == LIST


def test_a_file_that_has_changed_is_another_model(model: Path) -> None:
    hotlist.save([model], LIST)
    os.utime(model, ns=(1, 1))
    assert hotlist.load([model]) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 99, "experts": []}', '{"version": 1}', '{"version": 1, "experts": [[1, 2]]}'],
)
def test_a_damaged_list_is_no_list(model: Path, text: str) -> None:
    hotlist.save([model], LIST)
    hotlist.list_path([model]).write_text(text)
    assert hotlist.load([model]) == []


def test_impossible_experts_are_left_out(model: Path) -> None:
    hotlist.save([model], LIST)
    hotlist.list_path([model]).write_text('{"version": 1, "experts": [[-1, 2, 0.5], [1, 2, NaN], [1, 2, 0.5]]}')
    assert hotlist.load([model]) == [HotExpert(1, 2, 0.5)]


@pytest.mark.parametrize(
    "experts",
    ["[[1e999, 0, 0.5]]}", f"[[1, 2, {'9' * 400}]]}}", "[" * 100_000, "[" + "[0, 1, 2]," * 500_000 + "[0, 1, 2]]}"],
    ids=["infinite", "a long number", "deep", "too long"],
)
def test_a_list_that_is_out_of_all_bounds_is_no_list(model: Path, experts: str) -> None:
    hotlist.save([model], LIST)
    hotlist.list_path([model]).write_text('{"version": 1, "experts": ' + experts)
    assert hotlist.load([model]) == []


def test_old_lists_go(tmp_path: Path) -> None:
    for number in range(hotlist.KEPT + 3):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(b"x")
        hotlist.save([path], LIST)
        os.utime(hotlist.list_path([path]), (number + 1, number + 1))
    assert hotlist.load([tmp_path / "0.gguf"]) == []
    assert hotlist.load([tmp_path / f"{hotlist.KEPT + 2}.gguf"]) == LIST


def test_a_folder_that_cannot_be_written_is_no_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    hotlist.save([model], LIST)
    assert hotlist.load([model]) == []


@pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")
def test_the_next_run_begins_with_what_this_one_used(engine: Engine, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    engine.load(path, 512)
    engine.ask("What is a thimble?")
    used = {(info.layer, info.expert): info.uses for info in engine.host.experts() if info.uses}
    engine.host.unload().result(30)
    kept = hotlist.load([path])
    assert {(it.layer, it.expert) for it in kept} == set(used)
    assert [it.value for it in kept] == sorted((it.value for it in kept), reverse=True)
