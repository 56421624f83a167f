"""The Thimble guide: copied whole into the models folder, and never taken for somebody who wanted a real model."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library import guide, installed_models
from thimble.loading import load_options
from thimble.modelfile.places import GUIDE_FILE, is_guide, preferred
from thimble.settings import Settings
from thimble.settings_table import MIB, RECOMMENDED


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Thimble that came with a guide."""
    monkeypatch.setattr(paths, "assets_dir", lambda: tmp_path / "assets")
    return write_model(
        tmp_path / "assets" / "tiny" / GUIDE_FILE, architecture="smallthinker", name="Thimble guide", experts=8
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_it_is_copied_into_the_models_folder_and_is_a_model_there(source: Path, folder: Path) -> None:
    path = guide.install(folder)
    assert path.read_bytes() == source.read_bytes()
    assert guide.installed(folder)
    (model,) = installed_models(folder)
    assert (model.id, model.name, model.problem) == ("thimble-guide", "Thimble guide", None)
    assert is_guide(model.path)


def test_the_one_that_is_there_is_left_alone(source: Path, folder: Path) -> None:
    before = guide.install(folder).stat().st_ino
    assert guide.install(folder).stat().st_ino == before


def test_that_of_an_older_thimble_is_replaced(source: Path, folder: Path) -> None:
    folder.mkdir()
    write_model(folder / GUIDE_FILE, name="Thimble guide", layers=1)
    assert not guide.installed(folder)
    guide.install(folder)
    assert guide.installed(folder)


def test_a_thimble_without_one_says_so(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "assets_dir", lambda: tmp_path)
    assert guide.bundled() is None
    assert not guide.installed(folder)
    with pytest.raises(ThimbleError) as raised:
        guide.install(folder)
    assert raised.value.problem.code == Code.MODEL_NOT_FOUND


def test_a_damaged_one_is_not_copied(source: Path, folder: Path) -> None:
    source.write_bytes(source.read_bytes()[:1000])
    with pytest.raises(ThimbleError):
        guide.install(folder)
    assert not guide.path(folder).exists()


def test_a_cancelled_copy_leaves_nothing(source: Path, folder: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        guide.install(folder, cancelled=lambda: True)
    assert raised.value.problem.code == Code.CANCELLED
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_said(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage(100, 100, 0))
    with pytest.raises(ThimbleError) as raised:
        guide.install(folder)
    assert raised.value.problem.code == Code.DISK_FULL
    assert list(folder.iterdir()) == []


@dataclass(frozen=True)
class Named:
    path: str


def test_it_is_taken_only_where_there_is_no_other() -> None:
    tiny, real = Named(f"/models/{GUIDE_FILE}"), Named("/models/real.gguf")
    assert preferred([tiny, real]) == [real]
    assert preferred([tiny]) == [tiny]
    assert preferred(list[Named]()) == []


def test_its_settings_leave_experts_on_disk_until_somebody_chooses_otherwise(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    path = settings.models_folder() / GUIDE_FILE
    assert Path(GUIDE_FILE).stem in RECOMMENDED
    assert load_options(settings, path).expert_cache == 7 * MIB
    assert load_options(settings, path.with_name("real.gguf")).expert_cache == 0
    settings.set("engine.expert_cache", 0, model=settings.model_key(path))
    assert load_options(settings, path).expert_cache == 0


def test_it_gets_no_system_prompt_by_itself(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    key = settings.model_key(settings.models_folder() / GUIDE_FILE)
    assert settings.text("answers.system_prompt", model=key) == ""
    assert settings.text("answers.system_prompt") != ""
