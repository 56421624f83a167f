"""Draws the rows of the list of chats, and edits a title in its row."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from thimble.ui.chat.chat_rows import ROW, Marks, Row, from_first_mark
from thimble.ui.theme import ICON, RADIUS_SMALL, ROW_HEIGHT, S1, S2, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import FOCUS_RING

_Index = QModelIndex | QPersistentModelIndex
SECTION_HEIGHT: Final = 32
FOUND_HEIGHT: Final = 56
SNIPPET_SHARE: Final = 0.6
"""What was found ends within this share of a snippet's line."""
SIDE: Final = S1
"""Between the column's edge and a row's ground."""


class ChatDelegate(QStyledItemDelegate):
    """Headings, titles, and what a search found.

    Attributes:
        open_id: the conversation that is shown beside the list.
        editing: whether a title is being edited.

    Signals:
        edited: the editing of a title is over.
    """

    edited = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.open_id = 0
        self.editing = False

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Headings are lower, rows with a snippet higher."""
        row = index.data(ROW)
        if not isinstance(row, Row):
            return QSize(0, ROW_HEIGHT)
        if row.is_folder:
            return QSize(0, ROW_HEIGHT)
        return QSize(0, SECTION_HEIGHT if row.is_section else FOUND_HEIGHT if row.snippet else ROW_HEIGHT)

    @staticmethod
    def more_rect(rect: QRect) -> QRect:
        """Where the row under the pointer shows the button of its menu."""
        side = ICON + S1
        return QRect(rect.right() - SIDE - S_HALF - side + 1, rect.center().y() - side // 2 + 1, side, side)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws one row."""
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect: QRect = option.rect
        if row.is_folder:
            self._paint_folder(painter, rect, option.state, row)
        elif row.is_section:
            self._paint_section(painter, rect, row)
        else:
            self._paint_chat(painter, rect, option.state, row)
        painter.restore()

    def _paint_section(self, painter: QPainter, rect: QRect, row: Row) -> None:
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("muted"))
        place = rect.adjusted(S2 + S_HALF, 0, -S2, -S_HALF)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, row.text)

    def _paint_folder(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, row: Row) -> None:
        theme = self._theme
        ground = QRectF(rect.adjusted(SIDE, 1, -SIDE, -1))
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(ground, RADIUS_SMALL, RADIUS_SMALL)
        self._paint_ring(painter, ground, state)
        side = ICON
        icon = QRect(rect.left() + S2 + S_HALF, rect.center().y() - side // 2 + 1, side, side)
        draw(painter, icon, "ph.folder" if row.folded else "ph.folder-open", theme.color("muted"))
        text = rect.adjusted(0, 0, -S2, 0)
        text.setLeft(icon.right() + S1)
        if hovered:
            more = self.more_rect(rect)
            text.setRight(more.left())
            inner = (more.width() - ICON) // 2
            draw(painter, more.adjusted(inner, inner, -inner, -inner), "ph.dots-three-bold", theme.color("text"))
        elif row.count:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.color("muted"))
            number = str(row.count)
            painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
            text.setRight(text.right() - painter.fontMetrics().horizontalAdvance(number) - S1)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text"))
        name = painter.fontMetrics().elidedText(row.text, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_ring(self, painter: QPainter, ground: QRectF, state: QStyle.StateFlag) -> None:
        if state & QStyle.StateFlag.State_HasFocus and not self.editing:
            painter.setPen(QPen(self._theme.color("accent"), FOCUS_RING))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), RADIUS_SMALL - 1, RADIUS_SMALL - 1)

    def _paint_chat(self, painter: QPainter, rect: QRect, state: QStyle.StateFlag, row: Row) -> None:
        theme = self._theme
        ground = QRectF(rect.adjusted(SIDE, 1, -SIDE, -1))
        is_open = row.conversation_id == self.open_id
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if is_open or hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft" if is_open else "hover"))
            painter.drawRoundedRect(ground, RADIUS_SMALL, RADIUS_SMALL)
        self._paint_ring(painter, ground, state)
        text = rect.adjusted(S2 + S_HALF + (S2 if row.folder_id and not row.snippet else 0), 0, -S2, 0)
        if hovered:
            more = self.more_rect(rect)
            text.setRight(more.left())
            inner = (more.width() - ICON) // 2
            draw(painter, more.adjusted(inner, inner, -inner, -inner), "ph.dots-three-bold", theme.color("text"))
        elif row.has_draft and not is_open:
            side = ICON - 2
            mark = QRect(text.right() - side, rect.center().y() - side // 2, side, side)
            draw(painter, mark, "ph.pencil-simple", theme.color("muted"))
            text.setRight(mark.left() - S_HALF)
        body = theme.font("body")
        line = QFontMetrics(body).height()
        if not row.snippet:
            top = text.top() + (text.height() - line) / 2
            _draw_marked(painter, QPointF(text.left(), top), text.width(), row.text, row.marks, body, theme)
            return
        small = theme.font("small")
        top = rect.top() + (rect.height() - line - QFontMetrics(small).height() - 1) / 2
        _draw_marked(painter, QPointF(text.left(), top), text.width(), row.text, row.marks, body, theme)
        place = QPointF(text.left(), top + line + 1)
        room = SNIPPET_SHARE * text.width()
        metrics = QFontMetrics(small)
        snippet, marks = from_first_mark(
            row.snippet, row.snippet_marks, lambda head: metrics.horizontalAdvance(head) <= room
        )
        _draw_marked(painter, place, text.width(), snippet, marks, small, theme, muted=True)

    # --- editing ------------------------------------------------------------------------------------------------

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        """A field on the row."""
        self.editing = True
        field = QLineEdit(parent)
        field.setFont(self._theme.font("body"))
        field.setAccessibleName(self.tr("Title"))
        return field

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:
        """Hands the title to the model."""
        if isinstance(editor, QLineEdit):
            model.setData(index, editor.text(), Qt.ItemDataRole.EditRole)

    def setEditorData(self, editor: QWidget, index: _Index) -> None:
        """The title as it is, ready to be overwritten."""
        if isinstance(editor, QLineEdit):
            editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))
            editor.selectAll()

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        """Exactly over the row's ground."""
        editor.setGeometry(option.rect.adjusted(SIDE, 1, -SIDE, -1))

    def destroyEditor(self, editor: QWidget, index: _Index) -> None:
        """The field goes away."""
        super().destroyEditor(editor, index)
        self.editing = False
        self.edited.emit()


def _draw_marked(
    painter: QPainter,
    place: QPointF,
    width: int,
    text: str,
    marks: Marks,
    font: QFont,
    theme: Theme,
    *,
    muted: bool = False,
) -> None:
    """One line, elided, with what was found standing out in weight and colour."""
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
    colour = theme.color("muted" if muted else "text")
    layout = QTextLayout(shown, font)
    formats = [_format(0, len(shown), colour)]
    kept = len(shown) if shown == text else len(shown) - 1
    formats += [
        _format(start, min(end, kept) - start, theme.color("accent"), bold=True) for start, end in marks if start < kept
    ]
    layout.setFormats(formats)
    layout.beginLayout()
    layout.createLine().setLineWidth(2 * width)
    layout.endLayout()
    painter.setPen(colour)
    layout.draw(painter, place)


def _format(start: int, length: int, colour: QColor, *, bold: bool = False) -> QTextLayout.FormatRange:
    made = QTextLayout.FormatRange()
    made.start = start
    made.length = length
    look = QTextCharFormat()
    look.setForeground(colour)
    if bold:
        look.setFontWeight(QFont.Weight.DemiBold)
    made.format = look
    return made
