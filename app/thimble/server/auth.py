"""Who may talk to the engine: whoever knows the key, by a name no foreign page has, from a page that is allowed."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thimble import protocol
from thimble.errors import Code, ThimbleError
from thimble.server.errors import for_strangers, problem_response

LOOPBACK: Final = ("127.0.0.1", "localhost")
ANY_ORIGIN: Final = "*"
_PREFLIGHT_SECONDS: Final = "600"


@dataclass(frozen=True, slots=True)
class Access:
    """What a listener lets in.

    Attributes:
        key: the secret.
        hosts: names under which it may be addressed, without port.
        any_address: any number (IP address) will do as well. A page that rebinds its DNS name to ours sends its own
            name in the Host header, and a number cannot be rebound.
        origins: of web pages that may ask and read, e.g. "http://localhost:3000"; "*" for all.
        where: tells a person where origins are allowed.
        strangers: other programs come in here; they are not told where files lie.
    """

    key: str
    hosts: Iterable[str] = LOOPBACK
    any_address: bool = False
    origins: tuple[str, ...] = ()
    where: str = "Allow it on the page “Programs”."
    strangers: bool = False


class Guard:
    """ASGI middleware: the Host header first, then the page that asks, then the key.

    Args:
        app: what is guarded.
        access: what is let in.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        self._digest = _digest(access.key)
        self._hosts = frozenset(name.lower() for name in access.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        for_strangers.set(self._access.strangers)
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        try:
            self._check_host(headers.get("host", ""))
            self._check_origin(origin)
        except ThimbleError as error:
            await problem_response(error)(scope, receive, send)
            return
        if origin:
            send = _with_origin(send, origin)
        if origin and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(headers)(scope, receive, send)
        elif scope["path"] == protocol.HEALTH or self._knows_key(headers):
            await self._app(scope, receive, send)
        else:
            await problem_response(_no_key())(scope, receive, send)

    def _check_host(self, given: str) -> None:
        host = _without_port(given)
        if host in self._hosts or (self._access.any_address and _is_address(host)):
            return
        raise ThimbleError(
            Code.UNAUTHORIZED,
            "The engine answers only to programs on this computer."
            if not self._access.any_address
            else "The engine answers under its address, not under this name.",
            detail=f"Host: {given}",
        )

    def _check_origin(self, origin: str) -> None:
        allowed = self._access.origins
        if not origin or ANY_ORIGIN in allowed or origin.rstrip("/").lower() in allowed:
            return
        raise ThimbleError(
            Code.ORIGIN_REFUSED, f"The web page {origin[:200]} may not use this engine.", self._access.where
        )

    def _knows_key(self, headers: Headers) -> bool:
        return any(hmac.compare_digest(_digest(given), self._digest) for given in given_keys(headers))


def given_keys(headers: Headers) -> list[str]:
    """The keys a request brings: as OpenAI's clients send it, or as Anthropic's do."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    keys = [headers.get("x-api-key", "").strip()]
    return [*keys, bearer.strip()] if scheme.lower() == "bearer" else keys


def _digest(key: str) -> bytes:
    """So that comparing takes the same time for keys of every length."""
    return hashlib.sha256(key.encode()).digest()


def _no_key() -> ThimbleError:
    return ThimbleError(
        Code.UNAUTHORIZED,
        "The engine needs its key to answer.",
        "Send it as “Authorization: Bearer …”; the page “Programs” and “thimble serve” show it.",
    )


def _preflight(headers: Headers) -> Response:
    """The answer to a browser that asks whether a page may ask."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": headers.get("access-control-request-headers", ""),
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
            "Access-Control-Allow-Private-Network": "true",
        },
    )


def _with_origin(send: Send, origin: str) -> Send:
    """Tells the browser that this page may read the answer; it was let in already."""

    async def send_with_origin(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers.add_vary_header("Origin")
        await send(message)

    return send_with_origin


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
