"""Finding models on a hub that speaks Hugging Face's protocol: search, what a repository holds, where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urljoin

from thimble.errors import Code, ThimbleError
from thimble.library.choices import Choice, HubFile, choices
from thimble.library.connection import Access, Connection
from thimble.library.names import check_repository, is_commit, is_hash, is_repository

MOST_FOUND: Final = 40
_FIELDS: Final = ("downloads", "likes", "gated", "tags", "lastModified", "gguf")
_LICENCE_TAG: Final = "license:"


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A repository in a list of results.

    Attributes:
        repository: "author/name".
        downloads, likes: as the hub counts them.
        gated: whether its authors decide who gets it.
        licence: its short name; empty when the hub does not know.
        changed: date of the last change, "2026-06-01".
        architecture: e.g. "smallthinker"; empty when the hub has not read the header.
        parameters: number of weights; 0 when unknown.
        context: tokens it was trained for; 0 when unknown.
    """

    repository: str
    downloads: int = 0
    likes: int = 0
    gated: bool = False
    licence: str = ""
    changed: str = ""
    architecture: str = ""
    parameters: int = 0
    context: int = 0


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository holds at one commit.

    Attributes:
        model: as in a list of results.
        commit: hash that its files belong to.
        choices: quantizations, smallest first.
    """

    model: FoundModel
    commit: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file's bytes are, for some minutes.

    Attributes:
        url: of the storage.
        size: bytes; 0 when it was not said.
        hash: see `HubFile.hash`; empty when it was not said.
        commit: of the repository; empty when it was not said.
    """

    url: str
    size: int
    hash: str
    commit: str


class Hub:
    """The hub's API over a connection. Methods block; all raise `ThimbleError` as `Connection.json` does."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def search(self, words: str, limit: int = MOST_FOUND) -> list[FoundModel]:
        """Repositories with GGUF files whose name has these words, the most downloaded first."""
        params: dict[str, Any] = {
            "filter": "gguf",
            "search": " ".join(words.split()),
            "sort": "downloads",
            "limit": str(limit),
            "expand": list(_FIELDS),
        }
        data, _ = self._connection.json("/api/models", params, what="that search")
        if not isinstance(data, list):
            raise _nonsense("that search")
        found = [_found(entry) for entry in data if isinstance(entry, dict)]
        return [model for model in found if is_repository(model.repository)][:limit]

    def repository(self, name: str, revision: str = "main") -> Repository:
        """What a repository holds.

        Args:
            name: "author/name".
            revision: branch, tag or commit.

        Raises:
            ThimbleError: also BAD_REQUEST for a name that is none.
        """
        what = f"the repository {check_repository(name)}"
        path = f"/api/models/{name}" if revision == "main" else f"/api/models/{name}/revision/{quote(revision, '')}"
        data, _ = self._connection.json(path, {"blobs": "true"}, what=what)
        commit = data.get("sha") if isinstance(data, dict) else None
        if not isinstance(commit, str) or not is_commit(commit):
            raise _nonsense(what)
        siblings = data.get("siblings")
        files = [_file(entry) for entry in (siblings if isinstance(siblings, list) else []) if isinstance(entry, dict)]
        model = _found({**data, "id": name})
        return Repository(model, commit, choices(file for file in files if file is not None))

    def locate(self, repository: str, commit: str, path: str) -> Location:
        """Where a file's bytes are now. Storage addresses are signed and hold only for a while, so ask each time."""
        url = file_url(self._connection.access, repository, commit, path)
        what = f"{repository}/{path}"
        response = self._connection.redirect(url, what=what)
        linked = response.headers.get("x-linked-etag") or response.headers.get("etag") or ""
        found = linked.removeprefix("W/").strip('"').lower()
        size = response.headers.get("x-linked-size") or (
            "" if response.is_redirect else response.headers.get("content-length", "")
        )
        return Location(
            urljoin(str(response.url), response.headers.get("location") or str(response.url)),
            int(size) if size.isdecimal() else 0,
            found if is_hash(found) else "",
            response.headers.get("x-repo-commit", ""),
        )

    def whoami(self) -> str:
        """The account that the token belongs to."""
        data, _ = self._connection.json("/api/whoami-v2", what="your account")
        name = data.get("name") if isinstance(data, dict) else None
        return name if isinstance(name, str) else ""


def file_url(access: Access, repository: str, revision: str, path: str) -> str:
    """A file's address on the hub."""
    return f"{access.endpoint}/{repository}/resolve/{quote(revision, '')}/{quote(path)}"


def page_url(access: Access, repository: str) -> str:
    """A repository's page, for a browser."""
    return f"{access.endpoint}/{repository}"


def _found(data: dict[str, Any]) -> FoundModel:
    facts = data.get("gguf") if isinstance(data.get("gguf"), dict) else {}
    tags = [tag for tag in data.get("tags") or () if isinstance(tag, str)]
    licence = next((tag[len(_LICENCE_TAG) :] for tag in tags if tag.startswith(_LICENCE_TAG)), "")
    return FoundModel(
        repository=_text(data, "id") or _text(data, "modelId"),
        downloads=_number(data, "downloads"),
        likes=_number(data, "likes"),
        gated=bool(data.get("gated")),
        licence=licence[:60],
        changed=_text(data, "lastModified")[:10],
        architecture=_text(facts, "architecture")[:60],
        parameters=_number(facts, "total"),
        context=_number(facts, "context_length"),
    )


def _file(data: dict[str, Any]) -> HubFile | None:
    large = data.get("lfs") if isinstance(data.get("lfs"), dict) else None
    path = _text(data, "rfilename")
    if large is not None:
        size, found = _number(large, "size") or _number(data, "size"), _text(large, "sha256") or _text(large, "oid")
    else:
        size, found = _number(data, "size"), _text(data, "blobId")
    found = found.lower()
    return HubFile(path, size, found) if path and is_hash(found) else None


def _text(data: Any, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(data: Any, key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _nonsense(what: str) -> ThimbleError:
    return ThimbleError(
        Code.HUB_FAILED,
        f"The model hub's answer about {what} makes no sense.",
        "Check the hub's address in the settings.",
    )
