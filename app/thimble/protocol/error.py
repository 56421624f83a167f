"""A problem as an answer to a request."""

from __future__ import annotations

from typing import Any, Final

from thimble.errors import Problem

ENDED_OVER_GRAMMAR: Final = 70
"""Exit code of an engine that ended itself because one step of a grammar took too long, or too much memory."""


def error_body(problem: Problem, kind: str = "invalid_request_error") -> dict[str, Any]:
    """OpenAI's error object with the four fields of the problem inside."""
    return {"error": {"message": str(problem), "type": kind, "param": None, **problem.to_json()}}
