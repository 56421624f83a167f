"""Runs the benchmarks and prints their figures: `.venv/bin/python -m tests.benchmarks [NAME…] [--json] [--seconds S]`.

Alone on the machine: llama.cpp's threads wait for each other by spinning, so a second busy program changes everything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial

from tests.benchmarks import answers, api_load, dashboard, kills, window
from tests.benchmarks.figures import Figure, report
from tests.benchmarks.soak import run as soak
from thimble import paths
from thimble.library import starter


def main() -> int:
    """Prints every figure as soon as it is measured; 1 when a goal was missed."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="start, stream, real, chat, dashboard, kills, first-token, api, decode; soak only when it is named",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--seconds", type=float, default=60, help="length of the streams")
    parser.add_argument("--times", type=int, default=100, help="how often is killed")
    parser.add_argument("--seed", type=int, default=1, help="of the moments of the kills and of the long run's acts")
    parser.add_argument("--minutes", type=float, default=15, help="length of the long run")
    options = parser.parse_args()
    model = starter.install(paths.default_models_dir())
    benchmarks: dict[str, Callable[[], list[Figure]]] = {
        "start": partial(window.start, model),
        "stream": partial(window.stream, options.seconds),
        "real": partial(window.real, model, options.seconds),
        "chat": partial(window.long_chat, 2000),
        "dashboard": partial(dashboard.dashboard, min(options.seconds, 20)),
        "kills": partial(kills.kills, options.times, options.seed),
        "first-token": partial(answers.first_token, model),
        "api": partial(api_load.api_load, model),
        "decode": partial(answers.decode_speed, model),
    }
    by_name: dict[str, Callable[[], list[Figure]]] = {"soak": partial(soak.soak, model, options.minutes, options.seed)}
    unknown = set(options.names) - set(benchmarks) - set(by_name)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(benchmarks | by_name)}")
    missed = False
    for name in options.names or benchmarks:
        figures = (benchmarks | by_name)[name]()
        sys.stdout.write(report(figures, as_json=options.json) + "\n")
        sys.stdout.flush()
        missed = missed or any(figure.met is False for figure in figures)
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
