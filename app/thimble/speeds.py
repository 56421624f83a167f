"""How fast this machine's memory and disk are, measured in a tenth of a second: what a model's speed depends on."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import mmap
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from thimble import own_process

log = logging.getLogger(__name__)

MIB: Final = 2**20
ASSUMED_MEMORY: Final = 12e9
ASSUMED_DISK: Final = 1.0e9
"""Bytes a second where nothing could be measured: a modest laptop with an NVMe drive behind SATA-like limits."""
AGE_S: Final = 24 * 3600.0
APART_SECONDS: Final = 20.0
SOON_S: Final = 60.0
ENOUGH: Final = 5
_MEMORY_BYTES: Final = 64 * MIB  # for each thread: more than any cache
_MEMORY_ROUNDS: Final = 5
_DISK_READ: Final = 2 * MIB  # about an expert
_DISK_READS: Final = 32
_DISK_THREADS: Final = 4  # as many readers as the expert store has
_BIG_ENOUGH: Final = 128 * MIB


@dataclass(frozen=True, slots=True)
class Speeds:
    """Bytes a second.

    Attributes:
        memory: read by all cores together.
        disk: read at random places past the page cache.
        disk_measured: whether it was measured, or assumed.
    """

    memory: float = ASSUMED_MEMORY
    disk: float = ASSUMED_DISK
    disk_measured: bool = False


def measure(threads: int, files: list[Path]) -> Speeds:
    """Measures both. Takes about 0.2 s of all cores and 64 MiB from the disk; call it in a job, while nothing answers.

    Args:
        threads: cores that compute.
        files: big files on the disk in question; the first that can be read is.
    """
    memory = memory_speed(threads)
    for file in files:
        disk = disk_speed(file)
        if disk > 0:
            return Speeds(memory, disk, disk_measured=True)
    return Speeds(memory)


def memory_speed(threads: int) -> float:
    """Bytes a second that so many threads read from memory together; the assumed figure where libc is silent."""
    try:
        scan = ctypes.CDLL(None if sys.platform != "win32" else "msvcrt").memchr
    except (OSError, AttributeError, TypeError):
        return ASSUMED_MEMORY
    scan.argtypes, scan.restype = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], ctypes.c_void_p
    threads = max(1, threads)
    with contextlib.ExitStack() as stack:
        blocks = [stack.enter_context(_block(_MEMORY_BYTES)) for _ in range(threads)]
        best = 0.0
        for _ in range(_MEMORY_ROUNDS):
            # Not a byte is found, so that each block is read to its end; ctypes lets go of the interpreter meanwhile.
            # Time on the processor, not on the wall: a core that another program holds is not slow memory.
            times: list[float] = []
            _together([partial(_timed, partial(scan, at, 1, _MEMORY_BYTES), times) for at in blocks])
            best = max(best, sum(_MEMORY_BYTES / seconds for seconds in times))
    return best


def disk_speed(file: Path) -> float:
    """Bytes a second of reads at random places in a file, four at a time, past the page cache; 0 where that cannot be
    measured."""
    if not hasattr(os, "O_DIRECT"):
        return 0.0
    try:
        size = file.stat().st_size
        if size < _BIG_ENOUGH:
            return 0.0
        descriptor = os.open(file, os.O_RDONLY | os.O_DIRECT)
    except OSError as error:
        log.info("the disk's speed cannot be measured with %s: %s", file, error)
        return 0.0
    chance = random.Random(0)  # noqa: S311 - places to read from
    places = [chance.randrange(size // _DISK_READ) * _DISK_READ for _ in range(_DISK_READS)]
    failed: list[OSError] = []

    def read(mine: list[int], into: mmap.mmap) -> None:
        try:
            for place in mine:
                os.preadv(descriptor, [into], place)
        except OSError as error:
            failed.append(error)

    try:
        with contextlib.ExitStack() as stack:
            work: list[Callable[[], object]] = []
            for number in range(_DISK_THREADS):
                into = stack.enter_context(contextlib.closing(mmap.mmap(-1, _DISK_READ)))  # on a page's border
                work.append(partial(read, places[number::_DISK_THREADS], into))
            seconds = _together(work)
    finally:
        os.close(descriptor)
    if failed:
        log.info("the disk's speed cannot be measured with %s: %s", file, failed[0])
        return 0.0
    return _DISK_READS * _DISK_READ / seconds


@contextlib.contextmanager
def _block(size: int) -> Iterator[int]:
    """The address of memory that is really there (untouched pages are all one page of zeros)."""
    with mmap.mmap(-1, size) as held:
        view = ctypes.c_char.from_buffer(held)
        try:
            ctypes.memset(ctypes.addressof(view), 2, size)
            yield ctypes.addressof(view)
        finally:
            del view


def _timed(function: Callable[[], object], times: list[float]) -> None:
    """Adds the processor time that a function took in this thread, seconds."""
    before = time.thread_time()
    function()
    times.append(max(1e-3, time.thread_time() - before))


def _together(work: list[Callable[[], object]]) -> float:
    """Seconds until all functions, each in a thread of its own, are over."""
    begin = threading.Barrier(len(work) + 1)

    def run(function: Callable[[], object]) -> None:
        begin.wait()
        function()

    threads = [threading.Thread(target=run, args=(function,), daemon=True) for function in work]
    for thread in threads:
        thread.start()
    begin.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return max(1e-6, time.perf_counter() - start)


def measure_apart(threads: int, files: list[Path]) -> Speeds:
    """`measure` in a process of its own: in the window's, a thread waits for the interpreter between two reads, and the
    disk looks eight times slower than it is. Without such a process (it failed, or took too long) in this one."""
    command = own_process.command("thimble.speeds", str(threads), *map(str, files))
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=APART_SECONDS, check=True)
        data = json.loads(done.stdout)
        return Speeds(float(data["memory"]), float(data["disk"]), bool(data["disk_measured"]))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        log.info("speeds are measured in this process: %s", error)
        return measure(threads, files)


def remembered(file: Path, threads: int, files: list[Path]) -> Speeds:
    """What was measured here before, measured again when that is a day old (at first after a minute); the better of old
    and new counts, because whatever else runs at the moment makes both slower.

    Args:
        file: where it is kept.
        threads, files: see `measure`.
    """
    try:
        data = json.loads(file.read_text("utf-8"))
        old = Speeds(float(data["memory"]), float(data["disk"]), bool(data["disk_measured"]))
        age, times, tried = time.time() - float(data["time"]), int(data["times"]), bool(data.get("disk_tried"))
    except (OSError, ValueError, KeyError, TypeError):
        old, age, times, tried = Speeds(0.0, 0.0), AGE_S, 0, False
    files = [each for each in files if _is_big(each)]
    # A disk that cannot be measured (small files only, a file system without direct reads) is not tried at every look.
    if 0 <= age < (AGE_S if times >= ENOUGH else SOON_S) and (old.disk_measured or tried or not files):
        return old
    new = measure_apart(threads, files)
    measured = new.disk_measured or old.disk_measured
    disk = max(new.disk if new.disk_measured else 0.0, old.disk if old.disk_measured else 0.0) or ASSUMED_DISK
    return _keep(file, Speeds(max(new.memory, old.memory), disk, measured), times + 1, disk_tried=bool(files))


def renewed(file: Path, threads: int, files: list[Path]) -> Speeds:
    """What is measured now, whatever was kept: somebody asked for it. Three rounds, of which the best count.

    Args:
        file, threads, files: see `remembered`.
    """
    rounds = [measure_apart(threads, files) for _ in range(3)]
    disks = [one.disk for one in rounds if one.disk_measured]
    found = Speeds(max(one.memory for one in rounds), max(disks, default=ASSUMED_DISK), bool(disks))
    return _keep(file, found, ENOUGH, disk_tried=any(map(_is_big, files)))


def _is_big(file: Path) -> bool:
    try:
        return file.stat().st_size >= _BIG_ENOUGH
    except OSError:
        return False


def _keep(file: Path, found: Speeds, times: int, *, disk_tried: bool) -> Speeds:
    kept = {**asdict(found), "time": time.time(), "times": times, "disk_tried": disk_tried}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(kept), "utf-8")
    except OSError as error:
        log.info("the machine's speeds are not kept: %s", error)
    return found


def main(arguments: list[str]) -> int:
    """The program of `measure_apart`: threads and files; prints JSON."""
    sys.stdout.write(json.dumps(asdict(measure(int(arguments[0]), [Path(file) for file in arguments[1:]]))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
