"""Dataclasses as JSON objects and back."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any, Self


def known_fields(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    """What of a JSON object a dataclass has fields for."""
    names = {f.name for f in fields(cls)}
    return {key: value for key, value in data.items() if key in names}


class Values:
    """A dataclass of plain values as a JSON object and back."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]  # every subclass is a dataclass

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, ignoring unknown fields."""
        return cls(**known_fields(cls, data))
