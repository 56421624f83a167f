"""What a model's header says, to be read: its shape, and its tensors by type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from thimble.modelfile import ModelHeader
from thimble.ui import figures, problem_texts
from thimble.ui.models.inventory import header_of
from thimble.ui.theme import S2, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, label

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

_COLUMNS: Final = 2


class InsideView(QWidget):
    """Reads the header in a job, then shows it.

    Args:
        context: the window's shared parts.
        path: the model's file.
    """

    def __init__(self, context: AppContext, path: str) -> None:
        super().__init__()
        self._context = context
        self.setAccessibleName(self.tr("Inside the file"))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(S2)
        self._waiting = label(context.theme, self.tr("Reading the header…"), "small", "muted")
        self._layout.addWidget(self._waiting)
        self.facts: dict[str, str] = {}
        """What it shows, by name."""
        self.rows: list[tuple[str, ...]] = []
        """The tensor table's rows."""

        def work(_handle: JobHandle) -> ModelHeader:
            return header_of(Path(path))

        handle = context.jobs.run(work, done=self._show, failed=self._failed, name="read a header")
        self.destroyed.connect(handle.cancel)

    def _failed(self, problem: Problem) -> None:
        self._waiting.setText(problem_texts.words(problem))

    def _show(self, header: ModelHeader) -> None:
        self._waiting.hide()
        theme = self._context.theme
        self.facts = self._facts(header)
        self._layout.addWidget(
            _grid(
                [(name, fact) for name, fact in self.facts.items()],
                _COLUMNS,
                lambda name: label(theme, name, "small", "muted"),
                lambda fact: ElidedLabel(theme, fact, "small", stretch=True),
            )
        )
        self.rows = self._tensor_rows(header)
        table = QWidget()
        table.setAccessibleName(self.tr("Tensors by type"))
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(S_HALF)
        titles = (self.tr("type"), self.tr("tensors"), self.tr("weights"), self.tr("size"), self.tr("share"))
        for column, title in enumerate(titles):
            grid.addWidget(label(theme, title, "small", "muted"), 0, column, _side(column))
        for number, cells in enumerate(self.rows, start=1):
            for column, text in enumerate(cells):
                grid.addWidget(label(theme, text, "small"), number, column, _side(column))
        grid.setColumnStretch(len(titles), 1)
        self._layout.addWidget(table)

    def _facts(self, header: ModelHeader) -> dict[str, str]:
        count = figures.count
        heads, kv = max(header.head_counts, default=0), max(header.head_counts_kv, default=0)
        facts = {
            self.tr("Architecture"): header.architecture,
            self.tr("Weights"): figures.parameters(header.parameters),
            self.tr("Layers"): count(header.block_count),
            self.tr("Width"): count(header.embedding_length),
            self.tr("Attention"): self.tr("{0} heads, {1} for keys and values").format(heads, kv) if heads else "",
            self.tr("Experts"): self.tr("{0} in each layer, {1} for a token").format(
                header.expert_count, header.expert_used_count
            )
            if header.expert_count
            else self.tr("none (dense)"),
            self.tr("Weights of experts"): figures.size(header.expert_bytes) if header.expert_bytes else "",
            self.tr("Trained context"): self.tr("{0} tokens").format(count(header.context_trained))
            if header.context_trained
            else "",
            self.tr("Window"): self.tr("{0} tokens").format(count(header.sliding_window))
            if header.sliding_window
            else "",
            self.tr("Vocabulary"): self.tr("{0} tokens").format(count(header.vocabulary)) if header.vocabulary else "",
            self.tr("Tokenizer"): " · ".join(
                str(header.metadata[key])
                for key in ("tokenizer.ggml.model", "tokenizer.ggml.pre")
                if isinstance(header.metadata.get(key), str)
            ),
            self.tr("Files"): count(len(header.files)) if len(header.files) > 1 else "",
        }
        return {name: fact for name, fact in facts.items() if fact}

    def _tensor_rows(self, header: ModelHeader) -> list[tuple[str, ...]]:
        by_type: dict[str, list[int]] = {}
        for tensor in header.tensors:
            sums = by_type.setdefault(tensor.type, [0, 0, 0])
            for index, value in enumerate((1, tensor.elements, tensor.bytes)):
                sums[index] += value
        whole = max(1, sum(sums[2] for sums in by_type.values()))
        return [
            (
                kind,
                figures.count(tensors),
                figures.parameters(weights) if weights >= 10**6 else figures.count(weights),
                figures.size(size),
                figures.percent(size / whole, 1),
            )
            for kind, (tensors, weights, size) in sorted(by_type.items(), key=lambda item: -item[1][2])
        ]


def _grid(
    facts: list[tuple[str, str]], columns: int, name_of: Callable[[str], QWidget], fact_of: Callable[[str], QWidget]
) -> QWidget:
    """Names and facts in pairs of columns, read downwards."""
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(S2)
    grid.setVerticalSpacing(S_HALF)
    rows = -(-len(facts) // columns)
    for number, (name, fact) in enumerate(facts):
        column = number // rows * 2
        grid.addWidget(name_of(name), number % rows, column, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(fact_of(fact), number % rows, column + 1)
        grid.setColumnStretch(column + 1, 1)
    return made


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
