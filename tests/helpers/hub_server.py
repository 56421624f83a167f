"""A model hub on this computer that speaks Hugging Face's protocol, with the faults of the real one on demand.

Metadata and search, resolve with a redirect to another host name ("localhost" plays the content servers, "127.0.0.1"
the hub), range requests, ETags and the X-… headers, gated and private repositories, and whatever can go wrong on the
way: 429, 5xx, silence, slowness, a cut connection, wrong bytes. The real `huggingface_hub` works against it
(`tests/library/test_hub_server.py`), so what pleases this server pleases the hub.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

PIECE: Final = 64 * 1024
COMMIT: Final = "0123456789abcdef0123456789abcdef01234567"


class Content:
    """Bytes of a file; big ones are made up from a short block while they are sent.

    Args:
        data: the bytes, or the block that is repeated.
        size: of the whole; the block's own when None.
    """

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self._data = data
        self.size = len(data) if size is None else size
        self._sha256 = ""

    @classmethod
    def big(cls, size: int, head: bytes = b"") -> Content:
        """`size` bytes with a period that no power of two divides: a wrong offset gives a wrong hash."""
        block = head + hashlib.shake_256(b"thimble").digest(1_000_003 - len(head))
        return cls(block, size)

    def read(self, start: int, count: int) -> bytes:
        """Bytes from `start` on; fewer at the end."""
        count = max(0, min(count, self.size - start))
        at = start % len(self._data)
        found = self._data[at : at + count]
        while len(found) < count:
            found += self._data[: count - len(found)]
        return found

    @property
    def sha256(self) -> str:
        """Hash of the whole, in hex."""
        if not self._sha256:
            digest = hashlib.sha256()
            for start in range(0, self.size, 2**20):
                digest.update(self.read(start, 2**20))
            self._sha256 = digest.hexdigest()
        return self._sha256


@dataclass
class Repo:
    """A repository.

    Attributes:
        id: "author/name".
        files: by path; those that end in ".gguf" are LFS files.
        gated: "" or "manual": who may read it is decided by `tokens`.
        private: not seen without a token.
        tokens: those that may read it.
        commit: hash that "main" points to.
        downloads, likes, tags, licence: what the hub tells.
        facts: what the hub has read from the GGUF header: total, architecture, context_length.
    """

    id: str
    files: dict[str, Content]
    gated: str = ""
    private: bool = False
    tokens: frozenset[str] = frozenset()
    commit: str = COMMIT
    downloads: int = 0
    likes: int = 0
    tags: tuple[str, ...] = ("gguf",)
    licence: str = "apache-2.0"
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Fault:
    """Something that goes wrong with the next requests of one kind.

    Attributes:
        where: "api", "resolve" or "data".
        status: answer this instead; 0 for no such fault.
        retry_after: seconds, said with the status.
        cut_after: the connection ends after so many bytes of the body.
        bytes_per_second: how fast the body comes.
        corrupt_at: this byte of the file is wrong.
        ignore_range: the whole file comes, whatever was asked for.
        other_start: the range begins later than was asked for.
        silent: nothing comes until the server ends.
        times: how many requests it spoils.
        skip: how many requests pass before.
    """

    where: str
    status: int = 0
    retry_after: int | None = None
    cut_after: int | None = None
    bytes_per_second: int = 0
    corrupt_at: int | None = None
    ignore_range: bool = False
    other_start: bool = False
    silent: bool = False
    times: int = 1
    skip: int = 0


@dataclass
class Seen:
    """One request: what was asked, and how many bytes of a file went out (into the socket)."""

    kind: str
    method: str
    path: str
    query: dict[str, list[str]]
    host: str
    token: str
    range: str
    agent: str
    start: int = 0
    sent: int = 0


@dataclass
class Hub:
    """The running server."""

    url: str = ""
    repos: dict[str, Repo] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, repo: Repo) -> Repo:
        """Publishes a repository."""
        self.repos[repo.id] = repo
        return repo

    def of(self, kind: str) -> list[Seen]:
        """Requests of one kind."""
        with self.lock:
            return [seen for seen in self.seen if seen.kind == kind]

    def take_fault(self, where: str) -> Fault | None:
        """The fault for this request, if there is one."""
        with self.lock:
            for fault in self.faults:
                if fault.where != where or fault.times <= 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None


_RESOLVE: Final = re.compile(r"^/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)$")
_MODEL: Final = re.compile(r"^/api/models/(?P<repo>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?$")
_TREE: Final = re.compile(r"^/api/models/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)$")
_RANGE: Final = re.compile(r"^bytes=(\d+)-(\d*)$")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Silent."""

    def do_HEAD(self) -> None:
        """Headers only."""
        self._serve()

    def do_GET(self) -> None:
        """Everything."""
        self._serve()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        kind = "api" if path.startswith("/api/") else "data" if path.startswith("/content/") else "resolve"
        seen = Seen(
            kind,
            self.command,
            path,
            parse_qs(address.query),
            self.headers.get("Host", ""),
            self.headers.get("Authorization", "").removeprefix("Bearer "),
            self.headers.get("Range", ""),
            self.headers.get("User-Agent", ""),
        )
        with self.hub.lock:
            self.hub.seen.append(seen)
        fault = self.hub.take_fault(kind)
        if fault is not None and fault.silent:
            self.hub.ending.wait(30)
            self.close_connection = True
            return
        if fault is not None and fault.status:
            extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            self._answer(fault.status, {"error": "as the test wants it"}, extra)
            return
        for old, new in self.hub.renamed.items():
            if f"/{old}/" in f"{path}/":
                self._headers(307, {"Location": self.path.replace(old, new), "Content-Length": "0"})
                return
        with suppress(ConnectionError):
            {"api": self._api, "resolve": self._resolve, "data": self._data}[kind](seen, fault)

    # --- metadata -----------------------------------------------------------------------------------------------

    def _api(self, seen: Seen, _fault: Fault | None) -> None:
        if seen.path == "/api/whoami-v2":
            name = self.hub.users.get(seen.token)
            if name:
                self._answer(200, {"type": "user", "name": name, "auth": {"accessToken": {"role": "read"}}})
            else:
                self._answer(401, {"error": "Invalid credentials in Authorization header"})
            return
        if seen.path == "/api/models":
            self._search(seen)
            return
        found = _MODEL.match(seen.path)
        tree = _TREE.match(seen.path)
        repo = self._readable((found or tree or {"repo": ""})["repo"], seen, listing=True)
        if repo is None:
            return
        if tree is not None:
            self._answer(
                200, [{"type": "file", "oid": _blob(c), **_entry(p, c, "path")} for p, c in repo.files.items()]
            )
            return
        if found is not None and found["revision"] not in {None, "main", repo.commit}:
            self._answer(404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"})
            return
        self._answer(200, _described(repo, blobs="blobs" in seen.query))

    def _search(self, seen: Seen) -> None:
        words = seen.query.get("search", [""])[0].lower().split()
        wanted = {tag for value in seen.query.get("filter", []) for tag in value.split(",")}
        author = seen.query.get("author", [""])[0]
        found = [
            repo
            for repo in self.hub.repos.values()
            if all(word in repo.id.lower() for word in words)
            and wanted <= set(repo.tags)
            and (not author or repo.id.startswith(f"{author}/"))
            and (not repo.private or seen.token in repo.tokens)
        ]
        found.sort(key=lambda repo: -repo.downloads)
        first = int(seen.query.get("cursor", ["0"])[0])
        limit = int(seen.query.get("limit", ["1000"])[0])
        shown = found[first : first + limit]
        extra = {}
        if first + limit < len(found):
            again = {key: value[0] for key, value in seen.query.items()} | {"cursor": str(first + limit)}
            query = "&".join(f"{key}={quote(value)}" for key, value in again.items())
            extra["Link"] = f'<{self.hub.url}/api/models?{query}>; rel="next"'
        self._answer(200, [_described(repo, blobs=False) for repo in shown], extra)

    # --- files --------------------------------------------------------------------------------------------------

    def _resolve(self, seen: Seen, _fault: Fault | None) -> None:
        asked = _RESOLVE.match(seen.path)
        if asked is None:
            self._answer(404, {"error": "no such page"})
            return
        repo = self._readable(asked["repo"], seen)
        if repo is None:
            return
        content = repo.files.get(asked["path"])
        if asked["revision"] not in {"main", repo.commit}:
            self._answer(404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"})
        elif content is None:
            self._answer(404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound"})
        elif asked["path"].endswith(".gguf"):
            port = urlsplit(self.hub.url).port
            self._headers(
                302,
                {
                    "Location": f"http://localhost:{port}/content/{repo.id}/{quote(asked['path'])}?signature=abc",
                    "X-Repo-Commit": repo.commit,
                    "X-Linked-Etag": f'"{content.sha256}"',
                    "X-Linked-Size": str(content.size),
                    "ETag": f'"{_blob(content)}"',
                    "Accept-Ranges": "bytes",
                    "Content-Length": "0",
                },
            )
        else:
            more = {"X-Repo-Commit": repo.commit, "ETag": f'"{_blob(content)}"'}
            self._body(seen, content, Fault("data"), more)

    def _data(self, seen: Seen, fault: Fault | None) -> None:
        if seen.token:  # as the storage behind the hub does: two ways of being authorized are one too many
            self._answer(400, {"error": "only one auth mechanism allowed"})
            return
        author, name, path = seen.path.removeprefix("/content/").split("/", 2)
        content = self.hub.repos[f"{author}/{name}"].files[path]
        self._body(seen, content, fault or Fault("data"), {"ETag": f'"{content.sha256}"'})

    def _body(self, seen: Seen, content: Content, fault: Fault, headers: dict[str, str]) -> None:
        start, end, status = 0, content.size, 200
        asked = _RANGE.match(seen.range)
        if asked is not None and not fault.ignore_range:
            start = int(asked[1])
            end = min(content.size, int(asked[2]) + 1 if asked[2] else content.size)
            if start >= content.size:
                self._headers(416, {"Content-Range": f"bytes */{content.size}", "Content-Length": "0"})
                return
            start += 1 if fault.other_start else 0
            status = 206
            headers = {**headers, "Content-Range": f"bytes {start}-{end - 1}/{content.size}"}
        self._headers(status, {**headers, "Accept-Ranges": "bytes", "Content-Length": str(end - start)})
        seen.start = start
        if self.command == "HEAD":
            return
        began = time.monotonic()
        while start + seen.sent < end and not self.hub.ending.is_set():
            at = start + seen.sent
            wanted = min(PIECE, end - at)
            if fault.cut_after is not None:
                wanted = min(wanted, fault.cut_after - seen.sent)
                if wanted <= 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
            piece = bytearray(content.read(at, wanted))
            if fault.corrupt_at is not None and at <= fault.corrupt_at < at + len(piece):
                piece[fault.corrupt_at - at] ^= 0xFF
            self.wfile.write(piece)
            seen.sent += len(piece)
            if fault.bytes_per_second:
                late = seen.sent / fault.bytes_per_second - (time.monotonic() - began)
                if late > 0 and self.hub.ending.wait(late):
                    break

    # --- helpers ------------------------------------------------------------------------------------------------

    def _readable(self, name: str, seen: Seen, *, listing: bool = False) -> Repo | None:
        """The repository, if this token may see it; else the hub's answer was sent."""
        repo = self.hub.repos.get(name)
        if repo is None or (repo.private and seen.token not in repo.tokens):
            status = 404 if seen.token else 401
            self._answer(status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return None
        if repo.gated and not listing and seen.token not in repo.tokens:
            status = 403 if seen.token in self.hub.users else 401
            self._answer(status, {"error": "Access to this model is restricted."}, {"X-Error-Code": "GatedRepo"})
            return None
        return repo

    def _answer(self, status: int, data: object, extra: dict[str, str] | None = None) -> None:
        body = json.dumps(data).encode()
        self._headers(status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **(extra or {})})
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()


def _blob(content: Content) -> str:
    """Git's name for the content; of big files, whose pointer it is, just some hash."""
    if content.size > 100_000:
        return hashlib.sha1(content.sha256.encode(), usedforsecurity=False).hexdigest()
    data = b"blob %d\0" % content.size + content.read(0, content.size)
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def _entry(path: str, content: Content, name: str) -> dict[str, Any]:
    entry: dict[str, Any] = {name: path, "size": content.size}
    if path.endswith(".gguf"):
        entry["lfs"] = {"sha256": content.sha256, "oid": content.sha256, "size": content.size, "pointerSize": 135}
    return entry


def _described(repo: Repo, *, blobs: bool) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = [{"rfilename": path} for path in repo.files]
    if blobs:
        siblings = [{"blobId": _blob(c), **_entry(p, c, "rfilename")} for p, c in repo.files.items()]
    return {
        "_id": hashlib.sha1(repo.id.encode(), usedforsecurity=False).hexdigest()[:24],
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.id.split("/")[0],
        "sha": repo.commit,
        "lastModified": "2026-06-01T12:00:00.000Z",
        "createdAt": "2026-05-01T12:00:00.000Z",
        "private": repo.private,
        "gated": repo.gated or False,
        "downloads": repo.downloads,
        "likes": repo.likes,
        "tags": [*repo.tags, f"license:{repo.licence}"],
        "cardData": {"license": repo.licence},
        **({"gguf": repo.facts} if repo.facts else {}),
        "siblings": siblings,
    }


@contextmanager
def hub_server() -> Iterator[Hub]:
    """Runs the hub; ends it, and every answer on its way, afterwards."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is what some tests want."""

    server = Server(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        hub.ending.set()
        server.shutdown()
        thread.join()
        server.server_close()
