"""Copying a model into the models folder."""

from __future__ import annotations

import errno
import io
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFWriter

from tests.helpers.gguf_files import write_model
from thimble.errors import Code, ThimbleError
from thimble.library import add_file
from thimble.library.copying import copy_stream, storage_error


def _listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_model(tmp_path / "downloads" / "tiny.gguf")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def test_the_file_arrives_whole_and_the_source_stays(source: Path, folder: Path) -> None:
    target = add_file(source, folder)
    assert target == folder / "tiny.gguf"
    assert target.read_bytes() == source.read_bytes()
    assert _listing(folder) == ["tiny.gguf"]


def test_progress_ends_at_the_files_size(source: Path, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    add_file(source, folder, progress=lambda done, total: seen.append((done, total)))
    size = source.stat().st_size
    assert seen[-1] == (size, size)


def test_the_same_model_is_not_copied_twice(source: Path, folder: Path) -> None:
    first = add_file(source, folder)
    before = first.stat().st_mtime_ns
    assert add_file(source, folder) == first
    assert _listing(folder) == ["tiny.gguf"]
    assert first.stat().st_mtime_ns == before


def test_a_file_in_the_models_folder_stays_where_it_is(folder: Path) -> None:
    path = write_model(folder / "here.gguf")
    assert add_file(path, folder) == path
    assert _listing(folder) == ["here.gguf"]


def test_another_model_of_the_same_name_gets_a_number(source: Path, folder: Path) -> None:
    write_model(folder / "tiny.gguf", name="Other")
    write_model(folder / "tiny-2.gguf", name="Yet another")
    assert add_file(source, folder).name == "tiny-3.gguf"


def test_a_copy_under_a_number_is_found_again(source: Path, folder: Path) -> None:
    write_model(folder / "tiny.gguf", name="Other")
    assert add_file(source, folder) == add_file(source, folder)


def test_two_models_of_one_size_are_told_apart(source: Path, folder: Path) -> None:
    changed = bytearray(source.read_bytes())
    changed[-1] ^= 1
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(changed)
    assert add_file(source, folder).name == "tiny-2.gguf"


def test_a_gguf_file_under_another_ending_gets_the_right_one(source: Path, folder: Path) -> None:
    renamed = source.rename(source.with_name(".model.bin"))
    assert add_file(renamed, folder).name == "model.bin.gguf"


def _write_part(path: Path, part: int) -> Path:
    writer = GGUFWriter(path, "llama")
    writer.add_uint16("split.count", 2)
    writer.add_tensor(f"blk.{part}.weight", np.full(64, part, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_all_parts_of_a_split_model_arrive(tmp_path: Path, folder: Path) -> None:
    parts = [_write_part(tmp_path / f"big-{part:05d}-of-00002.gguf", part) for part in (1, 2)]
    assert add_file(parts[1], folder) == folder / parts[0].name
    assert [(folder / part.name).read_bytes() for part in parts] == [part.read_bytes() for part in parts]


def test_a_split_model_gets_its_number_before_the_parts(tmp_path: Path, folder: Path) -> None:
    parts = [_write_part(tmp_path / f"big-{part:05d}-of-00002.gguf", part) for part in (1, 2)]
    write_model(folder / parts[1].name)
    add_file(parts[0], folder)
    assert _listing(folder) == [
        "big-00002-of-00002.gguf",
        "big-2-00001-of-00002.gguf",
        "big-2-00002-of-00002.gguf",
    ]


def test_a_bad_file_is_refused_before_anything_is_written(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(ThimbleError) as raised:
        add_file(tmp_path / "page.gguf", folder)
    assert raised.value.problem.code == Code.MODEL_NOT_GGUF
    assert not folder.exists()


def test_a_cancelled_copy_leaves_nothing(source: Path, folder: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        add_file(source, folder, cancelled=lambda: True)
    assert raised.value.problem.code == Code.CANCELLED
    assert _listing(folder) == []


def test_too_little_space_is_seen_before_the_copy(source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("thimble.library.copying.shutil.disk_usage", lambda _: usage(1, 1, 1000))
    with pytest.raises(ThimbleError) as raised:
        add_file(source, folder)
    assert raised.value.problem.code == Code.DISK_FULL
    assert _listing(folder) == []


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, Code.DISK_FULL), (errno.EROFS, Code.FILE_NOT_WRITABLE)])
def test_a_copy_that_fails_half_way_leaves_nothing(
    source: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    def fail(_: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("thimble.library.copying.os.fsync", fail)
    with pytest.raises(ThimbleError) as raised:
        add_file(source, folder)
    assert raised.value.problem.code == code
    assert _listing(folder) == []


def test_a_really_full_disk_is_called_so() -> None:
    full = Path("/dev/full")  # the kernel's own full disk
    with pytest.raises(OSError, match="No space left") as raised:
        copy_stream(io.BytesIO(bytes(10**6)), full)
    assert storage_error(raised.value, full).problem.code == Code.DISK_FULL


def test_a_source_that_fails_while_read_is_not_blamed_on_the_models_folder(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(ThimbleError) as raised:
        copy_stream(Broken(), tmp_path / "target")
    assert raised.value.problem.code == Code.MODEL_UNREADABLE


def test_a_models_folder_that_cannot_be_made_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ThimbleError) as raised:
        add_file(source, tmp_path / "file" / "models")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
