"""The engine's source is what was pinned, or it is not used."""

from __future__ import annotations

import pytest

from installer import sdist
from installer.errors import InstallerError
from installer.places import Places
from installer.sdist import Upstream
from installer.terminal import Terminal
from tests.installer.conftest import FakePython, archive_of


def _fetch(places: Places, fake: FakePython, terminal: Terminal) -> bytes:
    with terminal.phase("source") as phase:
        return sdist.fetch(places, Upstream.read(places.patches), fake.path, phase).read_bytes()


def test_it_is_downloaded_once(places: Places, fake_python: FakePython, terminal: Terminal, archive: bytes) -> None:
    assert [_fetch(places, fake_python, terminal) for _ in range(2)] == [archive, archive]
    assert len(fake_python.calls) == 1


def test_a_damaged_cached_file_is_fetched_again(
    places: Places, fake_python: FakePython, terminal: Terminal, archive: bytes
) -> None:
    places.sources.mkdir(parents=True)
    (places.sources / "tiny_engine-1.0.tar.gz").write_bytes(archive[:-10])
    assert _fetch(places, fake_python, terminal) == archive


def test_a_download_with_another_hash_is_refused_and_deleted(
    places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    fake_python.offers(archive_of({"llama_cpp/__init__.py": "evil\n"}))
    with pytest.raises(InstallerError, match="is not the file we know"):
        _fetch(places, fake_python, terminal)
    assert list(places.sources.iterdir()) == []


def test_without_a_network_there_is_a_sentence(places: Places, fake_python: FakePython, terminal: Terminal) -> None:
    fake_python.behaves("offline")
    with pytest.raises(InstallerError, match="is there a network"):
        _fetch(places, fake_python, terminal)


def test_upstreams_own_repository_is_left_out(places: Places, fake_python: FakePython, terminal: Terminal) -> None:
    _fetch(places, fake_python, terminal)
    upstream = Upstream.read(places.patches)
    tree = sdist.unpack(places.sources / upstream.file_name, upstream, places.cache / "tree")
    assert sorted(path.name for path in tree.iterdir()) == ["llama_cpp", "vendor"]


def test_a_damaged_archive_is_one_sentence(places: Places, archive: bytes) -> None:
    path = places.cache / "half.tar.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(archive[: len(archive) // 2])
    with pytest.raises(InstallerError, match="is damaged"):
        sdist.unpack(path, Upstream.read(places.patches), places.cache / "tree")
