"""Whether a model fits into the memory limit, decided before it is loaded."""

from __future__ import annotations

from typing import Final

import psutil

from thimble.errors import Code, ThimbleError
from thimble.modelfile import F16_CACHE, ModelHeader, estimate_memory

GIB: Final = 2**30
MIB: Final = 2**20
_HISTORY_SHARE: Final = 16


def check_memory(
    header: ModelHeader, context: int, limit: int, cache: tuple[str, str] = F16_CACHE, more: int = 0
) -> bool:
    """Refuses a model that needs more than the limit; decides how its weights are kept.

    llama.cpp can keep a second, re-arranged copy of most weights ("repack") which computes faster. The copy is made
    only where the model fits twice: into the limit if there is one, else into the memory that is free now.

    Args:
        header: the model.
        context: KV-cache length in tokens.
        limit: bytes; 0 for none.
        cache: types of keys and values.
        more: bytes of what is loaded beside it.

    Returns:
        whether the weights may be repacked.

    Raises:
        ThimbleError: OUT_OF_MEMORY, with what is needed and the limit.
    """
    estimate = estimate_memory(header, context, cache=cache)
    if limit and estimate.total + more > limit:
        raise ThimbleError(
            Code.OUT_OF_MEMORY,
            f"This model needs about {size(estimate.total + more)} of memory, but the limit is {size(limit)}.",
            "Raise the memory limit in the settings, shorten the context, or choose a smaller model.",
            f"{header.path}: weights {estimate.weights}, KV {estimate.kv_cache}, compute {estimate.compute} bytes",
        )
    room = limit or int(psutil.virtual_memory().available)
    return estimate.total + more + estimate.weights <= room


def history_room(header: ModelHeader, context: int, limit: int, cache: tuple[str, str], *, repack: bool) -> int:
    """The most that window layers' dropped rows may take beside a dense model, bytes: what the limit leaves; without a
    limit a sixteenth of the memory that is free now.

    Args:
        header, context, limit, cache: as for `check_memory`.
        repack: what that said: whether weights are kept twice.
    """
    if not limit:
        return int(psutil.virtual_memory().available) // _HISTORY_SHARE
    estimate = estimate_memory(header, context, cache=cache)
    return max(0, limit - estimate.total - (estimate.weights if repack else 0))


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"
