"""What both kinds of connections are drawn with: a section, a row, a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from thimble.errors import ThimbleError
from thimble.ui import problem_texts
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, button, column, icon_button, label, line, row, set_tone

TEXT_HEIGHT = 76


class Secret:
    """What was taken out of the keyring and is put back by an undo, whichever comes first.

    Args:
        restore: keeps it again.
    """

    def __init__(self, restore: Callable[[Any], object]) -> None:
        self._restore = restore
        self._value: Any = None
        self._wanted = False

    def take(self, value: Any) -> None:
        """It was taken out."""
        self._value = value
        if self._wanted:
            self.put_back()

    def put_back(self) -> None:
        """It is wanted again."""
        self._wanted = True
        if self._value:
            self._restore(self._value)
            self._value = None


class Section(QWidget):
    """A heading with a sentence, a card of rows, and buttons below it.

    Args:
        theme: fonts and colours.
        title: the heading.
        sentence: what this is for.
    """

    def __init__(self, theme: Theme, title: str, sentence: str) -> None:
        super().__init__()
        self.theme = theme
        self.card = Card(title)
        self.box = QVBoxLayout(self.card)
        self.box.setContentsMargins(1, S_HALF, 1, S_HALF)
        self.box.setSpacing(0)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(S1)
        heading = label(theme, title, "strong")
        words = label(theme, sentence, "small", "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        for widget in (heading, words, self.card):
            layout.addWidget(widget)
        layout.addLayout(self.buttons)
        self._places: list[QWidget] = []

    def add_button(self, text: str, icon: str, action: Callable[[], object]) -> QPushButton:
        """One more button below the card."""
        made = button(self.theme, text, icon=icon)
        made.clicked.connect(lambda _checked=False: action())
        self.buttons.addWidget(made)
        return made

    def show_rows(self, rows: list[QWidget]) -> None:
        """Shows other rows, with hairlines between them."""
        for old in self._places:
            old.hide()
            self.box.removeWidget(old)
            old.deleteLater()
        self._places = []
        for number, one in enumerate(rows):
            if number:
                hair = line()
                self._places.append(hair)
                self.box.addWidget(hair)
            self._places.append(one)
            self.box.addWidget(one)
        self.card.setVisible(bool(rows))


class ConnectionRow(QWidget):
    """One connection: what it is, how it stands, and buttons.

    Args:
        theme: fonts and colours.
        name: what the person calls it.
        where: its address or command.
        icon: Phosphor name of its kind.
    """

    def __init__(self, theme: Theme, name: str, where: str, icon: str) -> None:
        super().__init__()
        self._theme = theme
        self.name = ElidedLabel(theme, name, "strong", stretch=True)
        self.where = ElidedLabel(theme, where, "small", "muted", stretch=True)
        self.note = label(theme, "", "small", "muted", wrap=True)
        self.note.hide()
        mark = icon_button(theme, icon, name)
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = QVBoxLayout()
        self._words.setSpacing(2)
        for widget in (self.name, self.where, self.note):
            self._words.addWidget(widget)
        self._row = row(mark, spacing=S1)
        self._row.addLayout(self._words, 1)
        self._row.setContentsMargins(S2 - S_HALF, S1 + 2, S2 - S_HALF, S1 + 2)
        self.setLayout(self._row)
        self.setAccessibleName(name)

    def add(self, widget: QWidget) -> None:
        """Puts something at the end of the row."""
        self._row.addWidget(widget)

    def add_below(self, widget: QWidget) -> None:
        """Puts something below its words."""
        self._words.addWidget(widget)

    def add_icon(self, icon: str, name: str, action: Callable[[], object]) -> None:
        """One more button with an icon."""
        made = icon_button(self._theme, icon, name)
        made.clicked.connect(lambda _checked=False: action())
        self._row.addWidget(made)

    def say(self, text: str, tone: str = "muted") -> None:
        """A line about how it stands; "" for none."""
        self.note.setText(text)
        set_tone(self.note, tone)
        self.note.setVisible(bool(text))


class Form(QWidget):
    """Fields one under the other, a line for what is wrong, and two buttons.

    Args:
        theme: fonts and colours.
        save: what the first button says.
        on_save: what it does; a `ThimbleError` is told in the form.
        on_cancel: what the other one does.

    Attributes:
        first: the field that gets the focus.
    """

    first: QWidget

    def __init__(self, theme: Theme, save: str, on_save: Callable[[], object], on_cancel: Callable[[], object]) -> None:
        super().__init__()
        self._theme = theme
        self._on_save = on_save
        self._on_cancel = on_cancel
        self._fields = QVBoxLayout()
        self._fields.setSpacing(S2 - S_HALF)
        self.problem = label(theme, "", "small", "danger", wrap=True)
        self.problem.hide()
        self.save = button(theme, save, "primary")
        self.save.clicked.connect(self._try_to_save)
        cancel = button(theme, self.tr("Cancel"))
        cancel.clicked.connect(lambda _checked=False: on_cancel())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2 - S_HALF, S3 - S_HALF, S2)
        layout.setSpacing(S1 + S_HALF)
        layout.addLayout(self._fields)
        layout.addWidget(self.problem)
        layout.addLayout(row(self.save, cancel, None))

    def add_line(self, title: str, text: str = "", hint: str = "", note: str = "") -> QLineEdit:
        """A field of one line."""
        made = QLineEdit(text)
        made.setPlaceholderText(hint)
        made.returnPressed.connect(self._try_to_save)
        self._add(made, title, note)
        return made

    def add_text(self, title: str, text: str = "", hint: str = "", note: str = "") -> QPlainTextEdit:
        """A field of several lines."""
        made = QPlainTextEdit(text)
        made.setProperty("kind", "field")  # else it has no edge, and nobody sees where to write
        made.setPlaceholderText(hint)
        made.setFont(self._theme.font("code"))
        made.setFixedHeight(TEXT_HEIGHT)
        made.setTabChangesFocus(True)
        self._add(made, title, note)
        return made

    def _add(self, field: QWidget, title: str, note: str) -> None:
        field.setAccessibleName(title)
        field.setAccessibleDescription(note)
        parts = column(label(self._theme, title, "small", "muted"), field, spacing=S_HALF)
        if note:
            parts.addWidget(label(self._theme, note, "small", "muted", wrap=True))
        self._fields.addLayout(parts)

    def _try_to_save(self) -> None:
        try:
            self._on_save()
        except ThimbleError as error:
            self.problem.setText(problem_texts.words(error.problem))
            self.problem.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the form."""
        if event.key() == Qt.Key.Key_Escape:
            self._on_cancel()
        else:
            super().keyPressEvent(event)
