"""Answers as rows of a table, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from thimble.protocol import AnswerRecord
from thimble.settings_table import MIB
from thimble.ui import figures


def _tr(text: str) -> str:
    return QCoreApplication.translate("Answers", text)


def heads() -> list[str]:
    """Of the table."""
    translate = QCoreApplication.translate
    return [
        translate("Answers", "When"),
        translate("Answers", "Writing"),
        translate("Answers", "Reading"),
        translate("Answers", "First token"),
        translate("Answers", "Tokens"),
        translate("Answers", "In memory"),
        translate("Answers", "Disk/token"),
        translate("Answers", "Waiting"),
    ]


def answer_rows(answers: Sequence[AnswerRecord]) -> list[list[str]]:
    """One row for each answer; what is not known is "—"."""
    return [
        [
            QLocale().toString(QDateTime.fromSecsSinceEpoch(int(answer.ended)).time(), QLocale.FormatType.ShortFormat),
            figures.rate(answer.timings.decode_tokens_per_second),
            figures.rate(answer.timings.prefill_tokens_per_second),
            figures.duration(answer.timings.first_token_ms) if answer.timings.first_token_ms else figures.UNKNOWN,
            figures.count(answer.timings.generated_tokens),
            _hit(answer),
            _per_token(answer),
            _waiting(answer),
        ]
        for answer in answers
    ]


def compared(one: AnswerRecord, other: AnswerRecord) -> list[list[str]]:
    """(figure, first, second, second to first) of two answers, the heads first."""
    rows: list[list[str]] = [["", f"#{one.number}", f"#{other.number}", ""]]
    before, after = one.timings, other.timings
    translate = QCoreApplication.translate
    for name, a, b in (
        (translate("Answers", "Writing, tok/s"), before.decode_tokens_per_second, after.decode_tokens_per_second),
        (translate("Answers", "Reading, tok/s"), before.prefill_tokens_per_second, after.prefill_tokens_per_second),
    ):
        rows.append([name, figures.rate(a), figures.rate(b), _ratio(a, b)])
    rows.append(
        [
            translate("Answers", "First token"),
            figures.duration(before.first_token_ms),
            figures.duration(after.first_token_ms),
            _ratio(before.first_token_ms, after.first_token_ms),
        ]
    )
    rows.append([translate("Answers", "In memory"), _hit(one), _hit(other), ""])
    rows.append([translate("Answers", "Disk/token"), _per_token(one), _per_token(other), ""])
    rows.append([translate("Answers", "Waiting"), _waiting(one), _waiting(other), ""])
    rows.append([translate("Answers", "Limit"), _limit(one), _limit(other), ""])
    rows.append([translate("Answers", "Model"), one.model, other.model, ""])
    return rows


def _ratio(before: float, after: float) -> str:
    return f"× {figures.fixed(after / before, 2)}" if before > 0 and after > 0 else ""


def _hit(answer: AnswerRecord) -> str:
    uses = answer.timings.expert_hits + answer.timings.expert_misses
    return figures.percent(answer.timings.expert_hits / uses) if uses else figures.UNKNOWN


def _per_token(answer: AnswerRecord) -> str:
    timings = answer.timings
    if not timings.generated_tokens or not timings.expert_hits + timings.expert_misses:
        return figures.UNKNOWN
    return f"{figures.fixed(timings.expert_bytes_read / timings.generated_tokens / MIB, 1)} MiB"


def _waiting(answer: AnswerRecord) -> str:
    timings = answer.timings
    whole = timings.prefill_ms + timings.decode_ms
    if whole <= 0 or not timings.expert_hits + timings.expert_misses:
        return figures.UNKNOWN
    return figures.percent(min(1.0, timings.expert_stall_ms / whole))


def _limit(answer: AnswerRecord) -> str:
    return figures.size(answer.memory_limit) if answer.memory_limit else _tr("none")
