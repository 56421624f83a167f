"""What tool servers print is kept, but not without end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from thimble import logs
from thimble.tools.server_log import ServerLog


def run(log: ServerLog, program: str) -> None:
    subprocess.run([sys.executable, "-c", program], stderr=log.pipe, check=True)


def test_lines_are_kept_as_they_were_printed(tmp_path: Path) -> None:
    log = ServerLog(tmp_path / "tools.log")
    run(log, "import sys; sys.stderr.write('first\\nsecond \\xe4\\nrest')")
    log.close()
    assert (tmp_path / "tools.log").read_text("utf-8").splitlines() == ["first", "second ä", "rest"]


def test_the_log_of_a_chatty_server_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 10_000)
    log = ServerLog(tmp_path / "tools.log")
    run(log, "import sys\nfor _ in range(5000): sys.stderr.write('x' * 99 + '\\n')")
    log.close()
    assert sum(file.stat().st_size for file in tmp_path.glob("tools.log*")) <= 10_000 * (1 + logs.FILES_KEPT)


def test_a_line_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 100_000)
    log = ServerLog(tmp_path / "tools.log")
    run(log, "import sys; sys.stderr.write('x' * 1_000_000)")
    log.close()
    files = list(tmp_path.glob("tools.log*"))
    assert all(len(line) < 20_000 for file in files for line in file.read_text().splitlines())
    assert sum(file.stat().st_size for file in files) <= 100_000 * (1 + logs.FILES_KEPT)
