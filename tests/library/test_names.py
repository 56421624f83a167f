"""Nothing that a hub calls a file or a repository leaves the folder it is put into."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble.errors import Code, ThimbleError
from thimble.library.names import check_repository, is_commit, is_file_path, is_hash, is_repository


@pytest.mark.parametrize("name", ["anna/small-GGUF", "Qwen/Qwen3-30B-A3B-GGUF", "a/b", "PowerInfer/SmallThinker_4B.v1"])
def test_usual_repositories_are_taken(name: str) -> None:
    assert is_repository(name)
    assert check_repository(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "one", "a/b/c", "../x", "a/..", "a/.hidden", "a/b.", "a/b--c", "a b/c", "a/b\n", "/a", "a/", "-a/b", "ä/b"],
)
def test_other_repositories_are_refused(name: str) -> None:
    assert not is_repository(name)
    with pytest.raises(ThimbleError) as raised:
        check_repository(name)
    assert raised.value.problem.code == Code.BAD_REQUEST


@pytest.mark.parametrize("path", ["m.gguf", "Q4_K_M/m-00001-of-00002.gguf", "größe.gguf", "a b.gguf"])
def test_usual_files_are_taken(path: str) -> None:
    assert is_file_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "../m.gguf",
        "a/../../m.gguf",
        "/etc/m.gguf",
        "a//m.gguf",
        "./m.gguf",
        "C:/m.gguf",
        "a\\..\\m.gguf",
        "m.gguf\x00.txt",
        "m\n.gguf",
        ".ssh/m.gguf",
        "nul.gguf",
        "a/COM1",
        "m.gguf.",
        "m\u202effug.gguf",
        "x" * 256,
        "a/" * 20 + "m.gguf",
        "",
    ],
)
def test_other_files_are_refused(path: str) -> None:
    assert not is_file_path(path)


@given(st.text(max_size=60) | st.text(alphabet="./\\:ab~ \x00", max_size=30))
def test_whatever_is_taken_stays_in_the_folder(text: str) -> None:
    if not is_file_path(text):
        return
    folder = Path("/folder")
    inside = Path(*(folder / text).parts)
    assert ".." not in inside.parts
    assert inside.is_relative_to(folder)
    assert inside != folder
    windows = PureWindowsPath("C:/folder") / text
    assert windows.is_relative_to("C:/folder")
    assert not PureWindowsPath(text).drive


def test_hashes_are_hex_of_their_length() -> None:
    assert is_commit("0" * 40)
    assert not is_commit("main")
    assert not is_commit("../" + "0" * 37)
    assert is_hash("a" * 64)
    assert not is_hash("a" * 63)
