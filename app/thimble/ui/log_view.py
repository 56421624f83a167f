"""The log viewer: what the window and the engine wrote, filtered, followed, copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QHideEvent, QKeySequence, QPainter, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from thimble import paths
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.log_tail import LEVELS, LogLine, LogTail
from thimble.ui.settings.about import open_folder
from thimble.ui.theme import S1, S2, Theme
from thimble.ui.theme.tokens import CODE_PX
from thimble.ui.widgets.basic import Combo, button, dress_search, label
from thimble.ui.widgets.switch import Switch

MOST_LINES: Final = 40_000
READ_EVERY_MS: Final = 500
SIZE: Final = (980, 640)
SOURCE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
LEVEL_ROLE: Final = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex
_TONES: Final = {"DEBUG": "muted", "WARNING": "late", "ERROR": "danger", "CRITICAL": "danger"}


class LogModel(QAbstractListModel):
    """The last lines of both files."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: list[LogLine] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Number of lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, source and level of a line."""
        if not index.isValid() or not 0 <= index.row() < len(self._lines):
            return None
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line.text
        if role == SOURCE_ROLE:
            return line.source
        if role == LEVEL_ROLE:
            return line.level
        return None

    def add(self, lines: Sequence[LogLine]) -> None:
        """Appends lines and forgets the oldest beyond the bound."""
        if not lines:
            return
        first = len(self._lines)
        self.beginInsertRows(QModelIndex(), first, first + len(lines) - 1)
        self._lines.extend(lines)
        self.endInsertRows()
        surplus = len(self._lines) - MOST_LINES
        if surplus > 0:
            self.beginRemoveRows(QModelIndex(), 0, surplus - 1)
            del self._lines[:surplus]
            self.endRemoveRows()


class LogFilter(QSortFilterProxyModel):
    """Lines of a source, from a level on, that contain a text."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = ""
        self._least = 0
        self._text = ""

    def set_filter(self, source: str, level: str, text: str) -> None:
        """Shows only these; "" for all sources."""
        self._source, self._text = source, text.casefold()
        self._least = LEVELS.index(level)
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        """Whether a line is shown."""
        index = self.sourceModel().index(row, 0, parent)
        if self._source and index.data(SOURCE_ROLE) != self._source:
            return False
        level = index.data(LEVEL_ROLE)
        if level is None or LEVELS.index(level) < self._least:
            return False
        return not self._text or self._text in str(index.data()).casefold()


class LogDelegate(QStyledItemDelegate):
    """One line in the code font, coloured by its level, with the source before it."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = theme.font("code")
        self._font.setPixelSize(CODE_PX - 1)
        self._metrics = QFontMetrics(self._font)
        self.widest = 0

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """One line; all are equally high."""
        return QSize(self.widest, self._metrics.height() + 4)

    def width_of(self, text: str) -> int:
        """Width of a line in px."""
        return self._metrics.horizontalAdvance(text) + 2 * S1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws a line."""
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, self._theme.color("accent_soft"))
        painter.setFont(self._font)
        painter.setPen(self._theme.color(_TONES.get(str(index.data(LEVEL_ROLE)), "text")))
        place = option.rect.adjusted(S1, 0, 0, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()


class LogWindow(QWidget):
    """A window of its own beside the main one."""

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        theme = context.theme
        self._context = context
        self._tails = (LogTail(paths.app_log_file(), "window"), LogTail(paths.engine_log_file(), "engine"))
        self._job: JobHandle | None = None
        self.setWindowTitle(self.tr("Log"))
        self.setAccessibleName(self.tr("Log"))
        self.setProperty("kind", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(*SIZE)

        self.search = QLineEdit()
        dress_search(theme, self.search, self.tr("Search the log"))
        self.source = Combo(theme, self.tr("Source"))
        for text, value in (
            (self.tr("Window and engine"), ""),
            (self.tr("Engine"), "engine"),
            (self.tr("Window"), "window"),
        ):
            self.source.addItem(text, value)
        self.level = Combo(theme, self.tr("Level"))
        for text, value in (
            (self.tr("Everything"), "DEBUG"),
            (self.tr("Information"), "INFO"),
            (self.tr("Warnings"), "WARNING"),
            (self.tr("Errors"), "ERROR"),
        ):
            self.level.addItem(text, value)
        self.follow = Switch(theme, self.tr("Follow"))
        self.follow.setChecked(True)
        copy = button(theme, self.tr("Copy"), icon="ph.copy")
        copy.setToolTip(self.tr("Copies the chosen lines, or all that are shown"))
        copy.clicked.connect(self.copy)
        folder = button(theme, self.tr("Open folder"), icon="ph.folder-open")
        folder.clicked.connect(lambda: open_folder(paths.log_dir()))

        self.model = LogModel(self)
        self.filter = LogFilter(self)
        self.filter.setSourceModel(self.model)
        self.view = QListView()
        self.view.setModel(self.filter)
        self._delegate = LogDelegate(theme, self)
        self.view.setItemDelegate(self._delegate)
        self.view.setProperty("kind", "paper")
        self.view.setUniformItemSizes(True)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName(self.tr("Log lines"))
        self.empty = label(theme, self.tr("Nothing was written yet."), "body", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setParent(self.view)

        top = QHBoxLayout()
        top.setSpacing(S1)
        top.addWidget(self.search, 1)
        top.addWidget(self.source)
        top.addWidget(self.level)
        top.addSpacing(S1)
        top.addWidget(label(theme, self.tr("Follow"), "small", "muted"))
        top.addWidget(self.follow)
        top.addSpacing(S1)
        top.addWidget(copy)
        top.addWidget(folder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2, S2, S2)
        layout.setSpacing(S2)
        layout.addLayout(top)
        layout.addWidget(self.view, 1)

        self._timer = QTimer(self)
        self._timer.setInterval(READ_EVERY_MS)
        self._timer.timeout.connect(self.read)
        self.search.textChanged.connect(lambda _text: self._apply())
        self.source.currentIndexChanged.connect(lambda _index: self._apply())
        self.level.currentIndexChanged.connect(lambda _index: self._apply())
        self.follow.toggled.connect(lambda _on: self._to_end())
        self.view.verticalScrollBar().sliderMoved.connect(lambda _place: self._on_scrolled())
        for keys, slot in (
            (QKeySequence(QKeySequence.StandardKey.Copy), self.copy),
            (QKeySequence(QKeySequence.StandardKey.Find), self.search.setFocus),
            (QKeySequence(Qt.Key.Key_Escape), self.close),
        ):
            QShortcut(keys, self, slot)
        self._apply()

    def read(self) -> None:
        """Reads what is new, in a job."""
        if self._job is not None and self._job.running:
            return

        def work(_handle: JobHandle) -> list[LogLine]:
            lines = [line for tail in self._tails for line in tail.read_new()]
            # Stable: lines without a time of their own have that of the line before and stay with it.
            return sorted(lines, key=lambda line: line.time)

        self._job = self._context.jobs.run(work, done=self._add, name="read the logs")

    @property
    def following(self) -> bool:
        """Whether the files are read as they grow."""
        return self._timer.isActive()

    def copy(self) -> None:
        """Copies the chosen lines, or all that are shown."""
        rows = sorted(index.row() for index in self.view.selectedIndexes()) or range(self.filter.rowCount())
        QGuiApplication.clipboard().setText("\n".join(str(self.filter.index(row, 0).data()) for row in rows))

    def showEvent(self, event: QShowEvent) -> None:
        """Begins to follow the files."""
        super().showEvent(event)
        self._timer.start()
        self.read()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is read."""
        self._timer.stop()
        super().hideEvent(event)

    def _add(self, lines: list[LogLine]) -> None:
        if lines:
            longest = max((line.text for line in lines), key=len)
            self._delegate.widest = max(self._delegate.widest, self._delegate.width_of(longest))
        self.model.add(lines)
        self._after()

    def _apply(self) -> None:
        self.filter.set_filter(self.source.currentData(), self.level.currentData(), self.search.text())
        self._after()

    def _after(self) -> None:
        some = self.model.rowCount() > 0
        self.empty.setText(self.tr("No line matches.") if some else self.tr("Nothing was written yet."))
        self.empty.setVisible(self.filter.rowCount() == 0)
        self.empty.resize(self.view.viewport().size())
        self._to_end()

    def _on_scrolled(self) -> None:
        bar = self.view.verticalScrollBar()
        self.follow.setChecked(bar.sliderPosition() >= bar.maximum())

    def _to_end(self) -> None:
        if self.follow.isChecked():
            self.view.scrollToBottom()
