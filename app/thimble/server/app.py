"""The ASGI application: paths to endpoints, behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from thimble import protocol
from thimble.errors import ThimbleError
from thimble.server.anthropic import AnthropicEndpoints
from thimble.server.auth import Access, Guard
from thimble.server.control import ControlEndpoints
from thimble.server.door_endpoints import DoorEndpoints
from thimble.server.doors import Doors
from thimble.server.errors import on_error, on_http_error
from thimble.server.openai import OpenAIEndpoints
from thimble.server.request_log import Recorder
from thimble.server.responses import ResponsesEndpoint
from thimble.server.service import EngineService


def create_app(service: EngineService, access: Access, doors: Doors | None = None) -> Starlette:
    """The application.

    Args:
        service: the engine.
        access: who may ask.
        doors: for other programs, which this application opens and shuts. None: this is one of them, and Thimble's own
            interface is not behind it.
    """
    openai, control = OpenAIEndpoints(service, control=doors is not None), ControlEndpoints(service)
    anthropic, responses = AnthropicEndpoints(service), ResponsesEndpoint(service)
    routes = [
        Route(protocol.HEALTH, control.health),
        Route(protocol.METRICS, control.metrics),
        Route(protocol.OPENAPI, openai.description),
        Route(protocol.MODELS, openai.models),
        Route(f"{protocol.MODELS}/{{model:path}}", openai.model),
        Route(protocol.CHAT_COMPLETIONS, openai.chat, methods=["POST"]),
        Route(protocol.COMPLETIONS, openai.complete, methods=["POST"]),
        Route(protocol.EMBEDDINGS, openai.embed, methods=["POST"]),
        Route(protocol.RESPONSES, responses.create, methods=["POST"]),
        Route(protocol.MESSAGES, anthropic.messages, methods=["POST"]),
        Route(protocol.COUNT_TOKENS, anthropic.count_tokens, methods=["POST"]),
        Route(protocol.TOKENIZE, openai.tokenize, methods=["POST"]),
        Route(protocol.DETOKENIZE, openai.detokenize, methods=["POST"]),
    ]
    if doors is not None:
        routes += _own_routes(control, DoorEndpoints(service, doors))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Recorder, requests=service.requests), Middleware(Guard, access=access)],
        exception_handlers={HTTPException: on_http_error, ThimbleError: on_error, Exception: on_error},
    )


def _own_routes(control: ControlEndpoints, doors: DoorEndpoints) -> list[Route]:
    return [
        Route(protocol.STATUS, control.status),
        Route(protocol.ATTACH, control.attach),
        Route(protocol.LOAD, control.load, methods=["POST"]),
        Route(protocol.UNLOAD, control.unload, methods=["POST"]),
        Route(protocol.CANCEL, control.cancel, methods=["POST"]),
        Route(protocol.MEMORY, control.memory, methods=["GET", "POST"]),
        Route(protocol.EXPERTS, control.experts),
        Route(protocol.TRACE, control.trace, methods=["GET", "POST"]),
        Route(protocol.REPLAY, control.replay, methods=["POST"]),
        Route(protocol.OUTLOOK, control.outlook, methods=["POST"]),
        Route(protocol.ANSWERS, control.answers),
        Route(protocol.TELEMETRY, control.telemetry),
        Route(protocol.TEMPLATE, control.template, methods=["POST"]),
        Route(protocol.MEASURE, control.measure, methods=["POST"]),
        Route(protocol.DOORS, doors.doors, methods=["GET", "POST"]),
        Route(protocol.REQUESTS, doors.requests),
    ]
