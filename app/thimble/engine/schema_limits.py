"""Keeps schemas within what a grammar can count: one rule for each repetition is read by llama.cpp by recursion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any, Final

MOST_REPEATED: Final = 1000
"""llama.cpp refuses 1500 optional repetitions, and ends the process over 20 000."""
_UPPER: Final = frozenset({"maxLength", "maxItems"})
_LOWER: Final = frozenset({"minLength", "minItems"})
_DATA: Final = frozenset({"const", "enum", "default", "examples"})
"""What stands there is no schema."""
_COUNTS: Final = re.compile(r"\{(\d*),?(\d*)\}")


def within_reach(schema: Any) -> Any:
    """The schema without upper limits that are too high to be counted; they are not kept to.

    Raises:
        ValueError: it wants something more often than can be counted.
    """
    if isinstance(schema, list):
        return [within_reach(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        number = value if isinstance(value, int | float) else 0
        if key in _LOWER and number > MOST_REPEATED:
            raise ValueError(f"{key} is larger than {MOST_REPEATED}")
        if key == "pattern" and isinstance(value, str):
            _check_pattern(value)
        if key not in _UPPER or number <= MOST_REPEATED:
            kept[key] = value if key in _DATA else within_reach(value)
    return kept


def _check_pattern(pattern: str) -> None:
    """Groups may be repeated in groups: all counts together make the grammar long."""
    counts = [int(number) for found in _COUNTS.finditer(pattern) for number in found.groups() if number.strip("0")]
    if prod(counts) > MOST_REPEATED:
        raise ValueError(f"the pattern repeats something more than {MOST_REPEATED} times")
