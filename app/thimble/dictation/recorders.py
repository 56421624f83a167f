"""Programs that record: what comes out is `RATE` numbers of 16 bits a second, one channel, without a header."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Final

RATE: Final = 16_000
"""Samples a second; Whisper takes no other."""
SAMPLE_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Recorder:
    """A program that writes what the microphone hears to its standard output until it is ended.

    Attributes:
        name: of the file.
        arguments: for the form above.
    """

    name: str
    arguments: tuple[str, ...]


RECORDERS: Final = (
    Recorder("parec", ("--raw", f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=50")),
    Recorder("arecord", ("-q", "-t", "raw", "-f", "S16_LE", "-r", str(RATE), "-c", "1")),
    Recorder("rec", ("-q", "-t", "raw", "-e", "signed-integer", "-b", "16", "-L", "-r", str(RATE), "-c", "1", "-")),
)
"""In the order in which they are looked for: PulseAudio's and PipeWire's, ALSA's, SoX's."""


def recorder() -> Recorder | None:
    """The first that this computer has."""
    return next((known for known in RECORDERS if shutil.which(known.name)), None)
