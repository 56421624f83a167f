"""A sentence for somebody who has no terminal and can have no window."""

from __future__ import annotations

from pathlib import Path

import pytest

from thimble import boxes, cli
from thimble.engine import variants
from thimble.errors import Code, Problem

OLD = Problem(Code.PROCESSOR_TOO_OLD, "Too old.", "Take another.")


def test_the_first_program_that_is_there_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown, box = tmp_path / "shown", tmp_path / "box"
    box.write_text(f'#!/bin/sh\nprintf "%s" "$2" > {shown}\n')
    box.chmod(0o755)
    monkeypatch.setattr(boxes, "_PROGRAMS", (("no-such-program",), (str(box), "--error"), ("never-asked",)))
    assert boxes.show("A sentence.")
    assert shown.read_text() == "A sentence."


def test_where_there_is_none_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "_PROGRAMS", (("no-such-program",),))
    assert not boxes.show("A sentence.")


@pytest.mark.parametrize(("arguments", "boxed"), [([], 1), (["model.gguf"], 1), (["models"], 0)])
def test_a_processor_that_is_too_old_is_told_so_where_people_look(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], boxed: int
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(variants, "refusal", lambda: OLD)
    monkeypatch.setattr(boxes, "show", shown.append)
    assert cli.main(arguments) == 1
    assert "Too old." in capsys.readouterr().err
    assert len(shown) == boxed
