"""What a new chat shows: a greeting, and a few ways to begin; other ones for the Thimble guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.ui.chat.examples import GUIDE_EXAMPLES, ExampleCards
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
        self._remote: RemoteChoice | None = None
        self._guide = False
        self.greeting = label(theme, "", "title", wrap=True)
        self.greeting.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.sentence = label(theme, "", "body", "muted", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.examples = ExampleCards(theme, choice=False)
        self.guide_examples = ExampleCards(theme, choice=False, examples=GUIDE_EXAMPLES)
        for cards in (self.examples, self.guide_examples):
            cards.pressed.connect(self.prompt_chosen)
        self._describe()
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
        inside.addWidget(self.guide_examples)
        inside.addStretch(4)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3, 0, S3, 0)  # as the composer, so that their edges agree
        layout.addStretch(1)
        layout.addWidget(column, 1000)
        layout.addStretch(1)

    def show_place(self, remote: RemoteChoice | None) -> None:
        """Says where what is written goes: nowhere, or to a remote model."""
        self._remote = remote
        self._describe()

    def show_guide(self, guide: bool) -> None:
        """Says what the Thimble guide can be asked, while that is the model on this computer."""
        if guide != self._guide:
            self._guide = guide
            self._describe()

    def _describe(self) -> None:
        remote = self._remote
        guide = self._guide and remote is None
        self.examples.setVisible(not guide)
        self.guide_examples.setVisible(guide)
        self.greeting.setText(self.tr("Ask me about Thimble") if guide else self.tr("What would you like to know?"))
        if guide:
            self.sentence.setText(
                self.tr("I am tiny: I know Thimble and short stories, speak English, and see only your last question.")
            )
        elif remote is None:
            self.sentence.setText(self.tr("Everything you write stays on this computer."))
        else:
            connection = remote.connection
            words = self.tr("What you write here is sent to {0} ({1}).")
            if connection.is_here:
                words = self.tr("What you write here goes to {0} ({1}), another program on this computer.")
            self.sentence.setText(words.format(connection.name, connection.host))
