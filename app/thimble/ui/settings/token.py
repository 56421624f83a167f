"""The access token for the model hub: typed once, kept in the system's keyring, never shown again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from thimble.ui import problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.kept_words import where_kept
from thimble.ui.settings.controls import FOLDER_WIDTH
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import button, label, set_tone

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.keychain import Kept


class TokenRow(QWidget):
    """Takes a token, tries it where the hub can be reached, and says where it is kept."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        title = self.tr("Access token")
        text = self.tr("For models whose authors ask who you are; kept in the system's keyring, sent to the hub only.")
        self.words = f"{title} {text}".casefold()
        self.note = label(theme, "", "small", "muted", wrap=True)
        self.note.hide()
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("hf_…")
        self.field.setAccessibleName(title)
        self.field.setFixedWidth(FOLDER_WIDTH - 90)
        self.field.returnPressed.connect(self._save)
        self.save = button(theme, self.tr("Save"), name=self.tr("Save the access token"))
        self.save.clicked.connect(self._save)
        self.forget = button(theme, self.tr("Forget it"), "link", name=self.tr("Forget the access token"))
        self.forget.clicked.connect(lambda: self._keep(""))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(theme, title))
        words.addWidget(label(theme, text, "small", "muted", wrap=True))
        words.addWidget(self.note)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2 - S_HALF, S2, S2 - S_HALF)
        layout.setSpacing(S1)
        layout.addLayout(words, 1)
        for widget in (self.forget, self.field, self.save):
            layout.addWidget(widget)

    def _save(self) -> None:
        token = self.field.text().strip()
        if token:
            self._keep(token)

    def _keep(self, token: str) -> None:
        settings = self._context.settings

        def work(_handle: JobHandle) -> tuple[str, Kept, str]:
            """(account, where it is kept, why the token could not be tried)."""
            from dataclasses import replace

            from thimble.errors import Code, ThimbleError
            from thimble.library import tokens
            from thimble.library.connection import Connection, access_of
            from thimble.library.hub import Hub

            access = access_of(settings)
            account, why = "", ""
            if token and not access.offline:
                try:
                    with Connection(replace(access, token=token)) as connection:
                        account = Hub(connection).whoami()
                except ThimbleError as error:
                    if error.problem.code == Code.UNAUTHORIZED:
                        raise
                    why = problem_texts.sentence(error.problem)
            return account, tokens.save(access.host, token), why

        self.save.setEnabled(False)
        self._say(self.tr("One moment…"))

        def done(result: tuple[str, Kept, str]) -> None:
            account, place, why = result
            self.field.clear()
            if not token:
                self._say(self.tr("Forgotten."))
                return
            kept = where_kept(place) or self.tr("Kept in the system's keyring.")
            whose = self.tr("It is the token of {0}.").format(account) if account else why
            self._say(f"{kept} {whose}".strip())

        handle = self._context.jobs.run(work, done=done, failed=self._failed, name="keep the token")
        handle.finished.connect(lambda: self.save.setEnabled(True))

    def _failed(self, problem: Problem) -> None:
        self._say(problem_texts.words(problem), "danger")

    def _say(self, text: str, tone: str = "muted") -> None:
        self.note.setText(text)
        set_tone(self.note, tone)
        self.note.show()
