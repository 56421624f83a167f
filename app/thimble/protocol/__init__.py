"""What the engine's HTTP interface says: paths, roles and the JSON objects both ends share.

The interface is OpenAI's (`/v1/...`) plus Thimble's own control and telemetry paths. Version 1. Change it in one
commit together with server/, client/ and ARCHITECTURE.md.
"""

from __future__ import annotations

from thimble.protocol.answers import KEPT_ANSWERS, AnswerRecord, StopReason, Timings
from thimble.protocol.error import ENDED_OVER_GRAMMAR, error_body
from thimble.protocol.load_options import NO_PROJECTOR, CacheType, ExpertPolicy, LoadOptions
from thimble.protocol.lock_file import LockFile
from thimble.protocol.measurement import Measurement, MeasureStage
from thimble.protocol.paths import (
    ANSWERS,
    ATTACH,
    CANCEL,
    CHAT_COMPLETIONS,
    CLIENT_HEADER,
    COMPLETIONS,
    COUNT_TOKENS,
    DETOKENIZE,
    DOORS,
    EMBEDDINGS,
    EXPERTS,
    HEALTH,
    LOAD,
    MEASURE,
    MEMORY,
    MESSAGES,
    METRICS,
    MODELS,
    OPENAPI,
    OUTLOOK,
    REPLAY,
    REQUESTS,
    RESPONSES,
    STATUS,
    TELEMETRY,
    TEMPLATE,
    TOKEN_VARIABLE,
    TOKENIZE,
    TRACE,
    UNLOAD,
)
from thimble.protocol.status import PROTOCOL_VERSION, EngineStatus, ModelInfo, Role, State
from thimble.protocol.telemetry import Sample

__all__ = [
    "ANSWERS",
    "ATTACH",
    "CANCEL",
    "CHAT_COMPLETIONS",
    "CLIENT_HEADER",
    "COMPLETIONS",
    "COUNT_TOKENS",
    "DETOKENIZE",
    "DOORS",
    "EMBEDDINGS",
    "ENDED_OVER_GRAMMAR",
    "EXPERTS",
    "HEALTH",
    "KEPT_ANSWERS",
    "LOAD",
    "MEASURE",
    "MEMORY",
    "MESSAGES",
    "METRICS",
    "MODELS",
    "NO_PROJECTOR",
    "OPENAPI",
    "OUTLOOK",
    "PROTOCOL_VERSION",
    "REPLAY",
    "REQUESTS",
    "RESPONSES",
    "STATUS",
    "TELEMETRY",
    "TEMPLATE",
    "TOKENIZE",
    "TOKEN_VARIABLE",
    "TRACE",
    "UNLOAD",
    "AnswerRecord",
    "CacheType",
    "EngineStatus",
    "ExpertPolicy",
    "LoadOptions",
    "LockFile",
    "MeasureStage",
    "Measurement",
    "ModelInfo",
    "Role",
    "Sample",
    "State",
    "StopReason",
    "Timings",
    "error_body",
]
