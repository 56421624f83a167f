"""Who is asked about known weaknesses, and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from installer.environment import Environment
from installer.packages import audit, interpreter
from installer.packages.audit import Answer
from installer.packages.facts import Workshop

Says = Callable[[int, str], None]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """Makes every program that is started end with a code and say something."""

    def set_answer(code: int, output: str) -> None:
        monkeypatch.setattr(audit, "run_logged", lambda *_, **__: (code, output))
        monkeypatch.setattr(audit, "output_of", lambda *_: output if code == 0 else "")

    return set_answer


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "venv", tmp_path)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "audit.txt"
    path.write_text("H_11==0.16.0\n")
    return path


def test_the_engine_is_asked_about_as_the_release_it_was_made_from() -> None:
    components: list[dict[str, Any]] = [
        {"name": "h11", "version": "0.16.0", "purl": "pkg:pypi/h11@0.16.0"},
        {"name": "llama_cpp_python", "version": "0.3.36+thimble.10"},
        {"name": "libssl3", "version": "3", "purl": "pkg:deb/debian/libssl3@3"},
    ]
    assert audit.python_packages(components) == [("h11", "0.16.0"), ("llama_cpp_python", "0.3.36")]


def test_a_weakness_is_named_with_the_version_that_mends_it(says: Says, environment: Environment, listed: Path) -> None:
    weak = {"name": "h11", "version": "0.16.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.17"]}]}
    says(1, "Found 1 known vulnerability\n" + json.dumps({"dependencies": [weak]}))
    assert audit.weaknesses(environment, listed) == Answer(["h11 0.16.0: PYSEC-1, mended in 0.17"])


def test_no_answer_is_no_good_answer(says: Says, environment: Environment, listed: Path) -> None:
    says(1, "WARNING: odd\nERROR: h11: Dependency not found on PyPI and could not be audited")
    answer = audit.weaknesses(environment, listed)
    assert "could not be audited" in answer.silent
    assert audit.withdrawn(environment, listed, environment).silent


def test_withdrawn_releases_are_found_with_their_reason(
    monkeypatch: pytest.MonkeyPatch, environment: Environment, listed: Path
) -> None:
    warned = 'Resolved 1 package\nwarning: `h11==0.16.0` is yanked (reason: "Broken.")\n'
    newer = [{"name": "h-11", "latest_version": "0.17"}, {"name": "pip", "latest_version": "99"}]
    monkeypatch.setattr(audit, "run_logged", lambda *_, **__: (0, warned))
    monkeypatch.setattr(audit, "output_of", lambda *_: json.dumps(newer))
    answer = audit.withdrawn(environment, listed, environment)
    assert answer == Answer(["h11==0.16.0 was withdrawn: Broken."], note="newer releases: h-11 0.17")


POLICY = """libssl3:
  Installed: 3.0.22
  Candidate: 3.0.22
  Version table:
 *** 3.0.22 500
libffi8:
  Installed: 3.4.4-1
  Candidate: 3.4.4-1
  Version table:
"""


def test_what_was_packed_counts_and_not_what_is_installed_since(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "which", lambda _: "/usr/bin/apt-cache")
    says(0, POLICY)
    packed = [
        {"name": name, "version": version, "bom-ref": f"deb:{name}"}
        for name, version in (("libffi8", "3.4.4-1"), ("libssl3", "3.0.19"), ("libgone1", "1"))
    ]
    answer = audit.of_the_system(packed, ["libffi8", "libgone1", "libssl3"])
    assert answer.found == ["libgone1 1 is no longer offered.", "libssl3 3.0.19 is packed, and 3.0.22 is offered."]


def test_a_mirror_that_cannot_be_reached_is_said(says: Says, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "which", lambda _: "/usr/bin/apt-cache")
    says(100, "E: Failed to fetch")
    assert audit.of_the_system([], ["libssl3"]).silent == "E: Failed to fetch"


@pytest.mark.parametrize(("last", "found"), [((3, 11, 18), 1), ((3, 11, 7), 0)])
def test_a_python_that_no_system_mends_has_to_be_its_series_last(
    last: tuple[int, int, int],
    found: int,
    says: Says,
    workshop: Workshop,
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = interpreter.Python("3.11.7", Path("/opt/lib"), Path("/opt"), shared=True)
    monkeypatch.setattr(interpreter, "packed", lambda _: python)
    versions = [(3, 11, 2), last]
    parts = [dict(zip(("major", "minor", "patch"), version, strict=True)) for version in versions]
    says(0, json.dumps([{"version_parts": one} for one in parts]))
    assert len(audit.python_itself(workshop, environment).found) == found
