"""How others find the engine and are let in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from thimble.protocol.values import known_fields


@dataclass(frozen=True, slots=True)
class LockFile:
    """The engine's lock file in the runtime folder (mode 0600): how others find and trust it."""

    pid: int
    port: int
    token: str
    host: str = "127.0.0.1"
    started: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """`http://host:port`, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            TypeError: a field is missing.
        """
        return cls(**known_fields(cls, data))
