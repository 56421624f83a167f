"""A download that is killed (kill -9) again and again: is it one whole file in the end, and did anything come twice?

.venv/bin/python -m tests.benchmarks.killed_download [--gib 2] [--kills 20] [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from huggingface_hub import try_to_load_from_cache

from tests.helpers.hub_server import COMMIT, Content, Repo, hub_server
from thimble.library.choices import HubFile
from thimble.library.hub_cache import HubCache
from thimble.library.orders import Order, write_orders

REPOSITORY: Final = "anna/small-GGUF"
_POLL_S: Final = 0.002


@dataclass
class Found:
    """What was seen.

    Attributes:
        kills: how many times it was killed.
        hash_is_right, files: of the file in the end: its SHA-256, and how many files are in the cache.
        starts: the byte at which each run asked the server to begin.
        sizes_on_disk: the bytes on the disk before each of these runs.
        sent: bytes that the server gave away, those in the socket of a killed program included.
        seconds: all together.
    """

    kills: int = 0
    hash_is_right: bool = False
    files: int = 0
    starts: list[int] = field(default_factory=list)
    sizes_on_disk: list[int] = field(default_factory=list)
    sent: int = 0
    seconds: float = 0.0


def kill_again_and_again(folder: Path, size: int, kills: int, seed: int = 1) -> Found:
    """Downloads `size` bytes from a server on this computer and kills the program at random moments.

    Args:
        folder: where cache and queue are kept; empty.
        size: of the file, bytes.
        kills: how many times.
        seed: of the moments.
    """
    content = Content.big(size)
    file = HubFile("big.gguf", size, content.sha256)
    cache, queue = folder / "hub", folder / "downloads.json"
    write_orders(queue, [Order(REPOSITORY, COMMIT, "Q4_0", (file,), str(cache))])
    place = HubCache(cache, REPOSITORY)
    part = place.part(file)
    chance = random.Random(seed)
    found = Found()
    pause = threading.Event()
    began = time.monotonic()

    def here() -> int:
        return part.stat().st_size if part.exists() else 0

    with hub_server() as hub:
        hub.add(Repo(REPOSITORY, {"big.gguf": content}))
        while True:
            before, asked = here(), len(hub.of("data"))
            child = subprocess.Popen([sys.executable, "-m", "tests.helpers.download_once", str(queue), hub.url])
            more = chance.randrange(size // (kills + 2))
            while child.poll() is None:
                if found.kills < kills and len(hub.of("data")) > asked and here() - before >= more:
                    child.send_signal(signal.SIGKILL)
                    found.kills += 1
                    break
                pause.wait(_POLL_S)
            code = child.wait()
            runs = hub.of("data")[asked:]
            found.starts += [seen.start for seen in runs]
            found.sizes_on_disk += [before] * len(runs)
            if code == 0:
                break
            if code != -signal.SIGKILL:
                raise RuntimeError(f"the download ended with {code}")
        found.sent = sum(seen.sent for seen in hub.of("data"))
    found.seconds = time.monotonic() - began
    path = try_to_load_from_cache(REPOSITORY, file.path, cache_dir=cache)
    if isinstance(path, str):
        with Path(path).open("rb") as opened:
            found.hash_is_right = hashlib.file_digest(opened, "sha256").hexdigest() == content.sha256
    found.files = len(list((place.folder / "blobs").iterdir()))
    return found


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=2.0, help="size of the file")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--folder", type=Path, help="where (default: a temporary folder)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="thimble-killed-") as folder:
        size = int(options.gib * 2**30)
        found = kill_again_and_again(Path(folder), size, options.kills)
    again = sum(max(0, disk - start) for start, disk in zip(found.starts, found.sizes_on_disk, strict=True))
    print(f"{size / 2**30:.2f} GiB, killed {found.kills} times, {found.seconds:.0f} s")
    print(f"hash right: {found.hash_is_right}; files in the cache: {found.files}")
    print(f"asked again for bytes that were on the disk: {again}")
    print(f"given away by the server beyond the file (in the sockets of killed programs): {found.sent - size}")
    return 0 if found.hash_is_right and found.files == 1 and again == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
