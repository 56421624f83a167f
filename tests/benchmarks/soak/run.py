"""The long run: a window that is used without a pause, windows that open and close, programs that ask and hang up.

In rounds: everybody is busy at the same time, then everybody rests and is looked at. So all samples are of the same
state (no model, an empty chat), and what grows from sample to sample is a leak.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import psutil

from tests.benchmarks.figures import Figure
from tests.benchmarks.make_model import SHAPES, write_model
from tests.benchmarks.soak import readings
from tests.benchmarks.soak.acts import REPOSITORY
from tests.benchmarks.soak.beside import Beside, engine_pid, use_all_call_threads
from tests.benchmarks.soak.slopes import Limit, judge
from tests.helpers.hub_server import Content, Fault, Repo, hub_server
from tests.helpers.programs import wait_until
from thimble.conversations import MessageState
from thimble.settings import Settings
from thimble.settings_table import MIB

ROUND_S: Final = 20.0
REST_S: Final = 1.0
BETWEEN_WINDOWS_S: Final = 2.0
ANSWER_S: Final = 180.0
LIMIT: Final = 256 * MIB
"""Of the model with experts: about a third of them fits."""
DOWNLOAD: Final = 64 * MIB
DOWNLOAD_PER_SECOND: Final = MIB
"""So slow that none is over before it is cancelled."""

_PROCESSES: Final = ("window", "windows", "engine")
LIMITS: Final = (
    *(Limit(f"{name} own", "MiB", 12, 4) for name in _PROCESSES),  # shares of files depend on who else maps them
    *(Limit(f"{name} heap", "MiB", 12, 1) for name in _PROCESSES[:2]),
    *(Limit(f"{name} python objects", "", 3000, 1000) for name in _PROCESSES[:2]),
    *(Limit(f"{name} widgets", "", 0, 2) for name in _PROCESSES[:2]),
    *(
        Limit(f"{name} {what}", "", 0, 0.9)
        for name in _PROCESSES
        for what in ("threads", "descriptors", "sockets", "children")
    ),
    Limit("temporary files", "", 0, 0.9),
    Limit("files of the profile", "", 0, 2),
    Limit("lock files", "", 0, 0.9),
    Limit("parts of downloads", "", 0, 2),
    Limit("half-written files", "", 0, 0.9),
    Limit("database", "MiB", 0, 0.5),
    Limit("database log", "MiB", 0, 4.5),  # SQLite begins it anew after 4 MiB
    Limit("logs", "MiB", 60, 1),  # each file is cut off at 4 MiB, two older ones are kept
)


class Child:
    """A process of the long run that takes orders."""

    def __init__(self, module: str, environment: dict[str, str], *arguments: str) -> None:
        self.name = module
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.benchmarks.soak.{module}", *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lines: list[dict[str, Any]] = []
        self._begun = b""

    def say(self, line: str) -> None:
        """An order."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, seconds: float) -> dict[str, Any]:
        """The next line it prints.

        Raises:
            TimeoutError: it is silent, or has ended.
        """
        assert self.process.stdout is not None
        deadline = time.monotonic() + seconds
        while not self._lines:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                raise TimeoutError(f"{self.name}: silent, exit code {self.process.poll()}")
            *lines, self._begun = (self._begun + data).split(b"\n")
            self._lines += [json.loads(line) for line in lines]
        return self._lines.pop(0)

    def end(self) -> int:
        """Closes its input and waits; its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self.process.stdout.close()


@dataclass
class LongRun:
    """One run.

    Attributes:
        minutes: its length.
        seed: of everything that is done.
        samples: seconds since the beginning, and what was read then.
        counts: how often each thing was done.
        troubles: whatever should not have been.
        seconds: how long the window was busy with each act.
    """

    minutes: float
    seed: int = 1
    round_s: float = ROUND_S
    samples: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    _programs: dict[int, str] = field(default_factory=dict)
    """All processes that were seen, and what they were."""

    def run(self, starter: Path) -> None:
        """From the first window to the end of the last process.

        Args:
            starter: the starter model.
        """
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thimble-soak-")))
            temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="thimble-soak-tmp-")))
            hub = stack.enter_context(hub_server())
            file = Content.big(DOWNLOAD)
            hub.add(Repo(REPOSITORY, {"soak-Q4_0.gguf": file}))
            hub.faults.append(Fault("data", bytes_per_second=DOWNLOAD_PER_SECOND, times=10**9))
            environment = {**os.environ, "THIMBLE_HOME": str(home), "TMPDIR": str(temporary)}
            if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
                environment["QT_QPA_PLATFORM"] = "offscreen"
            before = os.environ.get("THIMBLE_HOME")
            os.environ["THIMBLE_HOME"] = str(home)
            try:
                models = _models(home / "models", starter)
                _settings(home, models[0], hub.url)
                orders = home / "orders.json"
                orders.write_text(
                    json.dumps(
                        {
                            "seed": self.seed,
                            "models": [str(path) for path in models],
                            "download": [DOWNLOAD, file.sha256],
                            "folder": str(home),
                        }
                    ),
                    "utf-8",
                )
                self._rounds(home, temporary, environment, str(orders))
                self._look_afterwards(home, temporary)
            finally:
                if before is None:
                    del os.environ["THIMBLE_HOME"]
                else:
                    os.environ["THIMBLE_HOME"] = before

    def figures(self) -> list[Figure]:
        """The verdicts."""
        hours = self.samples[-1][0] / 3600
        note = f"{self.samples[-1][0] / 60:.1f} min, {len(self.samples)} samples at rest"
        found = [Figure(what, count, "", note=self._note(what, count / hours)) for what, count in self.counts.items()]
        for limit in LIMITS:
            points = [(at, sample[limit.name]) for at, sample in self.samples if limit.name in sample]
            if len(points) < 3:
                continue
            verdict = judge(limit, points)
            found.append(
                Figure(
                    f"{limit.name}: growth over the last two thirds",
                    round(verdict.growth, 3),
                    limit.unit,
                    f"≤ {verdict.allowed:.3g}",
                    verdict.flat,
                    note=f"{verdict.first:.1f} → {verdict.last:.1f}, most {verdict.most:.1f}; {note}",
                )
            )
        troubles = "; ".join(self.troubles)
        found.append(Figure("troubles", len(self.troubles), "", "0", not self.troubles, note=troubles))
        return found

    def _keep_samples(self) -> None:
        file = os.environ.get("THIMBLE_SOAK_SAMPLES")
        if file:
            told = {
                "samples": [{"at": at, **sample} for at, sample in self.samples],
                "acts": self.counts,
                "troubles": self.troubles,
            }
            Path(file).write_text(json.dumps(told, indent=1), "utf-8")

    def _note(self, what: str, an_hour: float) -> str:
        seconds = self.seconds.get(what)
        each = f", {seconds / self.counts[what]:.2f} s each" if seconds else ""
        return f"{an_hour:.0f} an hour{each}"

    # --- inside -------------------------------------------------------------------------------------------------

    def _rounds(self, home: Path, temporary: Path, environment: dict[str, str], orders: str) -> None:
        window = Child("long_window", environment, orders)
        windows = Child("short_windows", environment)
        children = {"window": window, "windows": windows}
        try:
            for child in children.values():
                child.hear(ANSWER_S)
            use_all_call_threads()
            beside = Beside(environment, self.seed)
            begun = time.monotonic()
            while time.monotonic() - begun < self.minutes * 60:
                told = self._one_round(window, windows, beside)
                time.sleep(REST_S)
                self.samples.append((time.monotonic() - begun, self._sample(children, told, home, temporary)))
                self._keep_samples()
            self.counts += beside.counts
            self.troubles += [f"{what} ({count})" for what, count in beside.counts.items() if what.startswith("failed")]
            self._programs |= dict.fromkeys(beside.pids, "a command")
        finally:
            for child in children.values():
                code = child.end()
                if code:
                    self.troubles.append(f"{child.name} ended with {code}")

    def _one_round(self, window: Child, windows: Child, beside: Beside) -> dict[str, dict[str, Any]]:
        """What both told when they had come to rest."""
        told: dict[str, dict[str, Any]] = {}
        over = threading.Event()

        def open_and_close() -> None:
            while True:
                windows.say("open")
                told["windows"] = windows.hear(ANSWER_S)
                if over.wait(BETWEEN_WINDOWS_S):
                    return

        opening = threading.Thread(target=open_and_close)
        beside.begin()
        opening.start()
        window.say(str(self.round_s))
        try:
            told["window"] = window.hear(self.round_s + ANSWER_S)
        finally:
            over.set()
            opening.join()
            beside.end()
        # The others may have loaded a model since: it goes, and everything rests.
        window.say("0.001")
        told["window"] = window.hear(ANSWER_S)
        return told

    def _sample(
        self, children: dict[str, Child], told: dict[str, dict[str, Any]], home: Path, temporary: Path
    ) -> dict[str, float]:
        sample = readings.of_folders(home, temporary)
        pids = {name: child.process.pid for name, child in children.items()} | {"engine": engine_pid()}
        for name, pid in pids.items():
            sample |= readings.of_process(name, pid)
            self._programs[pid] = name
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(pid).children(recursive=True):
                    self._programs[child.pid] = f"{name} > {' '.join(child.cmdline())}"
        for name, line in told.items():
            sample |= {f"{name} {what}": value for what, value in line["counts"].items()}
        acts = told["window"]
        self.seconds = acts["seconds"]
        self.counts |= Counter(acts["acts"])
        self.counts["windows opened and closed in one process"] = told["windows"]["windows"]
        for name in acts["stuck"][len([t for t in self.troubles if t.startswith("stuck")]) :]:
            self.troubles.append(f"stuck: {name}")
        return sample

    def _look_afterwards(self, home: Path, temporary: Path) -> None:
        wait_until(lambda: engine_pid() == 0, "the engine ended")
        with contextlib.suppress(AssertionError):  # it takes its file away first; who is left is told below
            wait_until(lambda: not any(pid and psutil.pid_exists(pid) for pid in self._programs), "all have ended")
        alive = [f"{name} ({pid})" for pid, name in self._programs.items() if pid and psutil.pid_exists(pid)]
        left = [str(path.relative_to(temporary)) for path in temporary.rglob("*") if not path.is_dir()]
        parts = [str(path.relative_to(home)) for path in home.rglob("*.thimble-part")]
        runtime = [path.name for path in (home / "run").iterdir() if path.suffix != ".lock"]
        self.troubles += [f"process {name} is left" for name in alive]
        self.troubles += [f"temporary file {name} is left" for name in left]
        self.troubles += [f"{name} is left" for name in [*parts, *runtime]]
        with sqlite3.connect(f"file:{home / 'data' / 'conversations.sqlite3'}?mode=ro", uri=True) as database:
            (sound,) = database.execute("PRAGMA integrity_check").fetchone()
            (writing,) = database.execute(
                "SELECT count(*) FROM message WHERE state = ?", (MessageState.WRITING,)
            ).fetchone()
        if sound != "ok" or writing:
            self.troubles.append(f"the database: {sound}, {writing} answers are being written")


def _models(folder: Path, starter: Path) -> list[Path]:
    """One with experts, one with window layers, and the starter model."""
    folder.mkdir()
    made = [folder / "mini.gguf", folder / "mini-swa.gguf"]
    for path, shape in zip(made, ("mini", "mini-swa"), strict=True):
        write_model(path, replace(SHAPES[shape], vocabulary=49152, experts=64), vocab_from=starter)
    (folder / starter.name).symlink_to(starter)
    return [*made, folder / starter.name]


def _settings(home: Path, paged: Path, hub: str) -> None:
    (home / "config").mkdir()
    settings = Settings.load(home / "config" / "settings.json")
    settings.set("engine.memory_limit", LIMIT, model=settings.model_key(paged))
    settings.set("engine.context", 1024)
    settings.set("files.hub_endpoint", hub)


def soak(starter: Path, minutes: float, seed: int = 1) -> list[Figure]:
    """The figures of a run; `THIMBLE_SOAK_SAMPLES` names a file for all samples."""
    run = LongRun(minutes, seed)
    run.run(starter)
    return run.figures()
