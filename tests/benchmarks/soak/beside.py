"""What other programs do to the engine beside the window: requests, hang-ups, commands and windows that come and go."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import httpx
import psutil

from thimble import protocol
from thimble.client import lockfile

PAUSE_S: Final = 0.2
BETWEEN_PROCESSES_S: Final = 8.0
PROCESS_S: Final = 120.0
CALLS_AT_ONCE: Final = 32


class Beside:
    """Threads that do this from `begin` to `end`, again and again.

    Args:
        environment: of the commands.
        seed: of what is done.

    Attributes:
        counts: how often each was done; those that went wrong begin with "failed".
    """

    def __init__(self, environment: dict[str, str], seed: int) -> None:
        self._environment = environment
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.pids: set[int] = set()

    def begin(self) -> None:
        """Starts them."""
        self._over.clear()
        kinds: list[tuple[Callable[[], None], float]] = [
            (self._request, PAUSE_S),
            (self._request, PAUSE_S),
            (self._command, BETWEEN_PROCESSES_S),
        ]
        self._threads = [threading.Thread(target=self._run, args=kind) for kind in kinds]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ends them, each after what it does at the moment."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, act: Callable[[], None], pause: float) -> None:
        while not self._over.wait(pause):
            act()

    def _count(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1

    # --- requests -----------------------------------------------------------------------------------------------

    def _request(self) -> None:
        lock = lockfile.read()
        if lock is None:
            self._count("failed: no engine")
            return
        kinds: list[tuple[int, Callable[[httpx.Client], str]]] = [
            (8, self._answer),
            (4, self._hang_up),
            (2, self._hang_up_at_once),
            (2, self._tokenize),
            (2, self._wrong),
            (1, self._look),
            (1, self._watch),
        ]
        (kind,) = self._chance.choices([one for _, one in kinds], [weight for weight, _ in kinds])
        headers = {"Authorization": f"Bearer {lock.token}", protocol.CLIENT_HEADER: "soak"}
        try:
            with httpx.Client(base_url=lock.base_url, headers=headers, timeout=60, trust_env=False) as client:
                self._count(kind(client))
        except httpx.HTTPError as error:
            self._count(f"failed: {type(error).__name__}")

    def _body(self, **more: Any) -> dict[str, Any]:
        words = f"Say {self._chance.randint(1, 999)}."
        return {"messages": [{"role": "user", "content": words}], "max_tokens": 8, **more}

    def _answer(self, client: httpx.Client) -> str:
        found = client.post(protocol.CHAT_COMPLETIONS, json=self._body())
        return "answers" if found.status_code == 200 else f"answers refused ({found.status_code})"

    def _hang_up(self, client: httpx.Client) -> str:
        body = self._body(stream=True, max_tokens=400)
        with client.stream("POST", protocol.CHAT_COMPLETIONS, json=body) as found:
            for number, _line in enumerate(found.iter_lines()):
                if number >= 3:
                    break
        return "hang-ups in mid-answer"

    def _hang_up_at_once(self, client: httpx.Client) -> str:
        body = self._body(stream=True, max_tokens=400)
        try:
            client.post(protocol.CHAT_COMPLETIONS, json=body, timeout=httpx.Timeout(30, read=0.01))
        except httpx.ReadTimeout:
            return "hang-ups before the first word"
        return "answers"

    def _tokenize(self, client: httpx.Client) -> str:
        client.post(protocol.TOKENIZE, json={"content": "some words"})
        return "tokens counted"

    def _wrong(self, client: httpx.Client) -> str:
        found = client.post(protocol.CHAT_COMPLETIONS, content=b'{"messages": [{"role": 7}], "stop": {}}')
        return "wrong requests" if 400 <= found.status_code < 500 else f"failed: wrong request {found.status_code}"

    def _look(self, client: httpx.Client) -> str:
        for path in (protocol.MODELS, protocol.METRICS, protocol.EXPERTS, protocol.ANSWERS, protocol.REQUESTS):
            client.get(path)
        return "looks"

    def _watch(self, client: httpx.Client) -> str:
        for path in (protocol.TELEMETRY, protocol.ATTACH):
            with client.stream("GET", path, timeout=httpx.Timeout(30, read=1)) as found:
                next(found.iter_lines(), "")
        return "streams opened and closed"

    # --- programs -----------------------------------------------------------------------------------------------

    def _command(self) -> None:
        what, arguments = self._chance.choice(
            [
                ("windows as processes", []),
                ("windows as processes", []),
                ("thimble ask", ["ask", "Say something.", "--max-tokens", "8"]),
                ("thimble models", ["models"]),
            ]
        )
        environment = dict(self._environment)
        if not arguments:  # it closes when it was seen
            environment["THIMBLE_MEASURE_START"] = repr(time.monotonic())
        process = subprocess.Popen(
            [sys.executable, "-m", "thimble", *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pids.add(process.pid)
        try:
            code = process.wait(PROCESS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self._count(f"failed: {what} did not end")
            return
        # `ask` has no model when another one unloads it at that moment.
        self._count(what if code == 0 or arguments[:1] == ["ask"] else f"failed: {what} ended with {code}")


def use_all_call_threads() -> None:
    """So many calls at once that the engine makes all the threads it ever makes for calls that block (asyncio's: four
    more than there are cores): that one of them is first needed late is no growth."""
    lock = lockfile.read()
    assert lock is not None
    headers = {"Authorization": f"Bearer {lock.token}", protocol.CLIENT_HEADER: "soak"}

    def ask() -> None:
        body = {"template": "{{ messages[0].content }}"}
        httpx.post(f"{lock.base_url}{protocol.TEMPLATE}", json=body, headers=headers, timeout=60, trust_env=False)

    threads = [threading.Thread(target=ask) for _ in range(CALLS_AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def engine_pid() -> int:
    """The living engine's; 0 for none."""
    lock = lockfile.read()
    return lock.pid if lock is not None and psutil.pid_exists(lock.pid) else 0
