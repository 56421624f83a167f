"""Whether a model can see: which projector is loaded with it, or why none is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from thimble.engine.cancel import CancelFlag
from thimble.engine.fit import MIB, size
from thimble.engine.projector import Projector
from thimble.errors import Code, ThimbleError, to_translate
from thimble.modelfile import ModelHeader
from thimble.modelfile.projectors import beside, check_projector
from thimble.protocol import NO_PROJECTOR, LoadOptions

log = logging.getLogger(__name__)

_WORKING: Final = 96 * MIB
"""Taken for reading pictures before a projector is there to be measured."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a model sees by.

    Attributes:
        path: of the projector; None for a model that cannot see.
        bytes: what it is going to take, about.
        chosen: whether a person named it: then a failure ends the load, else the model is loaded without it.
        missing: why there is none, as a sentence.
    """

    path: Path | None = None
    bytes: int = 0
    chosen: bool = False
    missing: str = ""

    def without(self, error: ThimbleError) -> Sight:
        """This failed: the model is loaded without it.

        Raises:
            ThimbleError: somebody wants just this projector.
        """
        if self.chosen or error.problem.code == Code.CANCELLED:
            raise error
        log.warning("%s is not used: %s (%s)", self.path, error, error.problem.detail)
        return Sight(missing=error.problem.sentence)

    def within(self, check: Callable[[int], object]) -> Sight:
        """The same, or none where the memory limit leaves no room for it.

        Args:
            check: raises `ThimbleError` when so many bytes are too much beside the model.
        """
        if self.path is None or self.chosen:
            return self
        try:
            check(self.bytes)
        except ThimbleError:
            return Sight(
                missing=to_translate(f"Its projector takes {size(self.bytes)} more than the memory limit leaves.")
            )
        return self


def look_for(header: ModelHeader, options: LoadOptions) -> Sight:
    """The projector to be loaded; its header is sound.

    Raises:
        ThimbleError: the one that was chosen cannot serve.
    """
    if options.projector == NO_PROJECTOR:
        return Sight(missing=to_translate("Pictures are turned off in its settings."))
    if options.projector:
        sight = Sight(Path(options.projector), chosen=True)
    else:
        found = beside(header.path)
        if not found:
            return Sight(missing=to_translate("There is no projector (a file named mmproj…gguf) beside it."))
        sight = Sight(found[0])
    assert sight.path is not None  # noqa: S101 - set on both ways
    try:
        return replace(sight, bytes=check_projector(sight.path).file_bytes + _WORKING)
    except ThimbleError as error:
        return sight.without(error)


def open_projector(
    sight: Sight, model: Any, threads: int, batch: int, cancel: CancelFlag
) -> tuple[Projector | None, Sight]:
    """Loads the projector; see `Projector` for the arguments.

    Raises:
        ThimbleError: the one that was chosen cannot serve, or the load was cancelled.
    """
    if sight.path is None:
        return None, sight
    try:
        return Projector(sight.path, model, threads, batch, cancel), sight
    except ThimbleError as error:
        return None, sight.without(error)
