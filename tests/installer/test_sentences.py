"""The sentences of failures are found in the sources, however they are put together."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from installer import sentences

ERRORS = """
class Problem:
    code: str
    sentence: str
    action: str = ""

class ThimbleError(Exception):
    def __init__(self, code, sentence, action="", detail=""): ...

def to_translate(sentence): return sentence
"""


def _found(folder: Path, source: str, **others: str) -> set[str]:
    package = folder / "thimble"
    package.mkdir()
    for name, text in {"errors": ERRORS, "part": source, **others}.items():
        (package / f"{name}.py").write_text(dedent(text), "utf-8")
    return sentences.of_failures(package)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('raise ThimbleError(Code.X, "It broke.", "Mend it.", "a detail of it")', {"It broke.", "Mend it."}),
        ('raise ThimbleError(Code.X, "It broke.", action=f"Mend {it}.")', {"It broke.", "Mend {0}."}),
        ('raise ThimbleError(Code.X, f"{a} of {b:,} {c!r} broke.")', {"{0} of {1} {2} broke."}),
        ('raise ThimbleError(Code.X, f"{{{a}}} broke there.")', {"{{{0}}} broke there."}),
        ('problem = Problem(Code.X, "It broke.")', {"It broke."}),
        ('raise ThimbleError(Code.X, "A broke." if a else f"All of {b} broke.")', {"A broke.", "All of {0} broke."}),
        ('raise ThimbleError(Code.X, told or "It broke.")', {"It broke."}),
        ('raise ThimbleError(Code.X, "It broke." + (" All." if a else ""))', {"It broke.", "It broke. All."}),
        ('raise ThimbleError(Code.X, f"{size} GiB")', set()),
        ("raise ThimbleError(Code.X, told)", set()),
        ('warning = to_translate(f"{name} was mended.")', {"{0} was mended."}),
    ],
)  # fmt: skip
def test_an_expression_is_read(tmp_path: Path, source: str, said: set[str]) -> None:
    assert _found(tmp_path, source) == said


def test_a_variable_is_followed_to_all_that_it_was_given(tmp_path: Path) -> None:
    source = """
    def work(path):
        sentence, action = f"{path} broke.", "Mend it."
        if path:
            sentence = "All of it broke."
        raise ThimbleError(Code.X, sentence, action)
    """
    assert _found(tmp_path, source) == {"{0} broke.", "All of it broke.", "Mend it."}


def test_a_function_that_makes_an_error_is_followed_to_its_callers(tmp_path: Path) -> None:
    source = """
    def refused(path, what, action="Choose another one."):
        return ThimbleError(Code.X, f"“{path}” {what}", action)
    """
    other = """
    from thimble import part

    def work(path):
        raise part.refused(path, "is a folder, not a file.")
        raise part.refused(path, what=f"has {size} bytes too many.", action="Cut it.")
    """
    assert _found(tmp_path, source, other=other) == {
        "“{0}” is a folder, not a file.",
        "“{0}” has {1} bytes too many.",
        "Choose another one.",
        "Cut it.",
    }


def test_a_function_that_makes_a_part_of_a_sentence_is_read(tmp_path: Path) -> None:
    source = """
    def after(seconds):
        return f"in {seconds} seconds" if seconds else "in a moment"

    def work():
        raise ThimbleError(Code.X, "It broke.", f"Try again {after(seconds)}.")
    """
    assert _found(tmp_path, source) == {"It broke.", "Try again in {0} seconds.", "Try again in a moment."}


def test_what_an_object_was_made_with_is_known(tmp_path: Path) -> None:
    source = """
    class Records:
        def __init__(self, what):
            self._what = what

        def save(self):
            raise ThimbleError(Code.X, f"{self._what} could not be saved.")

    class Servers(Records[Server]):
        def __init__(self):
            super().__init__("The tool servers")

    first = Records("The connections")
    """
    assert _found(tmp_path, source) == {
        "The connections could not be saved.",
        "The tool servers could not be saved.",
    }


def test_kinds_of_errors_are_known_by_their_own_parameters(tmp_path: Path) -> None:
    source = """
    class FieldError(ThimbleError):
        def __init__(self, field, sentence): ...

    class GoneError(ThimbleError):
        pass

    def refuse(kind: type[GoneError]):
        raise kind(Code.X, "It is gone.")

    raise FieldError("the name of it", "It is wrong.")
    """
    assert _found(tmp_path, source) == {"It is gone.", "It is wrong."}


def test_functions_that_call_themselves_come_to_an_end(tmp_path: Path) -> None:
    source = """
    def said(words):
        return said(f"{words} again") if words else "It broke."

    raise ThimbleError(Code.X, said(said))
    """
    assert "It broke." in _found(tmp_path, source)


def test_terminal_programs_are_left_out(tmp_path: Path) -> None:
    assert _found(tmp_path, "", cli='raise ThimbleError(Code.X, "It broke.")') == set()


def test_sums_of_texts_in_the_engine_are_read(tmp_path: Path) -> None:
    (tmp_path / "store.cpp").write_text(
        'if (!ok) { error = "The file is gone: " + path; }\n'
        'error = "There are " + std::to_string(n) + " parts too many.";\n'
        'text = "The end of it.";\n'
        'name = "no error at all";\n',
        "utf-8",
    )
    assert sentences.of_engine(tmp_path) == {
        "The file is gone: {0}",
        "The file is gone",
        "There are {0} parts too many.",
        "The end of it.",
    }
