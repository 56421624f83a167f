"""Thimble's own interface (`/thimble/…`) for the OpenAPI description: what windows, terminals and `thimble top` ask."""

from __future__ import annotations

from typing import Any, Final

from thimble import protocol
from thimble.server.door_endpoints import DoorBody
from thimble.server.schemas.body import Body
from thimble.server.schemas.control import LoadBody, MemoryBody, OutlookBody, ReplayBody, TemplateBody, TraceBody

GETS: Final[tuple[tuple[str, str, tuple[str, ...], bool], ...]] = (
    (protocol.STATUS, "The engine at this moment", (), False),
    (protocol.ATTACH, "Holds the engine alive while it is read: its status at every change", ("role",), True),
    (protocol.MEMORY, "How memory is divided", (), False),
    (protocol.EXPERTS, "How often each expert was used, and whether it is in memory", ("packed",), False),
    (protocol.TRACE, "The routes recorded since the last call", (), False),
    (protocol.ANSWERS, "Timings of the last answers", ("after",), False),
    (protocol.TELEMETRY, "Counters and gauges while the engine works", (), True),
    (protocol.DOORS, "How a door for other programs is", ("name",), False),
    (protocol.REQUESTS, "The last requests of other programs, without a word of them", (), False),
)
"""Path, summary, names of what may be asked in the address, and whether the answer is a stream."""

POSTS: Final[tuple[tuple[str, str, type[Body], bool], ...]] = (
    (protocol.LOAD, "Loads a model", LoadBody, False),
    (protocol.UNLOAD, "Frees the model", Body, False),
    (protocol.CANCEL, "Ends a load or an answer", Body, False),
    (protocol.MEMORY, "Divides memory anew, also during an answer", MemoryBody, False),
    (protocol.TRACE, "Starts or ends the recording of routes", TraceBody, False),
    (protocol.REPLAY, "What caches of other sizes and policies would have done", ReplayBody, False),
    (protocol.OUTLOOK, "What other memory limits would do to the last tokens", OutlookBody, False),
    (protocol.TEMPLATE, "Tries a chat template", TemplateBody, False),
    (protocol.MEASURE, "Measures a model as it would be loaded", LoadBody, True),
    (protocol.DOORS, "Opens or shuts a door for other programs", DoorBody, False),
)
"""Path, summary, request, and whether the answer is a stream."""


def parameters(names: tuple[str, ...]) -> list[dict[str, Any]]:
    """What may be asked in the address."""
    return [{"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in names]
