"""`python -m thimble.dictation MODEL`: reads sound from standard input and writes down what was said, as JSON.

A process of its own: whisper.cpp brings another copy of ggml than the engine's, and what it cannot stand ends it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from thimble.dictation.models import check_model
from thimble.dictation.recorders import RATE
from thimble.errors import Code, Problem, ThimbleError


def main(arguments: list[str]) -> int:
    """Takes `RATE` samples a second, see `recorders`; prints {"text"} or {"problem"} as its last line."""
    told: dict[str, object]
    try:
        told = {"text": written_down(Path(arguments[0]), sys.stdin.buffer.read())}
    except ThimbleError as error:
        told = {"problem": error.problem.to_json()}
    except Exception as error:  # noqa: BLE001 - whatever a foreign library raises is told to the window
        problem = Problem(Code.INTERNAL, "What was said could not be written down.", "Try again.", repr(error))
        told = {"problem": problem.to_json()}
    sys.stdout.write("\n" + json.dumps(told) + "\n")
    return 0


def written_down(path: Path, sound: bytes) -> str:
    """The words in a sound, see `recorders`."""
    languages = check_model(path)
    import numpy as np
    from pywhispercpp.model import Model

    heard = np.frombuffer(sound[: len(sound) // 2 * 2], "<i2")
    samples = np.zeros(max(len(heard), RATE * 11 // 10), np.float32)  # in less than a second Whisper hears nothing
    samples[: len(heard)] = heard / 32768
    model = Model(
        str(path),
        redirect_whispercpp_logs_to=None,
        n_threads=max(1, min(4, (os.cpu_count() or 1) - 1)),  # one core is left for the window
        language="auto" if languages else "en",
        suppress_nst=True,
        no_context=True,
        print_progress=False,
        print_realtime=False,
    )
    pieces = [segment.text.strip() for segment in model.transcribe(samples)]
    return " ".join(piece for piece in pieces if piece and not _is_noise(piece))


def _is_noise(piece: str) -> bool:
    """ "[BLANK_AUDIO]", "(music)": a remark of Whisper's, not speech."""
    return (piece[0], piece[-1]) in {("[", "]"), ("(", ")"), ("*", "*"), ("♪", "♪")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
