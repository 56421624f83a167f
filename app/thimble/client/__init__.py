"""Qt-free client of the engine: the protocol, and the supervision of the engine process.

The heavy part (httpx) is imported with the first connection, so that a window can be drawn before it.
"""

from thimble.client.cancel import CancelToken
from thimble.client.events import (
    ChatEvent,
    ChatRequest,
    Finished,
    PromptProgress,
    Queued,
    TextDelta,
    ToolCall,
    ToolCalls,
)
from thimble.client.http import EngineClient
from thimble.client.supervisor import EngineSupervisor

__all__ = [
    "CancelToken",
    "ChatEvent",
    "ChatRequest",
    "EngineClient",
    "EngineSupervisor",
    "Finished",
    "PromptProgress",
    "Queued",
    "TextDelta",
    "ToolCall",
    "ToolCalls",
]
