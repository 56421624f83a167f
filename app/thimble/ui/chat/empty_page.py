"""What a new chat shows: a greeting, and three ways to begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.ui.chat.examples import ExampleCards
from thimble.ui.theme import CONTENT_WIDTH, S1, S3, S_HALF
from thimble.ui.widgets.basic import label

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.remote_models import RemoteChoice


class EmptyPage(QWidget):
    """Greeting and example prompts.

    Signals:
        prompt_chosen: the prompt to send.
    """

    prompt_chosen = Signal(str)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
        self.setAccessibleName(self.tr("New chat"))
        self.greeting = label(theme, self.tr("What would you like to know?"), "title", wrap=True)
        self.greeting.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.sentence = label(theme, "", "body", "muted", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.show_place(None)
        self.examples = ExampleCards(theme, choice=False)
        self.examples.pressed.connect(self.prompt_chosen)
        column = QWidget()
        column.setMaximumWidth(CONTENT_WIDTH)
        inside = QVBoxLayout(column)
        inside.setContentsMargins(0, S3, 0, S3)
        inside.setSpacing(S_HALF)
        inside.addStretch(3)
        inside.addWidget(self.greeting)
        inside.addWidget(self.sentence)
        inside.addSpacing(S3 + S1)
        inside.addWidget(self.examples)
        inside.addStretch(4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3, 0, S3, 0)  # as the composer, so that their edges agree
        layout.addStretch(1)
        layout.addWidget(column, 1000)
        layout.addStretch(1)

    def show_place(self, remote: RemoteChoice | None) -> None:
        """Says where what is written goes: nowhere, or to a remote model."""
        if remote is None:
            self.sentence.setText(self.tr("Everything you write stays on this computer."))
        else:
            connection = remote.connection
            words = self.tr("What you write here is sent to {0} ({1}).")
            if connection.is_here:
                words = self.tr("What you write here goes to {0} ({1}), another program on this computer.")
            self.sentence.setText(words.format(connection.name, connection.host))
