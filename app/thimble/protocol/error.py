"""A problem as an answer to a request."""

from __future__ import annotations

from typing import Any

from thimble.errors import Problem


def error_body(problem: Problem, kind: str = "invalid_request_error") -> dict[str, Any]:
    """OpenAI's error object with the four fields of the problem inside."""
    return {"error": {"message": str(problem), "type": kind, "param": None, **problem.to_json()}}
