"""A deleted model comes back when that is wanted, and goes for good when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from tests.helpers.hub_server import COMMIT, Content
from thimble.errors import Code, ThimbleError
from thimble.library import installed_models
from thimble.library.add_file import link_file
from thimble.library.choices import HubFile
from thimble.library.hub_cache import HubCache
from thimble.library.removal import finish, remove_model, sweep_trash, take_back

REPOSITORY = "anna/small-GGUF"


def _in_cache(tmp_path: Path, *commits: str) -> Path:
    data = write_model(tmp_path / "made.gguf").read_bytes()
    content = Content(data)
    file = HubFile("m.gguf", content.size, content.sha256)
    cache = HubCache(tmp_path / "hub", REPOSITORY)
    cache.blob(file).parent.mkdir(parents=True)
    cache.blob(file).write_bytes(data)
    return [cache.place(commit, [file]) for commit in commits][-1]


def _ids(tmp_path: Path) -> list[str]:
    return [model.id for model in installed_models(tmp_path / "models", tmp_path / "hub")]


def test_a_file_goes_comes_back_and_goes_for_good(tmp_path: Path) -> None:
    path = write_model(tmp_path / "models" / "m.gguf")
    data = path.read_bytes()
    removed = remove_model(path)
    assert removed.freed == len(data)
    assert _ids(tmp_path) == []
    take_back(removed)
    assert path.read_bytes() == data
    finish(remove_model(path))
    assert list((tmp_path / "models").iterdir()) == []


def test_a_file_that_has_come_to_its_place_is_not_replaced(tmp_path: Path) -> None:
    path = write_model(tmp_path / "models" / "m.gguf")
    removed = remove_model(path)
    path.write_bytes(b"another")
    with pytest.raises(ThimbleError) as caught:
        take_back(removed)
    assert caught.value.problem.code == Code.FILE_NOT_WRITABLE
    assert path.read_bytes() == b"another"
    assert removed.moved[0][1].exists()


def test_a_folder_of_the_users_own_called_blobs_stays(tmp_path: Path) -> None:
    path = write_model(tmp_path / "models" / "mine" / "blobs" / "m.gguf")
    notes = tmp_path / "models" / "mine" / "refs" / "notes.txt"
    notes.parent.mkdir()
    notes.write_text("mine", "utf-8")
    finish(remove_model(path))
    assert path.parent.is_dir()
    assert notes.exists()


def test_of_a_link_only_the_link_goes(tmp_path: Path) -> None:
    path = write_model(tmp_path / "elsewhere" / "m.gguf")
    link = link_file(path, tmp_path / "models")
    removed = remove_model(link)
    assert removed.freed == 0
    take_back(removed)
    assert link.samefile(path)
    finish(remove_model(link))
    assert path.exists()
    assert _ids(tmp_path) == []


def test_all_parts_of_a_split_model_go_and_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    for part in (1, 2):
        write_model(folder / f"m-{part:05d}-of-00002.gguf")
    removed = remove_model(folder / "m-00001-of-00002.gguf")
    assert not list(folder.glob("*.gguf"))
    take_back(removed)
    assert len(list(folder.glob("*.gguf"))) == 2


def test_in_the_shared_cache_name_and_bytes_go_and_come_back(tmp_path: Path) -> None:
    path = _in_cache(tmp_path, COMMIT)
    removed = remove_model(path)
    assert removed.freed > 0
    assert _ids(tmp_path) == []
    take_back(removed)
    assert _ids(tmp_path) == ["m"]
    finish(remove_model(path))
    assert list((tmp_path / "hub").glob("models--*")) == []


def test_the_last_model_of_a_snapshot_takes_its_projector_along(tmp_path: Path) -> None:
    first = _in_cache(tmp_path, COMMIT)
    cache = HubCache(tmp_path / "hub", REPOSITORY)
    second, projector = first.with_name("n.gguf"), first.with_name("mmproj-F16.gguf")
    for path in (second, projector):
        content = Content(path.name.encode())
        file = HubFile(path.name, content.size, content.sha256)
        cache.blob(file).write_bytes(path.name.encode())
        cache.place(COMMIT, [file])
    finish(remove_model(second))
    assert projector.is_file()
    removed = remove_model(first)
    assert not projector.exists()
    take_back(removed)
    assert projector.is_file()
    finish(remove_model(first))
    assert list((tmp_path / "hub").glob("models--*")) == []


def test_bytes_that_another_snapshot_needs_stay(tmp_path: Path) -> None:
    path = _in_cache(tmp_path, "a" * 40, "b" * 40)
    removed = remove_model(path)
    assert removed.freed == 0
    finish(removed)
    assert _ids(tmp_path) == ["m"]


@pytest.mark.parametrize("place", ["m.gguf", "author/m.gguf", "author/model/m.gguf"])
def test_what_a_killed_window_put_aside_goes_later(tmp_path: Path, place: str) -> None:
    path = write_model(tmp_path / "models" / place)
    remove_model(path)
    sweep_trash(tmp_path / "models")
    assert len(list(path.parent.iterdir())) == 1
    sweep_trash(tmp_path / "models", older_than_s=-1)
    assert list(path.parent.iterdir()) == []


def test_wrong_bytes_go_with_every_name_and_come_back_with_all(tmp_path: Path) -> None:
    path = _in_cache(tmp_path, "1" * 40, COMMIT)
    other = path.parents[1] / ("1" * 40) / path.name
    removed = remove_model(path, damaged=True)
    assert removed.freed > 0
    assert not other.is_symlink()
    assert _ids(tmp_path) == []
    take_back(removed)
    assert path.resolve() == other.resolve()
    assert path.exists()
    finish(remove_model(path, damaged=True))
    assert not any((tmp_path / "hub").iterdir())
