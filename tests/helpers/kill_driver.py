"""The real window in a process of its own, to be killed: `python -m tests.helpers.kill_driver`.

It asks one question, leaves a draft, and tells on stdout, one JSON line each, what it has received and when (monotonic
seconds). What it told is what a person had seen.
"""

from __future__ import annotations

import json
import sys
import time

from thimble import paths
from thimble.protocol import State
from thimble.settings import Settings
from thimble.ui.app import Session, make_app
from thimble.ui.chat import ChatPage

QUESTION = "Write a very long story about a lighthouse keeper."
DRAFT = "And then"


def tell(**line: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps({"at": time.monotonic(), **line}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Runs the window until it is killed, or the answer is over and its standard input is closed."""
    app = make_app()
    session = Session(app, Settings.load(paths.settings_file()))
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    asked = False

    def ask() -> None:
        nonlocal asked
        if asked or session.link.status.state != State.READY:
            return
        asked = True
        page.pane.composer.field.setPlainText(QUESTION)
        page.pane.composer.send.click()
        tell(sent=QUESTION)
        page.pane.composer.field.setPlainText(DRAFT)

    def over(answering: bool) -> None:
        if asked and not answering:
            tell(over=True)

    page.pane.controller.text.connect(lambda _message, text: tell(text=text))
    page.pane.controller.answering_changed.connect(over)
    session.link.status_changed.connect(lambda _status: ask())
    session.window.show()
    app.exec()
    session.end()


if __name__ == "__main__":
    main()
