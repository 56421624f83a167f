"""Problems as HTTP: a status and OpenAI's error object. Tracebacks stay in the log."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from dataclasses import replace
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.errors import Code, FieldError, Problem, ThimbleError
from thimble.protocol import error_body
from thimble.server.streaming import Connection, frame

log = logging.getLogger(__name__)

_STATUS: Final = {
    Code.UNAUTHORIZED: 401,
    Code.ORIGIN_REFUSED: 403,
    Code.TOO_LARGE: 413,
    Code.QUEUE_FULL: 429,
    Code.NOT_FOUND: 404,
    Code.MODEL_NOT_FOUND: 404,
    Code.ENGINE_BUSY: 409,
    Code.CANCELLED: 499,  # "client closed request": official clients do not repeat it, as they do 409 and 5xx
    Code.ENGINE_FAILED: 500,
    Code.ENGINE_NOT_BUILT: 500,
    Code.PROCESSOR_TOO_OLD: 500,
    Code.INTERNAL: 500,
}


_KINDS: Final = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


_HEADERS: Final = {Code.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"}, Code.QUEUE_FULL: {"Retry-After": "5"}}


for_strangers: ContextVar[bool] = ContextVar("for_strangers", default=False)
"""Whether what is said now goes to another program, which need not know what folders are called here."""
_FOLDERS: Final = re.compile(r"(?:\b[A-Za-z]:)?[/\\](?:[^/\\:'\"\n]+[/\\])+")


def without_folders(text: str) -> str:
    """The text with only the last name of every path in it."""
    return _FOLDERS.sub("…/", text)


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem; 400 unless it is known better."""
    return _STATUS.get(Code(problem.code), 400) if problem.code in set(Code) else 500


def body_of(problem: Problem, field: str | None = None) -> dict[str, object]:
    """OpenAI's error object, which is Anthropic's as well; `field` is the request's field at fault."""
    status = status_of(problem)
    if for_strangers.get():
        problem = replace(problem, detail=without_folders(problem.detail))
    kind = _KINDS.get(status, "invalid_request_error" if status < 500 else "server_error")
    body = {"type": "error", **error_body(problem, kind)}
    body["error"]["param"] = field
    return body


def internal(error: BaseException) -> Problem:
    """An unexpected failure, logged with its traceback."""
    log.error("unexpected failure", exc_info=error)
    return Problem(Code.INTERNAL, "Something went wrong inside the engine.", "Look at the log.")


def problem_response(error: BaseException) -> JSONResponse:
    """The answer to a request that failed with this error."""
    problem = error.problem if isinstance(error, ThimbleError) else internal(error)
    field = error.field if isinstance(error, FieldError) else None
    headers = _HEADERS.get(Code(problem.code)) if problem.code in set(Code) else None
    return JSONResponse(body_of(problem, field), status_of(problem), headers)


async def on_error(_request: Request, error: Exception) -> Response:
    """Starlette's handler of every exception of an endpoint."""
    return problem_response(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of unknown paths and wrong methods."""
    if isinstance(error, HTTPException) and error.status_code == 405:
        problem = Problem(Code.BAD_REQUEST, f"{request.url.path} does not accept {request.method}.")
        return JSONResponse(body_of(problem), 405, dict(error.headers or {}))
    return problem_response(ThimbleError(Code.NOT_FOUND, f"There is nothing at {request.url.path}."))


async def tell(connection: Connection, error: Exception) -> None:
    """Says an error: by the HTTP status as long as nothing was sent, inside the stream afterwards."""
    if not connection.streaming:
        await connection.respond(problem_response(error))
        return
    problem = error.problem if isinstance(error, ThimbleError) else internal(error)
    await connection.write(frame(body_of(problem)))
    await connection.end()
