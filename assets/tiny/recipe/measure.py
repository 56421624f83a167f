"""What a learned router does, measured in Thimble's engine while the guide answers.

    python -m assets.tiny.recipe.measure GUIDE.gguf --data FOLDER --out FIGURES.json [--traces FOLDER]

Three kinds of text: questions of the handbook, stories, small talk with explanations. For each: how often each expert
of each layer is used, how many of the chosen experts' neurons are on, how often the guess for the next layer is right;
and what caches of several sizes would have held (LRU, Thimble's LRFU, Belady's optimum).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from assets.tiny.recipe.conversations import Conversation, read
from assets.tiny.recipe.guide import Guide
from thimble.engine.experts import LayerInfo, Policy, RouteRecord, replay

TEXTS: Final = {"handbook": ("handbook",), "stories": ("story",), "talk": ("smalltalk", "explain")}
CAPACITIES: Final = (0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
POLICIES: Final = {"LRU": Policy.LRU, "LRFU (Thimble)": Policy.LRFU, "Belady": Policy.BELADY}
_SEED: Final = 11
_CACHE: Final = 3 << 20
"""A quarter of the experts: where all fit nobody guesses."""
_KEPT_RECORDS: Final = 8 * 800
"""Of each trace, for the tests: a record is a layer's in a ubatch."""
Floats = npt.NDArray[np.float64]


def measure(path: Path, conversations: Sequence[Conversation], questions: int) -> tuple[dict[str, Any], list[Any]]:
    """Figures of a guide, and the traces they come from, one for each kind of text.

    Args:
        path: the GGUF.
        conversations: whose questions are asked.
        questions: of each kind.
    """
    figures: dict[str, Any] = {"texts": {}}
    traces = []
    everything: list[RouteRecord] = []
    with Guide(path, expert_cache=_CACHE) as guide:
        for name, kinds in TEXTS.items():
            asked = _some([each for each in conversations if each.kind in kinds], questions)
            before, guesses = guide.layers(), guide.guesses()
            guide.record()
            for question in asked:
                guide.ask(question)
            trace = guide.recorded()
            after = guide.layers()
            told = [now - then for now, then in zip(guide.guesses(), guesses, strict=True)]
            figures["texts"][name] = {
                "tokens": sum(len(record.routes) for record in trace if record.layer == 0),
                "frequencies": frequencies(trace, len(after), after[0].n_experts).round(4).tolist(),
                "neurons_off": _off(before, after),
                "guesses": told[0],
                "guesses_right": told[1] / max(1, told[0]),
            }
            everything += trace
            traces.append(trace)
    figures["hits"] = hit_rates(everything, len(after) * after[0].n_experts)
    figures["specialisation"] = specialisation([np.array(text["frequencies"]) for text in figures["texts"].values()])
    return figures, traces


def frequencies(trace: Sequence[RouteRecord], layers: int, experts: int) -> Floats:
    """Share of the tokens that use an expert; [layers, experts]."""
    uses, tokens = np.zeros((layers, experts)), np.zeros((layers, 1))
    for record in trace:
        tokens[record.layer] += len(record.routes)
        np.add.at(uses[record.layer], np.asarray(record.routes, np.intp).ravel(), 1)
    found: Floats = uses / np.maximum(tokens, 1)
    return found


def hit_rates(trace: Sequence[RouteRecord], experts: int) -> dict[str, list[float]]:
    """By policy, for each of `CAPACITIES`; the first quarter only fills the cache."""
    rates: dict[str, list[float]] = {}
    for name, policy in POLICIES.items():
        for share in CAPACITIES:
            found = replay(trace, int(share * experts), policy, count_from=len(trace) // 4)
            rates.setdefault(name, []).append(round(found.hits / found.uses, 4))
    return rates


def specialisation(by_text: Sequence[Floats]) -> list[float]:
    """How far the kinds of text are from using the same experts, by layer: the total variation distance between the
    shares of uses, averaged over pairs; 0: alike, 1: no expert in common."""
    shares = [each / each.sum(axis=1, keepdims=True) for each in by_text]
    pairs = [(a, b) for at, a in enumerate(shares) for b in shares[at + 1 :]]
    distance = np.mean([0.5 * np.abs(a - b).sum(axis=1) for a, b in pairs], axis=0)
    return [round(float(value), 4) for value in distance]


def _off(before: Sequence[LayerInfo], after: Sequence[LayerInfo]) -> list[float]:
    """Share of the chosen experts' neurons that the ReLU switched off, by layer; tokens that came one by one."""
    return [
        round(1 - (now.neurons_active - then.neurons_active) / max(1, now.neurons - then.neurons), 4)
        for then, now in zip(before, after, strict=True)
    ]


def _some(conversations: Sequence[Conversation], count: int) -> list[str]:
    """Questions, each id about as often as the others."""
    random = np.random.default_rng(_SEED)
    by_id: dict[str, list[str]] = {}
    for each in conversations:
        by_id.setdefault(each.id, []).append(each.question)
    ids = sorted(by_id)
    chosen = [ids[int(at)] for at in random.permutation(len(ids))]
    return [
        by_id[chosen[at % len(ids)]][int(random.integers(len(by_id[chosen[at % len(ids)]])))] for at in range(count)
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.measure", description=__doc__)
    parser.add_argument("guide", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=60, help="of each kind")
    parser.add_argument("--traces", type=Path, default=None, help="folder for the beginnings of the traces, as .npz")
    given = parser.parse_args()
    figures, traces = measure(given.guide, read(given.data), given.questions)
    given.out.write_text(json.dumps(figures) + "\n", "utf-8")
    if given.traces:
        given.traces.mkdir(parents=True, exist_ok=True)
        for name, trace in zip(TEXTS, traces, strict=True):
            np.savez_compressed(given.traces / f"{name}.npz", values=packed(trace[:_KEPT_RECORDS]))
    for name, text in figures["texts"].items():
        off = ", ".join(f"{value:.2f}" for value in text["neurons_off"])
        sys.stdout.write(f"{name}: {text['tokens']} tokens, neurons off by layer {off}; ")
        sys.stdout.write(f"guesses for the next layer right: {text['guesses_right']:.1%} of {text['guesses']}\n")
    sys.stdout.write("capacity " + " ".join(f"{share:.0%}" for share in CAPACITIES) + "\n")
    for name, rates in figures["hits"].items():
        sys.stdout.write(f"{name} " + " ".join(f"{rate:.3f}" for rate in rates) + "\n")
    sys.stdout.write(f"specialisation by layer: {figures['specialisation']}\n")


def packed(trace: Sequence[RouteRecord]) -> npt.NDArray[np.int16]:
    """A trace as the engine's own values: layer, tokens, experts of each, and their numbers."""
    values: list[int] = []
    for record in trace:
        values += [record.layer, len(record.routes), len(record.routes[0])]
        for route in record.routes:
            values += route
    return np.array(values, np.int16)


if __name__ == "__main__":
    main()
