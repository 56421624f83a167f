"""What a package needs parts of its own for, tried in a clean system: PDF files, dictation, a processor too old."""

from __future__ import annotations

import contextlib
import json
import math
import re
import sqlite3
import struct
import subprocess
from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.packages import smoke, speech_model
from installer.packages.cleanroot import HOME, CleanRoot

_SENTENCE: Final = "A thimble holds two millilitres"
_RATE, _SECONDS, _TONE = 16_000, 3, 440
_SAID: Final = re.compile(r"w\d+")
_TOO_OLD: Final = "This computer's processor is too old for Thimble"
_OLD, _OLDEST = "core2duo", "Nehalem"
_EMULATED_SECONDS: Final = 240.0


def reads_pdf(root: CleanRoot, program: str, pictures: Path) -> str:
    """A PDF file of the command line is read by its process and attached to the chat that opens."""
    file = root.inside(f"{HOME}/letter.pdf")
    file.write_bytes(page(_SENTENCE))
    subprocess.run(["chown", "--reference", str(root.inside(HOME)), str(file)], check=True)
    with smoke.window(root, program, arguments=[f"{HOME}/letter.pdf"]) as process:
        text = smoke.wait(lambda: _attached(root), smoke.WINDOW_SECONDS, "The PDF file was not attached", process)
        smoke.picture(pictures, "pdf")
        smoke.close(root, process)
    file.unlink()
    if _SENTENCE not in text:
        raise InstallerError(f"Of the PDF file it read: {text[:80]}")
    return text.strip()


def writes_down(root: CleanRoot, program: str) -> str:
    """The process that the window starts for dictation: whisper.cpp with a small model listens to a tone."""
    model = root.inside(f"{HOME}/ggml-small.bin")
    speech_model.write(model)
    model.chmod(0o644)
    command = root.command([program, "--own-process", "thimble.dictation", f"{HOME}/{model.name}"])
    done = subprocess.run(command, input=tone(), capture_output=True, timeout=smoke.WINDOW_SECONDS, check=False)
    model.unlink()
    said = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]
    try:
        text = str(json.loads(said)["text"])
    except (ValueError, KeyError):
        raise InstallerError(f"It ended with {done.returncode} and said: {said[-300:]}") from None
    if not _SAID.search(text):
        raise InstallerError(f"The model knows only words such as w1, and this was heard: {text[:80]}")
    return f"whisper.cpp computed {text[:40]}"


def refuses_old_processors(root: CleanRoot, folder: str) -> str:
    """On an emulated processor before x86-64-v2 it says so and ends; on the oldest one that will do it starts.

    Args:
        root: gets the emulator, so this comes last.
        folder: the program's.
    """
    root.as_root("apt-get", "install", "-y", "--no-install-recommends", "qemu-user")
    for arguments in ((), ("ask", "Hello?"), ("serve",)):
        done = _emulated(root, folder, _OLD, *arguments)
        if done.returncode != 1 or not done.stderr.startswith(_TOO_OLD):
            raise InstallerError(
                f"{' '.join(arguments) or 'The window'} ended with {done.returncode}: {done.stderr[:300]}"
            )
    done = _emulated(root, folder, _OLDEST, "--version")
    if done.returncode != 0 or "engine" not in done.stdout:
        raise InstallerError(f"On {_OLDEST} it ended with {done.returncode}: {done.stdout}{done.stderr[:300]}")
    return f"{_OLD} is refused; on {_OLDEST}: {done.stdout.strip()}"


def tone() -> bytes:
    """Three seconds of it, as recording programs write them."""
    wave = (int(9000 * math.sin(2 * math.pi * _TONE * place / _RATE)) for place in range(_RATE * _SECONDS))
    return b"".join(struct.pack("<h", height) for height in wave)


def _emulated(root: CleanRoot, folder: str, processor: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # PyInstaller's loader starts itself anew when it has set where libraries are, and only the first of the two would
    # be emulated. These say that this is the second.
    settings = {
        "_PYI_ARCHIVE_FILE": f"{folder}/thimble",
        "_PYI_APPLICATION_HOME_DIR": f"{folder}/_internal",
        "_PYI_PARENT_PROCESS_LEVEL": "-1",
        "LD_LIBRARY_PATH": f"{folder}/_internal",
    }
    words = ["qemu-x86_64", "-cpu", processor]
    for name, value in settings.items():
        words += ["-E", f"{name}={value}"]
    return root.run([*words, f"{folder}/thimble", *arguments], seconds=_EMULATED_SECONDS)


def _attached(root: CleanRoot) -> str:
    path = root.inside(f"{HOME}/.local/share/thimble/conversations.sqlite3")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT text FROM attachment ORDER BY id DESC").fetchone()
    return str(row[0]) if row else ""


def page(text: str) -> bytes:
    """A PDF file of one page with one line."""
    drawn = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Font << /F1 3 0 R >> >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (count, table, tail)
