"""The one door to the network for models: obeys "Work offline", keeps the token to its own host, can be interrupted.

Proxies come from the environment (HTTPS_PROXY, NO_PROXY), certificates from SSL_CERT_FILE; httpx reads both.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin, urlsplit

import httpx

from thimble import __version__
from thimble.addresses import http_parts
from thimble.errors import Code, ThimbleError
from thimble.settings import Settings

log = logging.getLogger(__name__)

OFFICIAL: Final = "https://huggingface.co"
CONNECT_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 30.0
"""So long may a server say nothing before the connection counts as lost."""
LONGEST_WAIT_S: Final = 3600.0
"""However long a server asks to wait."""
_MOST_REDIRECTS: Final = 5
_LONGEST_ANSWER: Final = 16 * 2**20  # bytes of metadata
_LOCAL_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Access:
    """Which hub, and how.

    Attributes:
        endpoint: its address without a trailing slash.
        offline: no connection is opened at all.
        token: a person's access token for this very endpoint; empty for none.
    """

    endpoint: str = OFFICIAL
    offline: bool = False
    token: str = ""

    @property
    def host(self) -> str:
        """The endpoint's host, with its port where one is named."""
        return urlsplit(self.endpoint).netloc.lower()


def clean_endpoint(text: str) -> str:
    """An endpoint as somebody typed it, made whole; the official hub for an empty text.

    Raises:
        ThimbleError: BAD_REQUEST for what is no http(s) address.
    """
    text = text.strip()
    if not text:
        return OFFICIAL
    text = (text if "://" in text else f"https://{text}").rstrip("/")
    if http_parts(text) is None:
        raise ThimbleError(
            Code.BAD_REQUEST,
            "The address of the model hub in the settings is not a web address.",
            "Write it like https://huggingface.co, or leave the field empty.",
            repr(text[:200]),
        )
    return text


def access_of(settings: Settings) -> Access:
    """Which hub, by the settings; the token is looked up by whoever opens a connection.

    Raises:
        ThimbleError: BAD_REQUEST for an address that is none.
    """
    return Access(clean_endpoint(settings.text("files.hub_endpoint")), settings.switch("files.offline"))


class Connection:
    """A few requests to one hub, in one thread; `interrupt` may be called from another.

    Args:
        access: which hub, and how.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._interrupted = False
        self._client: httpx.Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends all connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def interrupt(self) -> None:
        """Ends what the other thread waits for; it gets `ThimbleError` CANCELLED, now and at every later request."""
        with self._lock:
            self._interrupted = True
            sockets, self._sockets = self._sockets, []
        for opened in sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def json(self, path: str, params: dict[str, Any] | None = None, *, what: str) -> tuple[Any, httpx.Headers]:
        """Asks the hub's API.

        Args:
            path: below the endpoint.
            params: of the query.
            what: is asked about, for the sentence of a failure: "the repository anna/small-GGUF".

        Returns:
            the answer's JSON, and its headers.

        Raises:
            ThimbleError: OFFLINE, NO_NETWORK, CANCELLED, UNAUTHORIZED, HUB_GATED, NOT_FOUND, HUB_BUSY or HUB_FAILED.
        """
        with self.stream("GET", f"{self.access.endpoint}{path}", what=what, params=params) as response:
            body = bytearray()
            for piece in self.pieces(response):
                body += piece
                if len(body) > _LONGEST_ANSWER:
                    raise _strange(what, f"more than {_LONGEST_ANSWER} bytes")
            try:
                return httpx.Response(200, content=bytes(body)).json(), response.headers
            except ValueError as error:
                raise _strange(what, str(error)) from error

    def redirect(self, url: str, *, what: str) -> httpx.Response:
        """HEAD of a file's address: the hub's own answer, which names size, hash and where the bytes are.

        Redirects within the hub (renamed repositories) are followed; the one to the storage is the answer.
        """
        for _ in range(_MOST_REDIRECTS):
            with self.stream("HEAD", url, what=what, follow=False) as response:
                target = response.headers.get("location", "")
                if not response.is_redirect or urlsplit(target).netloc or "x-linked-etag" in response.headers:
                    return response
                url = urljoin(str(response.url), target)
        raise _strange(what, "too many redirects")

    @contextlib.contextmanager
    def stream(
        self,
        method: str,
        url: str,
        *,
        what: str,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        follow: bool = True,
        check: bool = True,
    ) -> Iterator[httpx.Response]:
        """One request; its body is read with `pieces`. Raises as `json` does; statuses only with `check`."""
        headers = {"Accept-Encoding": "identity", **(headers or {})}
        if self._may_have_token(url):
            headers["Authorization"] = f"Bearer {self.access.token}"
        with self._errors(what):
            client = self._opened()
            request = client.build_request(
                method, url, params=params, headers=headers, extensions={"trace": self._on_event}
            )
            response = client.send(request, stream=True, follow_redirects=follow)
        try:
            if check and response.status_code >= 400:
                raise self._refused(response, what)
            yield response
        finally:
            response.close()

    def pieces(self, response: httpx.Response, *, what: str = "the file") -> Iterator[bytes]:
        """The body as it comes, in pieces of at most some 64 KiB; raises NO_NETWORK or CANCELLED."""
        with self._errors(what):
            yield from response.iter_raw()

    # --- inside -------------------------------------------------------------------------------------------------

    def _opened(self) -> httpx.Client:
        if self.access.offline:
            raise ThimbleError(
                Code.OFFLINE,
                "Nothing was asked of the model hub, because Thimble is set to work offline.",
                "Turn “Work offline” off in the settings.",
            )
        if self._interrupted:
            raise ThimbleError(Code.CANCELLED, "Stopped.")
        if self._client is None:
            self._client = httpx.Client(
                timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
                headers={"User-Agent": f"thimble/{__version__}"},
                max_redirects=_MOST_REDIRECTS,
            )
        return self._client

    def _may_have_token(self, url: str) -> bool:
        """Only the endpoint's own host, never in the clear over a network; httpx drops it at redirects elsewhere."""
        parts = urlsplit(url)
        return bool(
            self.access.token
            and parts.netloc.lower() == self.access.host
            and (parts.scheme == "https" or parts.hostname in _LOCAL_HOSTS)
        )

    def _on_event(self, name: str, info: dict[str, Any]) -> None:
        """httpcore tells of each new connection, and again when it is encrypted."""
        made = info.get("return_value") if name.endswith(("connect_tcp.complete", "start_tls.complete")) else None
        opened = made.get_extra_info("socket") if made is not None else None
        if isinstance(opened, socket.socket):
            with self._lock:
                self._sockets = [*self._sockets[-15:], opened]
                late = self._interrupted
            if late:
                opened.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise _strange(what, str(error)) from error
        except (httpx.HTTPError, OSError) as error:
            if self._interrupted:
                raise ThimbleError(Code.CANCELLED, "Stopped.") from error
            raise unreachable(self.access, error) from error

    def _refused(self, response: httpx.Response, what: str) -> ThimbleError:
        status, code = response.status_code, response.headers.get("x-error-code", "")
        detail = f"{response.request.method} {response.request.url.copy_with(query=None)}: {status} {code}".strip()
        if code == "GatedRepo" or (status == 403 and code != "RepoNotFound"):
            return ThimbleError(
                Code.HUB_GATED,
                f"The authors of {what} give it only to people they know by name.",
                "Ask for access on its page, then enter your access token in the settings."
                if not self.access.token
                else "Ask for access on its page with the account your token belongs to.",
                detail,
            )
        if status == 401 and self.access.token and code != "RepoNotFound":
            return ThimbleError(
                Code.UNAUTHORIZED,
                "The model hub does not accept the access token.",
                "Enter a new one in the settings.",
                detail,
            )
        if status in {401, 404, 410}:
            return ThimbleError(
                Code.NOT_FOUND,
                f"The model hub has not, or does not show, {what}.",
                "Check the name; for a private repository enter your access token in the settings.",
                detail,
            )
        if status == 429:
            return asked_to_wait(response, "The model hub asks to wait a while.", detail, Code.HUB_BUSY)
        return asked_to_wait(response, f"The model hub could not answer about {what} (error {status}).", detail)


class AskedToWaitError(ThimbleError):
    """A server that may be asked again later.

    Attributes:
        seconds: after which, as it said itself; 0 where it did not.
    """

    def __init__(self, code: str, sentence: str, detail: str, seconds: float) -> None:
        super().__init__(code, sentence, "Try again later.", detail)
        self.seconds = seconds


def asked_to_wait(
    response: httpx.Response, sentence: str, detail: str, code: Code = Code.HUB_FAILED
) -> AskedToWaitError:
    """The error of a server that has no answer now."""
    return AskedToWaitError(code, sentence, detail, retry_after(response.headers.get("retry-after", "")))


def retry_after(text: str) -> float:
    """Seconds that a server asks to wait (RFC 9110, 10.2.3: a number, or a date); 0 where it does not say it, at most
    `LONGEST_WAIT_S`."""
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return 0.0
    return min(LONGEST_WAIT_S, seconds) if seconds > 0 else 0.0


def unreachable(access: Access, error: Exception) -> ThimbleError:
    """The error of a hub that does not answer; names what may help."""
    return ThimbleError(
        Code.NO_NETWORK,
        f"The model hub ({access.host}) could not be reached.",
        "Check the network connection. A mirror can be set in the settings, a proxy in HTTPS_PROXY.",
        f"{type(error).__name__}: {error}",
    )


def _strange(what: str, detail: str) -> ThimbleError:
    return ThimbleError(
        Code.HUB_FAILED,
        f"The model hub's answer about {what} makes no sense.",
        "Check the hub's address in the settings.",
        detail,
    )
