"""The arguments of `thimble bench`; nothing is imported before it runs, so that other commands start quickly."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from thimble.protocol import CacheType

CACHE_TYPES: Final = tuple(kind.value for kind in CacheType)
"""How a context's keys and values can be kept."""


def add_parser(commands: Any, size: Callable[[str], int], count: Callable[[str], float]) -> None:
    """Adds `bench` to the commands.

    Args:
        commands: what `add_subparsers` returned.
        size: reads "1GiB".
        count: reads a positive whole number.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "bench", help="measure how fast a model runs in a memory limit, against the stock engine"
    )
    parser.add_argument("--model", required=True, type=Path, help="a GGUF file")
    parser.add_argument("--memory", type=size, default=0, help="memory limit, e.g. 1GiB (default: what is free)")
    parser.add_argument("--expert-cache", type=size, default=0, help="memory for the experts alone")
    parser.add_argument("--policy", choices=("lrfu", "lru", "lfu", "none"), default="lrfu", help="which experts stay")
    for letter, what in (("k", "keys"), ("v", "values")):
        parser.add_argument(
            f"--cache-{letter}",
            choices=CACHE_TYPES,
            default=CacheType.F16.value,
            help=f"how the context's {what} are kept, in all engines",
        )
    parser.add_argument("--ctx", type=count, default=2048, help="context length in tokens")
    parser.add_argument("--tokens-file", type=Path, default=None, help="whole numbers; default: tokens at random")
    parser.add_argument("--prompt-tokens", type=count, default=128, help="tokens of the prompt")
    parser.add_argument("--gen-tokens", type=count, default=192, help="tokens decoded one by one")
    parser.add_argument("--threads", type=count, default=None, help="compute threads (default: one per core)")
    parser.add_argument("--repeat", type=count, default=3, help="rounds; every round runs each engine once")
    parser.add_argument("--vs-stock", action="store_true", help="run the stock engine in between")
    parser.add_argument("--engines", default="", help="only these, by their names in the output, with commas")
    parser.add_argument("--stock-python", type=Path, default=None, help="Python of the stock engine's environment")
    parser.add_argument("--seconds", type=count, default=60, help="a run's decode ends after so many")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from thimble.engine.bench.command import run

    return run(options)
