"""Who may talk to the engine: whoever knows the token, and only by the name of this computer."""

from __future__ import annotations

import secrets

from starlette.types import ASGIApp, Receive, Scope, Send

from thimble import protocol
from thimble.errors import Code, ThimbleError
from thimble.server.errors import problem_response


class Guard:
    """ASGI middleware: the Host header first (a web page that rebinds its DNS name to 127.0.0.1 sends its own name
    there), then the bearer token. No CORS header is ever sent, so a browser hands no answer to a foreign page.

    Args:
        app: what is guarded.
        token: the secret.
        hosts: names under which the engine may be addressed, without port.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refusal = self._refusal(headers, scope["path"])
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(refusal)(scope, receive, send)

    def _refusal(self, headers: dict[bytes, bytes], path: str) -> ThimbleError | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if _without_port(host) not in self._hosts:
            return ThimbleError(
                Code.UNAUTHORIZED, "The engine answers only to programs on this computer.", detail=f"Host: {host}"
            )
        if path == protocol.HEALTH:
            return None
        if any(secrets.compare_digest(given, self._token) for given in given_keys(headers)):
            return None
        return ThimbleError(
            Code.UNAUTHORIZED,
            "The engine needs its token to answer.",
            "Send it as “Authorization: Bearer …”; “thimble serve” prints it.",
        )


def given_keys(headers: dict[bytes, bytes]) -> list[bytes]:
    """The keys a request brings: as OpenAI's clients send it, or as Anthropic's do."""
    scheme, _, bearer = headers.get(b"authorization", b"").partition(b" ")
    keys = [headers.get(b"x-api-key", b"").strip()]
    return [*keys, bearer.strip()] if scheme.lower() == b"bearer" else keys


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
