"""The door to llama_cpp: its log and its build."""

from __future__ import annotations

import logging

import pytest

from thimble.engine import binding
from thimble.engine.binding import LlamaLog


def test_pieces_of_a_line_become_one_record(caplog: pytest.LogCaptureFixture) -> None:
    lines = LlamaLog()
    with caplog.at_level(logging.INFO, "thimble.llama"):
        lines.write(2, b"loading ", None)
        lines.write(5, b"the model\n", None)
    assert caplog.messages == ["loading the model"]


def test_error_lines_are_kept_until_they_are_asked_for() -> None:
    lines = LlamaLog()
    lines.write(4, b"no such tensor\n", None)
    assert [lines.take_errors(), lines.take_errors()] == ["no such tensor", ""]


def test_the_dots_of_a_progress_bar_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "thimble.llama"):
        LlamaLog().write(2, b".....\n", None)
    assert caplog.messages == []


@pytest.mark.engine
def test_the_build_is_named() -> None:
    assert binding.build_version().startswith("0.3.36")
    assert binding.installed()
