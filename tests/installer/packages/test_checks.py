"""The steps of `package --check` that need no package."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest

from installer.errors import InstallerError
from installer.packages import abilities, interpreter, lint, speech_model
from thimble.dictation.models import check_model

CLEAN = "N: thimble has overrides\nO: thimble: hardening-no-pie [usr/lib/thimble/thimble]\nI: thimble: odd-thing\n"


def test_the_pdf_file_has_its_line() -> None:
    (page,) = pypdf.PdfReader(io.BytesIO(abilities.page("One line"))).pages
    assert page.extract_text() == "One line"


def test_whisper_computes_with_the_small_model(tmp_path: Path) -> None:
    model = tmp_path / "ggml-small.bin"
    speech_model.write(model)
    assert not check_model(model)
    command = [sys.executable, "-P", "-m", "thimble.dictation", str(model)]
    done = subprocess.run(command, input=abilities.tone(), capture_output=True, check=True)
    assert abilities._SAID.search(json.loads(done.stdout.splitlines()[-1])["text"])


def lintian_says(monkeypatch: pytest.MonkeyPatch, output: str) -> str:
    monkeypatch.setattr(lint, "run_logged", lambda *_: (2, output))
    return lint.debian(Path("x.deb"))


def test_lintians_remarks_pass_and_overrides_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lintian_says(monkeypatch, CLEAN) == "1 overridden"


@pytest.mark.parametrize("line", ["E: thimble: x", "W: thimble: y", "I: thimble: unused-override z"])
def test_what_lintian_finds_fails(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(InstallerError, match="thimble: "):
        lintian_says(monkeypatch, f"{CLEAN}{line}\n")


def test_the_systems_python_is_packed_only_where_it_fits(tmp_path: Path) -> None:
    fits = tmp_path / "python3"
    fits.write_text("#!/bin/sh\necho True\n")
    fits.chmod(0o755)
    assert interpreter.choose(fits) == fits
    fits.write_text("#!/bin/sh\necho False\n")
    assert interpreter.choose(fits) == Path(sys.executable)
    assert interpreter.choose(tmp_path / "missing") == Path(sys.executable)


def test_a_python_says_what_it_is() -> None:
    told = interpreter.told(Path(sys.executable))
    assert told.version == ".".join(map(str, sys.version_info[:3]))
    assert told.stdlib == Path(json.__file__).parent.parent
