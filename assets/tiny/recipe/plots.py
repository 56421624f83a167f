"""Draws what `measure` found, as SVG.

python -m assets.tiny.recipe.plots FIGURES.json FOLDER
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from assets.tiny.recipe.measure import CAPACITIES

_STYLE: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "thimble",  # the same picture each time
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}
_COLOURS: Final = ("#8a8f98", "#3d6fd1", "#2f9e6e")


def frequencies(figures: dict[str, Any], path: Path) -> None:
    """A map of layers and experts for each kind of text."""
    texts = figures["texts"]
    most = max(max(map(max, text["frequencies"])) for text in texts.values())
    figure, axes = plt.subplots(len(texts), 1, figsize=(7.2, 5.4), sharex=True, layout="constrained")
    for axis, (name, text) in zip(axes, texts.items(), strict=True):
        image = axis.imshow(np.array(text["frequencies"]), cmap="viridis", vmin=0, vmax=most, aspect="auto")
        axis.set_title(f"{name}, {text['tokens']} tokens", loc="left")
        axis.set_ylabel("layer")
    axes[-1].set_xlabel("expert")
    figure.colorbar(image, ax=axes, label="share of tokens that use it", fraction=0.03)
    _save(figure, path)


def popularity(figures: dict[str, Any], path: Path) -> None:
    """How often experts are used, the most used first, averaged over layers."""
    figure, axis = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
    for colour, (name, text) in zip(_COLOURS, figures["texts"].items(), strict=True):
        ordered = np.sort(np.array(text["frequencies"]), axis=1)[:, ::-1].mean(axis=0)
        axis.plot(range(1, len(ordered) + 1), ordered, label=name, color=colour)
    axis.set_xlabel("expert, most used first")
    axis.set_ylabel("share of tokens")
    axis.set_ylim(bottom=0)
    axis.legend(frameon=False)
    _save(figure, path)


def neurons(figures: dict[str, Any], path: Path) -> None:
    """Neurons that are off, by layer."""
    figure, axis = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
    for colour, (name, text) in zip(_COLOURS, figures["texts"].items(), strict=True):
        axis.plot(range(len(text["neurons_off"])), text["neurons_off"], marker="o", label=name, color=colour)
    axis.set_xlabel("layer")
    axis.set_ylabel("neurons of chosen experts that are off")
    axis.set_ylim(0, 1)
    axis.legend(frameon=False)
    _save(figure, path)


def hits(figures: dict[str, Any], path: Path) -> None:
    """Hit rates by capacity."""
    figure, axis = plt.subplots(figsize=(5.4, 3.2), layout="constrained")
    for colour, (name, rates) in zip(_COLOURS, figures["hits"].items(), strict=True):
        axis.plot([100 * share for share in CAPACITIES], rates, marker="o", label=name, color=colour)
    axis.set_xlabel("experts that fit, %")
    axis.set_ylabel("found in memory")
    axis.set_ylim(0, 1)
    axis.legend(frameon=False)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.plots", description=__doc__)
    parser.add_argument("figures", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    mpl.use("svg")
    mpl.rcParams.update(_STYLE)
    figures = json.loads(given.figures.read_text("utf-8"))
    given.folder.mkdir(parents=True, exist_ok=True)
    for draw in (frequencies, popularity, neurons, hits):
        draw(figures, given.folder / f"tiny-{draw.__name__}.svg")


if __name__ == "__main__":
    main()
