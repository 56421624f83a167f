"""What a person does with an installed Thimble, done in a clean system (`check.py`); each step returns what it saw."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from installer.errors import InstallerError
from installer.packages.cleanroot import DISPLAY, HOME, CleanRoot
from installer.packages.facts import APP_ID

_DATA: Final = f"{HOME}/.local/share/thimble"
_MODEL: Final = f"{_DATA}/models/SmolLM2-135M-Instruct.Q4_1.gguf"
_ENGINE: Final = f"{HOME}/.cache/thimble/run/engine.json"
_USER_FOLDERS: Final = (".config/thimble", ".local/share/thimble")
_CONNECT: Final = re.compile(r'connect\(\d+, \{sa_family=AF_INET6?,.*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
_SENT: Final = re.compile(r'sendto\(.*?\{sa_family=AF_INET6?,.*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')
_PORT: Final = 18097
WINDOW_SECONDS: Final = 60.0
_ANSWER_SECONDS: Final = 300.0
_LATER_SECONDS: Final = 8.0
"""What a start does after the engine is there: downloads that wait, looks at the disk."""
_END_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_COLD, _WARM = 3, 5

T = TypeVar("T")


def nothing_there(root: CleanRoot) -> str:
    """No Python, no compiler, nothing of ours from outside."""
    for name in ("python3", "python", "gcc", "cc", "g++"):
        if root.run(["sh", "-c", f"command -v {name}"]).returncode == 0:
            raise InstallerError(f"The clean system has {name}.")
    return ""


def libraries(root: CleanRoot, program: str) -> str:
    """Each file's libraries are in the folder or in the system; optional parts of desktops aside."""
    script = (
        f"find {program} -type f \\( -name '*.so*' -o -perm -100 \\) -not -path '*/platformthemes/*' "
        f"-not -path '*/wayland*' -not -iname '*wayland*' -not -name '*WlShell*' | while read -r f; do "
        f'LD_LIBRARY_PATH={program}/_internal ldd "$f" 2>/dev/null | grep \'not found\' | sed "s|^|$f: |"; done'
    )
    missing = root.run(["sh", "-c", script]).stdout.strip().splitlines()
    if missing:
        raise InstallerError(f"Missing: {'; '.join(missing[:6])}")
    return ""


def version(root: CleanRoot, program: str) -> str:
    """What `--version` says."""
    done = root.run([program, "--version"])
    if done.returncode != 0 or "engine" not in done.stdout or "not built" in done.stdout:
        raise InstallerError(f"It said: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def connects_to_nothing(root: CleanRoot, program: str, pictures: Path) -> str:
    """The first start of a new user, watched by strace: no address but this computer's own."""
    log = pictures / "connections.txt"
    watched = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(log)]
    with window(root, program, before=watched) as process:
        wait(root.inside(_ENGINE).exists, _ANSWER_SECONDS, "The engine did not start", process)
        stays(process, _LATER_SECONDS)
        picture(pictures, "first-run")
        close(root, process)
    text = log.read_text(encoding="utf-8", errors="replace")
    found = {*_CONNECT.findall(text), *_SENT.findall(text)}
    outside = sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)
    if outside:
        raise InstallerError(f"It connected to {', '.join(outside)}.")
    if "AF_INET" not in text:
        raise InstallerError("strace saw no connection at all, not even to the engine.")
    return f"{len(found)} addresses, all of this computer"


def first_run(root: CleanRoot, program: str, pictures: Path) -> str:
    """The button of the first page gets the starter model, without a network, and it answers the example question."""
    without_network = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    with window(root, program, before=without_network) as process:
        began = time.monotonic()
        _keys("space")
        answer = wait(lambda: _answer(root), _ANSWER_SECONDS, "The first question was not answered", process)
        seconds = time.monotonic() - began
        stays(process, 1)
        picture(pictures, "first-answer")
        close(root, process)
    return f"after {seconds:.0f} s: {' '.join(answer.split())[:60]}…"


def ask(root: CleanRoot, program: str) -> str:
    """A question in the terminal."""
    began = time.monotonic()
    done = root.run([program, "ask", "What is the capital of France?", "--temperature", "0", "--max-tokens", "24"])
    if done.returncode != 0 or "Paris" not in done.stdout:
        raise InstallerError(f"It ended with {done.returncode} and said: {done.stdout[-200:]}{done.stderr[-300:]}")
    _nothing_left(root)
    return f"{' '.join(done.stdout.split())[:50]} ({time.monotonic() - began:.1f} s)"


def serve(root: CleanRoot, program: str) -> str:
    """Another program asks in OpenAI's protocol; Ctrl-C ends it."""
    command = root.command([program, "serve", "--port", str(_PORT), "--model", _MODEL])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        try:
            said = ""
            while "API key: " not in said:
                line = process.stdout.readline()
                if not line:
                    raise InstallerError(f"serve ended: {said}")
                said += line
            key = said.split("API key: ")[1].split()[0]
            answer = _chat(f"http://127.0.0.1:{_PORT}/v1/chat/completions", key)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                code = process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise InstallerError("serve did not end after Ctrl-C.") from None
    if code != 0:
        raise InstallerError(f"serve ended with {code}.")
    _nothing_left(root)
    return answer


def open_file(root: CleanRoot, program: str, pictures: Path) -> str:
    """A model handed to the open window, and one that opens the window."""
    folder = root.inside(f"{HOME}/Down loads")
    folder.mkdir(exist_ok=True)
    for name in ("one.gguf", "two.gguf"):
        shutil.copyfile(root.inside(_MODEL), folder / name)
        subprocess.run(["chown", "-R", "--reference", str(root.inside(HOME)), str(folder)], check=True)
    models = root.inside(_DATA) / "models"
    with window(root, program, arguments=[f"{HOME}/Down loads/one.gguf"]) as process:
        added = "The model of the command line was not added"
        wait((models / "one.gguf").is_symlink, WINDOW_SECONDS, added, process)
        began = time.monotonic()
        done = root.run([program, f"{HOME}/Down loads/two.gguf"], seconds=WINDOW_SECONDS)
        seconds = time.monotonic() - began
        if done.returncode != 0:
            raise InstallerError(f"The second start ended with {done.returncode}: {done.stderr[-300:]}")
        wait((models / "two.gguf").is_symlink, WINDOW_SECONDS, "The model handed over was not added", process)
        stays(process, 3)
        picture(pictures, "opened-model")
        windows = len(_windows())
        close(root, process)
    for name in ("one.gguf", "two.gguf"):
        (models / name).unlink()
    if windows != 1:
        raise InstallerError(f"There were {windows} windows.")
    kind = root.run(["xdg-mime", "query", "filetype", f"{HOME}/Down loads/one.gguf"]).stdout.strip()
    shutil.rmtree(folder)
    return f"handed over in {seconds:.1f} s; its type is {kind or 'not asked: no xdg-utils'}"


def start_times(root: CleanRoot, program: str) -> str:
    """From the start of the process to the window's first picture: nothing of it in memory, and all of it."""
    real = program if program.startswith("/") else f"/usr/lib/{program}"
    cold = [_first_picture(root, program, forget=root.inside(real)) for _ in range(_COLD)]
    warm = [_first_picture(root, program) for _ in range(_WARM)]
    _nothing_left(root)
    return (
        f"cold {statistics.median(cold):.0f} ms, warm {statistics.median(warm):.0f} ms (medians of {_COLD} and {_WARM})"
    )


def integrates(root: CleanRoot, folder: str) -> str:
    """The tarball's script puts an entry into the menu that starts the right program, and takes it out again."""
    entry = root.inside(f"{HOME}/.local/share/applications/{APP_ID}.desktop")
    done = root.run([f"{folder}/integrate.sh"])
    if done.returncode != 0 or not entry.is_file():
        raise InstallerError(f"It made no entry: {done.stderr}")
    line = next(line for line in entry.read_text(encoding="utf-8").splitlines() if line.startswith("Exec="))
    if line != f'Exec="{folder}/thimble" %F':
        raise InstallerError(f"The entry starts {line}")
    root.run([f"{folder}/integrate.sh", "remove"])
    left = [str(path) for path in root.inside(f"{HOME}/.local/share").rglob(f"{APP_ID}*")]
    if left:
        raise InstallerError(f"Left behind: {left[0]}")
    return line


def user_files(root: CleanRoot) -> dict[str, tuple[int, int]]:
    """Size and time of the user's files."""
    home = root.inside(HOME)
    return {
        str(path.relative_to(home)): (path.stat().st_size, path.stat().st_mtime_ns)
        for folder in _USER_FOLDERS
        for path in sorted((home / folder).rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


@contextmanager
def window(
    root: CleanRoot,
    program: str,
    *,
    before: list[str] | None = None,
    arguments: list[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """The open window; killed if a step failed.

    Args:
        root: the system.
        program: its name, or path, inside.
        before: words in front of everything: a program that watches.
        arguments: of the program.
        env: settings beside the usual ones.
    """
    command = [*(before or []), *root.command([program, *(arguments or [])], env=env)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait(lambda: bool(_windows()), WINDOW_SECONDS, "No window opened", process)
        stays(process, 2)
        subprocess.run(["xdotool", "windowfocus", _windows()[0]], env=_screen(), check=False)
        yield process
    finally:
        if process.poll() is None:
            root.end_processes()
            process.kill()
        process.communicate()


def close(root: CleanRoot, process: subprocess.Popen[str]) -> None:
    """With Ctrl+Q; then nothing may be left."""
    _keys("ctrl+q")
    try:
        code = process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        raise InstallerError("The window did not close.") from None
    if code != 0:
        raise InstallerError(f"The window ended with {code}.")
    _nothing_left(root)


def _nothing_left(root: CleanRoot) -> None:
    wait(lambda: not root.processes(), _END_SECONDS, "Processes are left")


def _first_picture(root: CleanRoot, program: str, forget: Path | None = None) -> float:
    if forget is not None:
        os.sync()
        for path in forget.rglob("*"):
            if path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    done = root.run([program], env={"THIMBLE_MEASURE_START": str(time.monotonic())}, seconds=WINDOW_SECONDS)
    found = re.search(r"first paint (\d+) ms", done.stdout)
    if found is None:
        raise InstallerError(f"It ended with {done.returncode} and said: {done.stdout[-200:]}{done.stderr[-300:]}")
    return float(found[1])


def _screen() -> dict[str, str]:
    return {**os.environ, "DISPLAY": f":{DISPLAY}"}


def _windows() -> list[str]:
    done = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--class", "thimble"],
        env=_screen(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def _keys(*keys: str) -> None:
    subprocess.run(["xdotool", "key", *keys], env=_screen(), check=True)


def picture(folder: Path, name: str) -> None:
    """Keeps what is on the screen, for people who look afterwards."""
    subprocess.run(["import", "-window", "root", str(folder / f"{name}.png")], env=_screen(), check=False)


def _answer(root: CleanRoot) -> str:
    """The last finished answer in the user's conversations."""
    path = root.inside(_DATA) / "conversations.sqlite3"
    if not path.exists():
        return ""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        try:
            row = database.execute(
                "SELECT text FROM message WHERE role = 'assistant' AND state = 'done' ORDER BY id DESC"
            ).fetchone()
        except sqlite3.OperationalError:
            return ""  # it is being made
    return str(row[0]) if row else ""


def _chat(address: str, key: str) -> str:
    question = {"role": "user", "content": "What is the capital of France?"}
    body = {"model": "default", "messages": [question], "max_tokens": 24, "temperature": 0}
    request = urllib.request.Request(  # noqa: S310 - our own server
        address,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as reply:  # noqa: S310
        text = str(json.load(reply)["choices"][0]["message"]["content"])
    if not text.strip():
        raise InstallerError("It answered nothing.")
    return " ".join(text.split())[:60]


def wait(look: Callable[[], T], seconds: float, sentence: str, process: subprocess.Popen[str] | None = None) -> T:
    """Looks until there is something, no longer than the process lives that is to bring it about."""
    until = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > until:
            raise InstallerError(f"{sentence} within {seconds:.0f} s.")
        if process is None:
            time.sleep(_LOOK_SECONDS)
        else:
            stays(process, _LOOK_SECONDS)
    return found


def stays(process: subprocess.Popen[str], seconds: float) -> None:
    """Gives a program so long; it must not end meanwhile."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return
    said = process.stdout.read() if process.stdout is not None else ""
    raise InstallerError(f"It ended with {process.returncode}: {said[-500:]}")
