"""Problems as values."""

from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble.errors import Code, Problem, ThimbleError, storage_code


@given(st.builds(Problem, code=st.text(min_size=1), sentence=st.text(), action=st.text(), detail=st.text()))
def test_a_problem_survives_json(problem: Problem) -> None:
    assert Problem.from_json(problem.to_json()) == problem


def test_a_problem_from_elsewhere_may_lack_fields_and_have_others() -> None:
    assert Problem.from_json({"sentence": "Odd.", "more": 1, "detail": None}) == Problem(Code.INTERNAL, "Odd.")


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("c", "It broke.", "Mend it."), "It broke. Mend it."),
        (Problem("c", "It broke."), "It broke."),
        (Problem("c", "", "Mend it."), "Mend it."),
    ],
)
def test_a_problem_reads_as_its_sentence_and_action(problem: Problem, text: str) -> None:
    assert str(problem) == text
    assert str(ThimbleError.of(problem)) == text


def test_an_error_carries_its_problem() -> None:
    error = ThimbleError(Code.DISK_FULL, "Full.", "Free some.", "/x")
    assert error.problem == Problem("disk_full", "Full.", "Free some.", "/x")
    assert ThimbleError.of(error.problem).problem == error.problem


def test_codes_are_the_lower_case_of_their_names() -> None:
    assert all(code.value == code.name.lower() for code in Code)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, Code.DISK_FULL),
        (errno.EDQUOT, Code.DISK_FULL),
        (errno.EACCES, Code.FILE_NOT_WRITABLE),
        (errno.EROFS, Code.FILE_NOT_WRITABLE),
    ],
)
def test_a_failed_write_is_a_full_disk_or_a_closed_door(number: int, code: Code) -> None:
    assert storage_code(OSError(number, "x")) == code
