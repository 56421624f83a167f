"""Where the key of `thimble serve` comes from."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from thimble.api_key import VARIABLE, api_key
from thimble.errors import Code, ThimbleError


def test_a_key_among_the_arguments_is_warned_of() -> None:
    key, warning = api_key("secret", None)
    assert key == "secret"
    assert VARIABLE in warning
    assert "secret" not in warning


def test_the_environment_may_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, " from-outside ")
    assert api_key(None, None) == ("from-outside", "")


def test_without_any_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert api_key(None, None) == ("", "")


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o644, True)])
def test_a_file_has_it_in_its_first_line(tmp_path: Path, mode: int, warned: bool) -> None:
    file = tmp_path / "key"
    file.write_text("of-a-file\nmore\n")
    file.chmod(mode)
    key, warning = api_key(None, str(file))
    assert (key, bool(warning)) == ("of-a-file", warned)


def test_a_dash_is_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("typed\n"))
    assert api_key(None, "-") == ("typed", "")


@pytest.mark.parametrize(("content", "code"), [(None, Code.BAD_REQUEST), ("", Code.KEY_NEEDED)])
def test_no_file_and_an_empty_one_are_said(tmp_path: Path, content: str | None, code: Code) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ThimbleError) as refused:
        api_key(None, str(file))
    assert refused.value.problem.code == code


def test_two_keys_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as refused:
        api_key("a", str(tmp_path / "key"))
    assert refused.value.problem.code == Code.BAD_REQUEST
