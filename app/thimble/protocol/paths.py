"""Where the engine answers what."""

from __future__ import annotations

from typing import Final

MODELS: Final = "/v1/models"
CHAT_COMPLETIONS: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
RESPONSES: Final = "/v1/responses"
MESSAGES: Final = "/v1/messages"
COUNT_TOKENS: Final = "/v1/messages/count_tokens"
EMBEDDINGS: Final = "/v1/embeddings"
TOKENIZE: Final = "/tokenize"
DETOKENIZE: Final = "/detokenize"
HEALTH: Final = "/health"
STATUS: Final = "/thimble/status"
ATTACH: Final = "/thimble/attach"
LOAD: Final = "/thimble/load"
UNLOAD: Final = "/thimble/unload"
CANCEL: Final = "/thimble/cancel"
MEMORY: Final = "/thimble/memory"
EXPERTS: Final = "/thimble/experts"
TRACE: Final = "/thimble/trace"
REPLAY: Final = "/thimble/replay"
OUTLOOK: Final = "/thimble/outlook"
ANSWERS: Final = "/thimble/answers"
METRICS: Final = "/metrics"
MEASURE: Final = "/thimble/measure"
TEMPLATE: Final = "/thimble/template"
TELEMETRY: Final = "/thimble/telemetry"

OPENAPI: Final = "/openapi.json"
DOORS: Final = "/thimble/doors"
REQUESTS: Final = "/thimble/requests"

CLIENT_HEADER: Final = "X-Thimble-Client"
"""Names the program behind a request; the queue is fair between these names."""

TOKEN_VARIABLE: Final = "THIMBLE_ENGINE_TOKEN"  # noqa: S105 - a name
"""Environment variable by which an engine that is started gets its token; only its user can read it there."""
