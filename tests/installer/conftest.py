"""A tiny engine with a tiny patch, and a fake interpreter in place of pip and the compiler."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.places import Places
from installer.terminal import Terminal

HEADER = """{name}: change a word

Description: The tests need a patch.
Upstream-status: not for upstream
Remove-when: the tests go
Test: tests/test_word.py
---
"""
DIFF = """diff --git a/vendor/word.txt b/vendor/word.txt
--- a/vendor/word.txt
+++ b/vendor/word.txt
@@ -1,3 +1,3 @@
 one
-two
+2
 three
"""
UPSTREAM_FILES = {
    "llama_cpp/__init__.py": 'from x import y\n\n__version__ = "1.0"\n',
    "vendor/word.txt": "one\ntwo\nthree\n",
    ".git/HEAD": "ref: refs/heads/main\n",
}

# answers `-m pip download|wheel|install …` and `-m venv …`; notes every call; what it does is steered by files
_FAKE_PYTHON = """#!{python}
import json, pathlib, shutil, sys, time, zipfile
here = pathlib.Path(__file__).resolve().parent
args = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(" ".join(args) + "\\n")
mode = (here / "mode").read_text() if (here / "mode").exists() else ""
def option(name):
    return pathlib.Path(args[args.index(name) + 1])
if "offline" in mode:
    print("ERROR: Could not find a version that satisfies the requirement")
    sys.exit(1)
if args[:3] == ["-m", "pip", "download"]:
    shutil.copy(here / "offered.tar.gz", option("--dest") / "tiny_engine-1.0.tar.gz")
elif args[:3] == ["-m", "pip", "wheel"]:
    print("  [1/2] compiling", flush=True)
    if "hang" in mode:
        (here / "pid").write_text(str(__import__("os").getpid()))
        sys.stdin.close()
        __import__("signal").pause()
    if "broken" in mode:
        print("error: expected ';'")
        sys.exit(1)
    if "full" in mode:
        print("fatal error: No space left on device")
        sys.exit(1)
    tree = pathlib.Path(args[-1])
    out = option("--wheel-dir")
    out.mkdir()
    version = (tree / "llama_cpp" / "__init__.py").read_text().split('"')[1]
    with zipfile.ZipFile(out / ("tiny_engine-" + version + "-py3-none-any.whl"), "w") as wheel:
        for path in sorted(tree.rglob("*")):
            if path.is_file():
                wheel.write(path, path.relative_to(tree).as_posix())
        wheel.writestr("tiny_engine.dist-info/RECORD", "llama_cpp/__init__.py,,\\n")
"""


class FakePython:
    """The interpreter that stands for pip, the compiler and the network.

    Attributes:
        path: of the executable.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "python"
        self.path.write_text(_FAKE_PYTHON.replace("{python}", sys.executable), encoding="utf-8")
        self.path.chmod(0o755)
        self._folder = folder

    def offers(self, archive: bytes) -> None:
        """What a download brings."""
        (self._folder / "offered.tar.gz").write_bytes(archive)

    def behaves(self, mode: str) -> None:
        """`offline`, `hang`, `broken` or `full`; empty for well."""
        (self._folder / "mode").write_text(mode, encoding="ascii")

    @property
    def calls(self) -> list[str]:
        """Every command line so far."""
        path = self._folder / "calls"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    @property
    def process_id(self) -> int:
        """Of the hanging compiler."""
        return int((self._folder / "pid").read_text(encoding="ascii"))


def archive_of(files: dict[str, str]) -> bytes:
    """A source distribution."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"tiny_engine-1.0/{name}")
            member.size = len(text.encode())
            member.mtime = 1_000_000_000  # zip files know no time before 1980
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


@pytest.fixture(scope="session")
def archive() -> bytes:
    """The tiny engine's source distribution."""
    return archive_of(UPSTREAM_FILES)


@pytest.fixture
def write_patch(places: Places) -> Callable[..., Path]:
    """Writes a patch file of the checkout: `write_patch(name, header=…, diff=…)`."""

    def write(name: str, *, header: str = HEADER, diff: str = DIFF) -> Path:
        path = places.patches / f"{name}.patch"
        path.write_text(header.format(name=name) + diff, encoding="utf-8")
        return path

    return write


@pytest.fixture
def places(tmp_path: Path, archive: bytes) -> Places:
    """A checkout with one patch and one source file of ours, and an empty cache."""
    made = Places(tmp_path / "checkout", tmp_path / "cache")
    made.patches.mkdir(parents=True)
    made.installer.mkdir()
    (made.root / "tests").mkdir()
    (made.root / "tests" / "test_word.py").touch()
    (made.root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (made.installer / "constraints.txt").write_text("numpy==2\n", encoding="utf-8")
    (made.installer / "build-constraints.txt").touch()
    (made.installer / "stock-constraints.txt").touch()
    pin = {"package": "tiny-engine", "version": "1.0", "sha256": hashlib.sha256(archive).hexdigest()}
    (made.patches / "upstream.json").write_text(json.dumps(pin), encoding="utf-8")
    (made.patches / "VERSION").write_text("7\n", encoding="ascii")
    (made.patches / "series").write_text(
        "# Applied in this order at the root of the source distribution named in upstream.json.\nother-word.patch\n",
        encoding="utf-8",
    )
    (made.patches / "other-word.patch").write_text(HEADER.format(name="other-word") + DIFF, encoding="utf-8")
    source = made.patches / "src" / "vendor" / "thimble" / "ours.cpp"
    source.parent.mkdir(parents=True)
    source.write_text("int ours;\n", encoding="utf-8")
    return made


@pytest.fixture
def fake_python(tmp_path: Path, archive: bytes) -> FakePython:
    """A fake interpreter whose network offers the right source distribution."""
    fake = FakePython(tmp_path / "fake")
    fake.offers(archive)
    return fake


@pytest.fixture
def output() -> io.StringIO:
    """What the installer says."""
    return io.StringIO()


@pytest.fixture
def terminal(output: io.StringIO) -> Terminal:
    """A terminal that nobody watches."""
    return Terminal(output)
