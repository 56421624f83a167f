"""docs/security.md names a test for each promise; every one of them has to be there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_named_test_is_there(file: str, name: str) -> None:
    assert name in functions_of(file)


def threats() -> list[str]:
    """The rows of all tables that have a column for the test."""
    rows: list[str] = []
    inside = False
    for line in PAGE.splitlines():
        if line.endswith("| Test |"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and line.startswith("| "):
            rows.append(line)
    return rows


def test_every_line_of_the_threat_model_names_a_test() -> None:
    assert len(threats()) > 30
    assert [line for line in threats() if "`tests/" not in line] == []
