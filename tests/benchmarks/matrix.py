"""Decode in memory against stock: weight types × architectures × threads, engines taking turns.

    .venv/bin/python -m tests.benchmarks.matrix FOLDER [--rounds 6] [--tokens 20]

Models of a few layers with random blocks and experts of a usual size; everything in a model but its norms and router
is of the one type. "Equal" says that the logits of greedy steps are stock's bit for bit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from gguf import GGMLQuantizationType as Type

from tests.benchmarks.turns import STOCK_PYTHON, Contender, Player, ratios, take_turns
from tests.helpers.moe_models import Architecture, Sizes, write_moe

KINDS: Final = (Type.Q4_0, Type.Q4_K, Type.Q5_K, Type.Q6_K, Type.Q8_0, Type.MXFP4)
ARCHITECTURES: Final = (Architecture.SMALLTHINKER, Architecture.QWEN3MOE, Architecture.GPT_OSS, Architecture.DEEPSEEK2)
_DIGEST: Final = 16


def sizes(kind: Type) -> Sizes:
    """About those of a 4B model, with fewer layers."""
    return Sizes(
        width=1536, hidden=768, heads=12, kv_heads=2, head=128, layers=8, experts=16, used=4, window=128,
        dense=kind, quick=True,
    )  # fmt: skip


def cell(path: Path, threads: int, rounds: int, tokens: int) -> dict[str, Any]:
    """One model with so many threads: ratios by round, and whether logits are equal."""
    ours = Contender("ours", Path(sys.executable), threads=threads)
    stock = Contender("stock", STOCK_PYTHON, stock=True, threads=threads)
    with ExitStack() as stack:
        players = [stack.enter_context(Player(contender, path)) for contender in (ours, stock)]
        digests = {player.ask({"digest": _DIGEST})["digest"] for player in players}
        seconds = take_turns(players, rounds, {"tokens": tokens})
    return {
        "ratios": ratios(seconds, "ours", "stock"),
        "tokens_per_s": {name: 1 / statistics.median(found) for name, found in seconds.items()},
        "equal": len(digests) == 1,
    }


def table(cells: Sequence[dict[str, Any]]) -> str:
    """Markdown: a row for each type, in its cells the median ratio with 1 and with 2 threads."""
    found = {(cell["kind"], cell["architecture"], cell["threads"]): cell for cell in cells}
    kinds = list(dict.fromkeys(cell["kind"] for cell in cells))
    architectures = list(dict.fromkeys(cell["architecture"] for cell in cells))
    counts = sorted({cell["threads"] for cell in cells})
    rows = ["||" + "|".join(architectures) + "|", "|---" * (len(architectures) + 1) + "|"]
    for kind in kinds:
        words = []
        for architecture in architectures:
            of = [found[kind, architecture, count] for count in counts if (kind, architecture, count) in found]
            marks = "".join("" if cell["equal"] else "*" for cell in of[:1])
            words.append(" / ".join(f"{statistics.median(cell['ratios']):.2f}" for cell in of) + marks)
        rows.append(f"|{kind}|" + "|".join(words) + "|")
    every = [statistics.median(cell["ratios"]) for cell in cells]
    rows.append("")
    rows.append(f"Median {statistics.median(every):.2f}, least {min(every):.2f}; * logits are not stock's.")
    return "\n".join(rows) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.matrix", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tokens", type=int, default=20)
    parser.add_argument("--architectures", nargs="+", default=[str(name) for name in ARCHITECTURES])
    parser.add_argument("--types", nargs="+", default=[kind.name for kind in KINDS])
    options = parser.parse_args()
    cells = []
    for architecture in map(Architecture, options.architectures):
        for kind in (Type[name] for name in options.types):
            path = options.folder / f"{architecture}-{kind.name}.gguf"
            write_moe(path, architecture, kinds=(kind,), sizes=sizes(kind))
            for threads in (1, 2):
                found = cell(path, threads, options.rounds, options.tokens)
                cells.append({"kind": kind.name, "architecture": str(architecture), "threads": threads, **found})
                sys.stderr.write(json.dumps({**cells[-1], "ratios": [round(r, 3) for r in found["ratios"]]}) + "\n")
            path.unlink()
    sys.stdout.write(table(cells))


if __name__ == "__main__":
    main()
