"""The log viewer follows files that grow and are rotated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from thimble import paths
from thimble.ui.app_context import AppContext
from thimble.ui.log_tail import MOST_BYTES, LogLine, LogTail
from thimble.ui.log_view import LogFilter, LogModel, LogWindow

INFO = "2026-11-24 02:00:00,001 INFO thimble.engine: model loaded"
WARNING = "2026-11-24 02:00:01,002 WARNING thimble.engine: slow disk"
ERROR = "2026-11-24 02:00:02,003 ERROR thimble.engine: it broke"


def _append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    tail = LogTail(path, "engine")
    assert tail.read_new() == []
    _append(path, INFO)
    assert [line.text for line in tail.read_new()] == [INFO]
    assert tail.read_new() == []
    _append(path, WARNING, ERROR)
    assert [line.level for line in tail.read_new()] == ["WARNING", "ERROR"]


def test_a_line_that_is_not_finished_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(INFO[:20], "utf-8")
    tail = LogTail(path, "engine")
    assert tail.read_new() == []
    with path.open("a", encoding="utf-8") as file:
        file.write(INFO[20:] + "\n")
    assert [line.text for line in tail.read_new()] == [INFO]


def test_a_rotated_file_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    _append(path, INFO)
    tail = LogTail(path, "engine")
    tail.read_new()
    path.rename(tmp_path / "a.log.1")
    assert tail.read_new() == []
    _append(path, WARNING)
    assert [line.text for line in tail.read_new()] == [WARNING]


def test_a_file_that_was_cut_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    _append(path, INFO, WARNING)
    tail = LogTail(path, "engine")
    tail.read_new()
    path.write_text(ERROR + "\n", "utf-8")
    assert [line.text for line in tail.read_new()] == [ERROR]


def test_of_a_huge_file_only_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    line = "x" * 99
    path.write_text(f"{line}\n" * (MOST_BYTES // 50), "utf-8")
    lines = LogTail(path, "engine").read_new()
    assert len(lines) <= MOST_BYTES // 100
    assert all(found.text == line for found in lines)


def test_a_tracebacks_lines_have_the_level_of_their_record(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    _append(path, ERROR, "Traceback (most recent call last):", "  boom")
    assert [line.level for line in LogTail(path, "engine").read_new()] == ["ERROR"] * 3


def test_bytes_that_are_not_text_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"\xff\xfe broken\n")
    assert len(LogTail(path, "engine").read_new()) == 1


def _line(text: str, level: str = "INFO", source: str = "engine") -> LogLine:
    return LogLine(source, level, "", text)


def test_model_and_filter_keep_qts_rules(qtbot: QtBot) -> None:
    model, shown = LogModel(), LogFilter()
    shown.setSourceModel(model)
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    testers = [QAbstractItemModelTester(model, mode), QAbstractItemModelTester(shown, mode)]
    model.add([_line("one"), _line("two", "ERROR"), _line("three", source="window")])
    shown.set_filter("engine", "WARNING", "")
    assert shown.rowCount() == 1
    model.add([_line("four", "CRITICAL")])
    assert shown.rowCount() == 2
    shown.set_filter("", "DEBUG", "THREE")
    assert shown.rowCount() == 1
    del testers


@pytest.fixture
def window(qtbot: QtBot, context: AppContext) -> Iterator[LogWindow]:
    owner = QWidget()
    qtbot.addWidget(owner)
    _append(paths.engine_log_file(), INFO, WARNING)
    _append(paths.app_log_file(), "2026-11-24 01:59:59,000 INFO thimble.ui: started")
    made = LogWindow(context, owner)
    made.show()
    qtbot.waitUntil(lambda: made.model.rowCount() == 3)
    yield made
    made.close()
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def _shown(window: LogWindow) -> list[str]:
    return [str(window.filter.index(row, 0).data()) for row in range(window.filter.rowCount())]


def test_both_files_are_shown_in_the_order_of_time(window: LogWindow) -> None:
    assert [text.split()[1] for text in _shown(window)] == ["01:59:59,000", "02:00:00,001", "02:00:01,002"]


def test_new_lines_appear(qtbot: QtBot, window: LogWindow) -> None:
    _append(paths.engine_log_file(), ERROR)
    qtbot.waitUntil(lambda: _shown(window)[-1] == ERROR)


def test_level_source_and_text_filter(window: LogWindow) -> None:
    window.level.setCurrentIndex(window.level.findData("WARNING"))
    assert _shown(window) == [WARNING]
    window.level.setCurrentIndex(0)
    window.source.setCurrentIndex(window.source.findData("window"))
    assert len(_shown(window)) == 1
    window.source.setCurrentIndex(0)
    window.search.setText("LOADED")
    assert _shown(window) == [INFO]
    window.search.setText("xyzzy")
    assert window.empty.isVisible()


def test_copy_takes_what_is_shown(window: LogWindow) -> None:
    window.search.setText("slow")
    window.copy()
    assert QGuiApplication.clipboard().text() == WARNING


def test_a_closed_viewer_reads_nothing(window: LogWindow) -> None:
    window.close()
    assert not window.following
