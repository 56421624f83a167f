"""The connections a person has entered: a name, an address and what the server was found to be. Keys are elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from thimble.addresses import http_parts, is_loopback, is_private
from thimble.errors import Code, ThimbleError
from thimble.keychain import Keychain
from thimble.records import Records

KEYS: Final = Keychain("thimble connection", "connection-keys.json")
"""The keys, by `Connection.key_name`."""

_ENDINGS: Final = ("/chat/completions", "/completions", "/models")
_PREFIX: Final = "remote:"
_AT: Final = " @ "


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model that a server offers.

    Attributes:
        id: as the server calls it.
        context: tokens its context holds; 0 when the server does not say.
    """

    id: str
    context: int = 0


@dataclass(frozen=True, slots=True)
class Connection:
    """One endpoint.

    Attributes:
        id: names it for good; letters and digits.
        name: what the person calls it.
        url: where `/chat/completions` and `/models` are below, without a slash at the end.
        kind: what the server was found to be, see `dialects`; "" for none that is known.
        models: what it offered when it was last asked.
    """

    id: str
    name: str
    url: str
    kind: str = ""
    models: tuple[RemoteModel, ...] = field(default=())

    @property
    def host(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.url).netloc

    @property
    def key_name(self) -> str:
        """Name of its key in `KEYS`. Another address does not get this one's key."""
        return f"{self.id} {urlsplit(self.url).scheme}://{self.host.lower()}"

    @property
    def is_here(self) -> bool:
        """Whether it is on this computer."""
        return is_loopback(urlsplit(self.url).hostname or "")

    @property
    def is_open(self) -> bool:
        """Whether what is sent can be read on the way."""
        return urlsplit(self.url).scheme == "http" and not self.is_here

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, or somebody's editor.

        Raises:
            ValueError, TypeError: something is missing or of another type.
            ThimbleError: the address is none.
        """
        models = tuple(
            RemoteModel(str(model["id"]), int(model.get("context") or 0))
            for model in data.get("models") or ()
            if isinstance(model, dict) and model.get("id")
        )
        known = {key: str(data[key]) for key in (f.name for f in fields(cls)) if key in data and key != "models"}
        made = cls(**known, models=models)
        if not made.id.isalnum():
            raise ValueError(f"no id: {made.id!r}")
        return replace(made, url=clean_url(made.url))


def clean_url(typed: str) -> str:
    """An address as somebody typed or copied it, made whole.

    A lone host gets `/v1`, where OpenAI's protocol usually is; without a scheme this computer gets http, others https.

    Raises:
        ThimbleError: BAD_REQUEST for what is no http(s) address.
    """
    text = typed.strip()
    text = text if text.endswith("://") else text.rstrip("/")
    try:
        if "://" not in text:
            host = urlsplit(f"//{text}").hostname or ""
            text = f"{'http' if is_loopback(host) or is_private(host) else 'https'}://{text}"
    except ValueError:
        text = ""
    for ending in _ENDINGS:
        text = text.removesuffix(ending)
    parts = http_parts(text)
    if parts is None or parts.query or parts.fragment or any(c.isspace() for c in text):
        raise ThimbleError(
            Code.BAD_REQUEST,
            "This is no address of a server.",
            "Write it like http://192.168.1.20:8000/v1.",
            repr(typed[:200]),
        )
    return text if parts.path.strip("/") else f"{text}/v1"


class Connections(Records[Connection]):
    """All of them; the key of one that is removed is forgotten by `KEYS.save(name, "")`.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "connections", "The connections", Connection.from_json)

    def add(self, name: str, url: str) -> Connection:
        """A new one.

        Raises:
            ThimbleError: BAD_REQUEST for what is no address; the file cannot be written.
        """
        url = clean_url(url)
        made = Connection(secrets.token_hex(4), " ".join(name.split())[:60] or urlsplit(url).netloc, url)
        self._write([*self.all(), made])
        return made


def choice_of(connection_id: str, model: str) -> str:
    """A remote model as a conversation remembers it."""
    return f"{_PREFIX}{connection_id}/{model}"


def chosen(choice: str) -> tuple[str, str] | None:
    """(connection id, model) of a choice; None for a model on this computer."""
    if not choice.startswith(_PREFIX):
        return None
    connection_id, _, model = choice.removeprefix(_PREFIX).partition("/")
    return (connection_id, model) if connection_id and model else None


def is_remote_author(author: str) -> bool:
    """Whether an answer's author, as it is stored, is on another machine."""
    return _AT in author


def written_by(connection: Connection, model: str) -> str:
    """Who an answer was written by, for people and in the store."""
    return f"{model}{_AT}{connection.name}"


def gone(choice: str) -> ThimbleError:
    """The conversation's connection was removed."""
    return ThimbleError(
        Code.NOT_FOUND,
        "The connection that this chat used is no longer there.",
        "Choose another model, then try again.",
        choice,
    )
