"""Models on a disk that is unplugged are said to be there, not gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble import disks
from thimble.errors import Code
from thimble.library import installed_models
from thimble.library.away import disk_of, forget, with_those_away
from thimble.library.registry import InstalledModel


class Disk:
    """A folder that is a disk of its own, which can be unplugged."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.plugged = folder, True
        self.model = write_model(folder / "m.gguf")
        self.file = folder.parent / "seen.json"

    def ismount(self, path: object) -> bool:
        """In place of `os.path.ismount`."""
        return str(path) == "/" or (self.plugged and str(path) == str(self.folder))

    def unplug(self) -> None:
        """The mount point stays, empty."""
        self.plugged = False
        self.model.rename(self.folder.parent / "kept")

    def plug(self) -> None:
        """Back again."""
        self.plugged = True
        (self.folder.parent / "kept").rename(self.model)

    def listed(self) -> list[InstalledModel]:
        """What the list says."""
        return with_those_away(installed_models(self.folder), self.file, self.folder.parent)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    (tmp_path / "usb").mkdir()
    made = Disk(tmp_path / "usb")
    monkeypatch.setattr("os.path.ismount", made.ismount)
    return made


def test_a_model_on_an_unplugged_disk_says_so_and_comes_back(disk: Disk) -> None:
    (before,) = disk.listed()
    disk.unplug()
    (away,) = disk.listed()
    assert away.problem is not None
    assert (away.path, away.name, away.problem.code) == (before.path, before.name, Code.DISK_MISSING)
    assert str(disk.folder) in away.problem.sentence
    disk.plug()
    assert disk.listed() == [before]


def test_a_model_deleted_while_its_disk_is_there_is_gone(disk: Disk) -> None:
    disk.listed()
    disk.model.unlink()
    assert disk.listed() == []
    disk.plugged = False
    assert disk.listed() == []


def test_models_of_the_own_disk_are_not_remembered(tmp_path: Path) -> None:
    model = write_model(tmp_path / "m.gguf")
    with_those_away(installed_models(tmp_path), tmp_path / "seen.json", tmp_path)
    assert not (tmp_path / "seen.json").exists()
    model.unlink()
    assert with_those_away(installed_models(tmp_path), tmp_path / "seen.json", tmp_path) == []


def test_a_model_can_be_forgotten(disk: Disk) -> None:
    disk.listed()
    disk.unplug()
    forget(disk.file, str(disk.model))
    assert disk.listed() == []


@pytest.mark.parametrize("text", ["", "[]", '{"seen": 7}', '{"seen": [{}, 1]}'])
def test_a_damaged_list_is_begun_anew(disk: Disk, text: str) -> None:
    disk.file.write_text(text)
    assert [model.problem for model in disk.listed()] == [None]
    assert "m.gguf" in disk.file.read_text()


def test_the_mount_point_of_a_folder_that_is_not_there_yet_is_its_nearest_ones(disk: Disk) -> None:
    assert disks.mount_of(disk.folder / "a" / "b") == str(disk.folder)
    assert disks.is_there(str(disk.folder))
    disk.plugged = False
    assert not disks.is_there(str(disk.folder))
    assert disks.is_there("")


def test_the_disk_of_a_folder_is_known_while_it_is_unplugged(disk: Disk) -> None:
    home, folder = disk.folder.parent, disk.folder / "models"
    assert disk_of(folder, disk.file, home) == str(disk.folder)
    disk.unplug()
    assert disk_of(folder, disk.file, home) == str(disk.folder)
    assert disk_of(home / "other", disk.file, home) == "/"
    disk.plug()
    assert disk_of(folder, disk.file, home) == str(disk.folder)


def test_models_and_folders_of_other_disks_are_remembered_beside_each_other(disk: Disk) -> None:
    disk_of(disk.folder, disk.file, disk.folder.parent)
    disk.listed()
    disk.unplug()
    assert [model.problem is not None for model in disk.listed()] == [True]
    forget(disk.file, str(disk.model))
    assert disk.listed() == []
    assert disk_of(disk.folder, disk.file, disk.folder.parent) == str(disk.folder)


@pytest.mark.parametrize("content", ["[]", '{"folders": [1], "seen": {}}', '{"seen": [1, {}]}', "\0"])
def test_a_damaged_list_is_an_empty_one(disk: Disk, content: str) -> None:
    disk.file.write_text(content)
    assert disk_of(disk.folder, disk.file, disk.folder.parent) == str(disk.folder)
    assert len(disk.listed()) == 1
