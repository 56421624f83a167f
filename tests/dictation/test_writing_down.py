"""The child process that writes down what was said."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.speech_files import write_speech_model
from thimble.dictation import __main__ as child
from thimble.errors import Code


def test_a_damaged_model_is_a_problem_in_its_answer(tmp_path: Path) -> None:
    model = tmp_path / "ggml-tiny.bin"
    model.write_bytes(b"GGUF" * 100)
    command = [sys.executable, "-P", "-m", "thimble.dictation", str(model)]
    done = subprocess.run(command, input=bytes(3200), capture_output=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["problem"]["code"] == Code.MODEL_UNSUPPORTED


class _Whisper:
    """Says what it was given."""

    def __init__(self, _path: str, **options: object) -> None:
        self.options = options

    def transcribe(self, samples: np.ndarray) -> list[types.SimpleNamespace]:
        said = [f" {self.options['language']}", f"{len(samples)} samples", "[BLANK_AUDIO]", " (music) ", ""]
        return [types.SimpleNamespace(text=text) for text in said]


@pytest.mark.parametrize(("languages", "language"), [(True, "auto"), (False, "en")])
def test_remarks_are_no_speech_and_short_sounds_are_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, languages: bool, language: str
) -> None:
    module = types.ModuleType("pywhispercpp.model")
    monkeypatch.setattr(module, "Model", _Whisper, raising=False)
    monkeypatch.setitem(sys.modules, "pywhispercpp.model", module)
    model = write_speech_model(tmp_path / "ggml-x.bin", languages=languages)
    assert child.written_down(model, bytes(3201)) == f"{language} 17600 samples"
