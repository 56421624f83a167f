"""Embeddings as OpenAI says them."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.engine.cancel import CancelFlag
from thimble.engine.vectors import Vectors
from thimble.errors import Code, ThimbleError
from thimble.server.answering import client_name
from thimble.server.errors import problem_response
from thimble.server.request_log import entry_of
from thimble.server.schemas.embeddings import EmbeddingBody
from thimble.server.service import EngineService, Waiting
from thimble.server.streaming import Connection, WhileConnected


def embed(service: EngineService, request: Request, body: EmbeddingBody) -> Response:
    """The response to a request for embeddings, whose work ends when its client goes away.

    Raises:
        FieldError: there is nothing to do, or too much.
    """
    texts = body.texts()
    client = client_name(request)
    entry = entry_of(request.scope)
    if entry is not None:
        entry.model = body.model[:200]

    async def work(connection: Connection) -> None:
        events = service.embed(texts, body.dimensions or 0, body.model, client, CancelFlag())
        vectors = Vectors()
        try:
            async with aclosing(events):
                async for event in events:
                    if entry is not None and isinstance(event, Waiting):
                        entry.waits(event.ahead)
                    elif isinstance(event, Vectors):
                        vectors = event
            model = service.model.id if service.model is not None else body.model
            if entry is not None:
                entry.model, entry.prompt_tokens = model, vectors.tokens
            packed = body.encoding_format == "base64"
            await connection.respond(await asyncio.to_thread(_response, vectors, model, packed))
        except Exception as error:  # noqa: BLE001 - every failure becomes an error object; the log has the rest
            if entry is not None:
                entry.code = error.problem.code if isinstance(error, ThimbleError) else Code.INTERNAL
            await connection.respond(problem_response(error))

    return WhileConnected(work)


def _response(vectors: Vectors, model: str, packed: bool) -> Response:
    """Written in a thread of its own: two million numbers take seconds."""
    little = vectors.values.astype("<f4", copy=False)
    values: list[Any] = (
        [base64.b64encode(row.tobytes()).decode("ascii") for row in little] if packed else little.tolist()
    )
    data = [{"object": "embedding", "index": at, "embedding": value} for at, value in enumerate(values)]
    usage = {"prompt_tokens": vectors.tokens, "total_tokens": vectors.tokens}
    return JSONResponse({"object": "list", "data": data, "model": model, "usage": usage})
