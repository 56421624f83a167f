"""Where Thimble keeps things."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from thimble import paths

_FOLDERS = [
    paths.data_dir,
    paths.config_dir,
    paths.cache_dir,
    paths.log_dir,
    paths.runtime_dir,
    paths.default_models_dir,
]
_FILES = [paths.database_file, paths.settings_file, paths.engine_log_file, paths.app_log_file]


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda f: f.__name__)
def test_the_home_variable_moves_every_folder_and_it_is_made(folder: Callable[[], Path], thimble_home: Path) -> None:
    assert folder().is_dir()
    assert folder().parent == thimble_home


@pytest.mark.parametrize("file", _FILES, ids=lambda f: f.__name__)
def test_files_are_in_folders_that_exist(file: Callable[[], Path], thimble_home: Path) -> None:
    assert thimble_home in file().parents
    assert file().parent.is_dir()
    assert not file().exists()


def test_no_two_things_share_a_place() -> None:
    places = [place() for place in (*_FOLDERS, *_FILES)]
    assert len(set(places)) == len(places)


def test_a_tilde_in_the_home_variable_is_the_users_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("THIMBLE_HOME", "~/portable")
    assert paths.data_dir() == tmp_path / "portable" / "data"


@pytest.mark.parametrize("value", ["", "  "])
def test_without_the_variable_the_systems_folders_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("THIMBLE_HOME", value)
    monkeypatch.setattr(
        "thimble.paths.platformdirs.user_data_dir", lambda *_, **__: str(tmp_path / "share" / "thimble")
    )
    assert paths.data_dir() == tmp_path / "share" / "thimble"
    assert paths.default_models_dir() == tmp_path / "share" / "thimble" / "models"


@pytest.mark.parametrize("folder", _FOLDERS[:-1], ids=lambda f: f.__name__)
def test_only_the_user_may_look_into_a_folder_also_if_it_was_open_before(folder: Callable[[], Path]) -> None:
    assert folder().stat().st_mode & 0o077 == 0
    folder().chmod(0o755)
    assert folder().stat().st_mode & 0o777 == 0o700


def test_a_folder_of_models_may_be_shared() -> None:
    paths.default_models_dir().chmod(0o755)
    assert paths.default_models_dir().stat().st_mode & 0o777 == 0o755


def test_without_a_session_the_runtime_folder_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THIMBLE_HOME")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert paths.runtime_dir() == tmp_path / "thimble" / "run"


def test_a_sessions_runtime_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THIMBLE_HOME")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert paths.runtime_dir() == tmp_path / "thimble"


def test_the_bundled_files_are_found_in_a_checkout() -> None:
    assert paths.assets_dir() == Path(paths.__file__).parents[2] / "assets"


def test_the_bundled_files_inside_the_package_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "paths.py"))
    assert paths.assets_dir() == tmp_path / "assets"
