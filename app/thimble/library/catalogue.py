"""The curated models of `assets/catalogue.json`: what their authors publish; the hub's word wins when online.

Sizes are not in it: they follow from the number of weights, until the hub tells the real ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from thimble import paths
from thimble.library.names import is_repository
from thimble.modelfile.forecast import EARLY, Facts

VERSION: Final = 1
_MIB: Final = 2**20
_BITS: Final = {"Q8_0": 8.5, "Q4_K_M": 4.85, "Q4_0": 4.55, "MXFP4": 4.6}
"""Bits for each weight of a file on average, its larger types for embeddings and output included."""
_COMPUTE: Final = 200 * _MIB
_KV: Final = 200 * _MIB
"""Roughly, at the default context; the header knows better."""


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A curated model.

    Attributes:
        id: names it in the catalogue.
        name, summary: for people; the summary is an English source text.
        repository: "author/name" of its GGUF files.
        quantization: the one that is suggested.
        licence: the hub's short name.
        architecture: llama.cpp's name.
        parameters, active_parameters: weights, and those that a token uses.
        layers: blocks.
        experts, experts_used: in a layer and for a token; 0 for a dense model.
        context: tokens it was trained for.
    """

    id: str
    name: str
    summary: str
    repository: str
    quantization: str
    licence: str
    architecture: str
    parameters: int
    active_parameters: int
    layers: int
    experts: int
    experts_used: int
    context: int

    @property
    def file_bytes(self) -> int:
        """About the size of the suggested file."""
        return round(self.parameters * _BITS.get(self.quantization, 4.85) / 8)

    @property
    def facts(self) -> Facts:
        """What the forecast needs, from the published numbers of weights."""
        size = self.file_bytes
        if not self.experts:
            return Facts(
                size,
                size,
                0,
                0,
                0,
                0,
                0,
                self.layers,
                _KV,
                _COMPUTE,
                weights=float(self.active_parameters),
                repacked=size,
            )
        active = size * self.active_parameters / self.parameters
        experts = round((size - active) / (1 - self.experts_used / self.experts))
        experts = min(experts, size)
        return Facts(
            size,
            size - experts,
            0,
            experts,
            self.experts,
            self.experts_used,
            self.layers,
            self.layers,
            _KV,
            _COMPUTE,
            weights=float(self.active_parameters),
            early=self.architecture in EARLY,
        )


def parse(text: str) -> tuple[CatalogueModel, ...]:
    """The models of a catalogue.

    Raises:
        ValueError: it is no catalogue of this version; says what is wrong and where.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("version") != VERSION or not isinstance(data.get("models"), list):
        raise ValueError(f"not a catalogue of version {VERSION}")
    if set(data) != {"version", "models"}:
        raise ValueError(f"unknown keys: {sorted(set(data) - {'version', 'models'})}")
    models = tuple(_model(entry, index) for index, entry in enumerate(data["models"]))
    for key in ("id", "repository"):
        seen = [getattr(model, key) for model in models]
        if len(set(seen)) != len(seen):
            raise ValueError(f"an {key} occurs twice")
    return models


@cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """The bundled catalogue."""
    return parse((Path(paths.assets_dir()) / "catalogue.json").read_text("utf-8"))


def _model(entry: Any, index: int) -> CatalogueModel:
    known = {field.name: {"str": str, "int": int}[str(field.type)] for field in fields(CatalogueModel)}
    if not isinstance(entry, dict) or set(entry) != set(known):
        found = set(entry) if isinstance(entry, dict) else set()
        raise ValueError(f"model {index}: missing {sorted(set(known) - found)}, unknown {sorted(found - set(known))}")
    for key, kind in known.items():
        if type(entry[key]) is not kind:
            raise ValueError(f"model {index}: {key} is no {kind.__name__}")
    model = CatalogueModel(**entry)
    if not is_repository(model.repository):
        raise ValueError(f"model {index}: {model.repository!r} is no repository")
    if not 0 < model.active_parameters <= model.parameters or model.layers <= 0 or model.context <= 0:
        raise ValueError(f"model {index}: a number is out of range")
    if (model.experts == 0) != (model.experts_used == 0) or not 0 <= model.experts_used <= max(0, model.experts - 1):
        raise ValueError(f"model {index}: {model.experts_used} of {model.experts} experts")
    if not all((model.id, model.name, model.summary, model.quantization, model.licence, model.architecture)):
        raise ValueError(f"model {index}: a text is empty")
    return model
