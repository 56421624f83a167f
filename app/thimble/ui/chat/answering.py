"""How a window's answers come about: asked for, written, stored.

An answer belongs to its conversation: it goes on, and is stored, whatever is shown meanwhile. So this part knows no
view; it tells everything by the number of the message, and who shows that message listens.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Message, MessageState, Role, Store
from thimble.errors import Problem, ThimbleError
from thimble.remote.connections import chosen, gone
from thimble.ui import figures
from thimble.ui.chat.answer import Answer
from thimble.ui.chat.aside import Aside
from thimble.ui.chat.model_wait import ModelWait
from thimble.ui.chat.passage_search import PassageSearch
from thimble.ui.chat.prompt import chat_request
from thimble.ui.chat.stores import Stores
from thimble.ui.chat.suggesting import Suggesting
from thimble.ui.chat.title_writer import TitleWriter
from thimble.ui.chat.tool_rounds import ToolRounds
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.remote_models import RemoteChoice

log = logging.getLogger(__name__)

SAVE_AGAIN_MS: Final = 5000


class Answering(QObject):
    """All answers that are being written, or could not be stored yet.

    Args:
        context: the window's shared parts.
        stores: where the conversations are.
        parent: owner.

    Signals:
        began: `Message` that holds an answer from now on.
        text: (message id, more text).
        activity: (message id, what goes on before the first text); "" ends it.
        unsaved: `Answer` whose text could not be stored.
        saved: id of a message that could not be stored and is now.
        stored_late: `Message` of an answer that ended unsaved and is stored now.
        over: `Answer`.
        list_changed: titles or the order of the conversations changed.
        suggested: (id of the answer, list of questions that could follow).
        engine_changed: the engine came back, or there will be no model: other buttons help now.
    """

    began = Signal(object)
    text = Signal(int, str)
    activity = Signal(int, str)
    unsaved = Signal(object)
    saved = Signal(int)
    stored_late = Signal(object)
    over = Signal(object)
    list_changed = Signal()
    suggested = Signal(int, object)
    engine_changed = Signal()

    def __init__(self, context: AppContext, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._link = context.link
        self.stores = stores
        self.readers: list[Callable[[int], bool]] = []
        """Who shows messages; each says whether it shows the one of a number."""
        self._answers: dict[int, Answer] = {}
        self._unsaved: dict[int, Answer] = {}
        self._save_again_soon = Debounce(SAVE_AGAIN_MS, self._save_unsaved, self)
        self._model = ModelWait(context, self)
        self.rounds = ToolRounds(context, self._ask, self)
        self._aside = Aside(context, self)
        self._titles = TitleWriter(context, self._aside, self)
        self.passages = PassageSearch(context, stores, self)
        """Looks in files before a question is answered."""
        self._titles.written.connect(self.list_changed)
        self._aside.over.connect(self._on_aside_over)
        self._after_title: tuple[Store, list[Message]] | None = None
        self._suggesting = Suggesting(context, self._aside, self)
        self._suggesting.suggested.connect(self.suggested)
        self._model.ready.connect(self._ask_waiting)
        self._model.line.connect(self._tell_waiting)
        self._model.failed.connect(self._fail_waiting)
        self._model.given_up.connect(self._stop_waiting)
        self._link.started.connect(self.engine_changed)

    # --- what there is ------------------------------------------------------------------------------------------

    def of_conversation(self, conversation_id: int) -> Answer | None:
        """The answer that is being written in a conversation."""
        return next((a for a in self._answers.values() if a.message.conversation_id == conversation_id), None)

    def of_message(self, message_id: int) -> Answer | None:
        """The answer that is being written in a message, or could not be stored yet."""
        return self._answers.get(message_id) or self._unsaved.get(message_id)

    # --- asking -------------------------------------------------------------------------------------------------

    def begin(self, conversation_id: int, parent_id: int) -> None:
        """Makes the message that will hold the answer to `parent_id`, and asks for it.

        Raises:
            ThimbleError: the message cannot be stored.
        """
        store = self.stores.of(conversation_id)
        remote = self._context.remotes.find(store.conversation(conversation_id).model)
        message = store.add_message(
            conversation_id,
            Role.ASSISTANT,
            "",
            parent_id=parent_id,
            state=MessageState.WRITING,
            model=remote.name if remote is not None else self._link.model_id,
        )
        self.write(message)

    def write(self, message: Message) -> None:
        """Asks for the text of a message in state WRITING, behind the text it has."""
        self.give_way()
        answer = Answer(self.stores.of(message.id), message, self)
        self._answers[message.id] = answer
        answer.text.connect(lambda text: self.text.emit(message.id, text))
        answer.queued.connect(lambda ahead: self._on_queued(answer, ahead))
        answer.reading.connect(lambda read, total: self._on_reading(answer, read, total))
        answer.unsaved.connect(lambda problem: self._on_unsaved(answer, problem))
        answer.saved.connect(lambda: self.saved.emit(message.id))
        answer.called.connect(lambda calls: self.rounds.take(answer, calls))
        answer.ending.connect(lambda: self.rounds.stop(answer))
        answer.over.connect(lambda: self._on_over(answer))
        self.began.emit(message)
        self._ask(answer)

    def _ask(self, answer: Answer) -> None:
        """Asks the conversation's remote model at once, or has the engine get its model first."""
        try:
            choice = answer.store.conversation(answer.message.conversation_id).model
        except ThimbleError as error:
            answer.fail(error.problem)
            return
        remote = self._context.remotes.find(choice)
        if remote is not None and not self.passages.is_done(answer, lambda: self._ask(answer)):
            self._tell(answer, self.tr("Looking in the files…"))
        elif remote is not None:
            self._tell(answer, self.tr("Waiting for {0}…").format(remote.name))
            self._follow(answer, remote)
        elif chosen(choice) is not None:
            answer.fail(gone(choice).problem)
        else:
            self._model.want()

    def look(self) -> None:
        """Tells how things stand for those who wait for a model."""
        self._model.look()

    def _waiting(self) -> list[Answer]:
        return [answer for answer in self._answers.values() if answer.waiting]

    def _ask_waiting(self) -> None:
        for answer in self._waiting():
            if not self.passages.is_done(answer, self._model.want):
                self._tell(answer, self.tr("Looking in the files…"))
                continue
            self._tell(answer, "")
            self._follow(answer, None)

    def _follow(self, answer: Answer, remote: RemoteChoice | None) -> None:
        key = remote.name if remote is not None else self._link.model_key
        try:
            switched_on = answer.store.conversation(answer.message.conversation_id).tools
            answer.offered = self._context.tools.offered(switched_on)
            request = chat_request(
                answer.store,
                self._context.settings,
                answer.message,
                answer.written,
                key,
                steps=answer.steps,
                tools=[each.to_json() for each in answer.offered],
                pictures=remote is None and self._link.sees_pictures,
            )
        except ThimbleError as error:
            answer.fail(error.problem)
            return
        if remote is None:
            answer.follow(self._link.chat(request))
        else:
            connect = self._context.remotes.opener(remote.connection)
            answer.follow(self._link.chat(replace(request, model=remote.model.id), connect))

    def _tell_waiting(self, line: str) -> None:
        for answer in self._waiting():
            self._tell(answer, line)

    def _stop_waiting(self) -> None:
        for answer in self._waiting():
            answer.stop()

    def _fail_waiting(self, problem: Problem) -> None:
        for answer in self._waiting():
            answer.fail(problem)
        self.engine_changed.emit()

    # --- while they are written ---------------------------------------------------------------------------------

    def _on_queued(self, answer: Answer, ahead: int) -> None:
        if ahead == 1 and any(other is not answer and not other.waiting for other in self._answers.values()):
            self._tell(answer, self.tr("Waits for the other chat…"))
        elif ahead > 0:
            self._tell(answer, self.tr("Waiting; requests before this one: {0}").format(ahead))
        else:
            self._tell(answer, "")

    def _on_reading(self, answer: Answer, read: int, total: int) -> None:
        line = self.tr("Reading… {0} of {1} tokens").format(figures.count(read), figures.count(total))
        left_s = answer.reading_left_s(read, total, time.monotonic())
        if left_s is not None:
            line += " · " + self.tr("about {0} left").format(figures.rough_duration(left_s))
        self._tell(answer, line)

    def _tell(self, answer: Answer, line: str) -> None:
        self.activity.emit(answer.message.id, line)

    def _on_unsaved(self, answer: Answer, problem: Problem) -> None:
        log.error("answer %d not stored: %s", answer.message.id, problem.detail)
        if any(shows(answer.message.id) for shows in self.readers):
            self.unsaved.emit(answer)
        else:
            self._report(problem)

    def save_now(self, answer: Answer) -> None:
        """Tries once more to store what could not be stored."""
        answer.save()
        self._save_unsaved()

    def _save_unsaved(self) -> None:
        """Stores what could not be stored before; asked again every few seconds while that fails."""
        for answer in tuple(self._unsaved.values()):
            if answer.save():
                self._unsaved.pop(answer.message.id)
                self.stored_late.emit(answer.message)
                answer.deleteLater()
        if self._unsaved:
            self._save_again_soon()

    # --- at their end -------------------------------------------------------------------------------------------

    def _on_over(self, answer: Answer) -> None:
        self._answers.pop(answer.message.id)
        if answer.is_saved:
            answer.deleteLater()
        else:
            self._unsaved[answer.message.id] = answer
            self._save_again_soon()
        self.list_changed.emit()
        self.over.emit(answer)
        self._after(answer)

    def _after(self, answer: Answer) -> None:
        """What was said meanwhile is answered next; after a stop or a failure the person decides."""
        if answer.state != MessageState.DONE:
            return
        owner = answer.message.conversation_id
        try:
            path = answer.store.path(owner)
        except ThimbleError as error:
            log.warning("what follows an answer was not read: %s", error.problem.detail)
            return
        if path and path[-1].role == Role.USER and any(message.id == answer.message.id for message in path):
            try:
                self.begin(owner, path[-1].id)
            except ThimbleError as error:
                self._report(error.problem)
        else:
            self._ask_aside(answer, path)

    def _ask_aside(self, answer: Answer, path: list[Message]) -> None:
        """Nobody waits for the answer's next: a title, and behind it what could be asked next."""
        if self._answers:
            return
        self._titles.consider(answer.store, answer.message.conversation_id, path)
        if self._aside.busy:
            self._after_title = (answer.store, path)
        elif path and path[-1].id == answer.message.id:
            self._suggesting.consider(answer.store, path)

    def _on_aside_over(self) -> None:
        waiting, self._after_title = self._after_title, None
        if waiting is not None:
            self._suggesting.consider(*waiting)

    def give_way(self) -> None:
        """The person types or sends: the engine is theirs at once."""
        self._after_title = None
        self._aside.give_way()

    def discard_temporary(self) -> None:
        """Forgets the temporary chat, and what is being written in it."""
        store = self.stores.memory
        if store is None:
            return
        self._close([a for a in self._answers.values() if a.store is store])
        self._unsaved = {key: a for key, a in self._unsaved.items() if a.store is not store}
        self.stores.forget_temporary()

    def close(self) -> None:
        """The window closes: everything that has come is stored."""
        self.give_way()
        self._model.close()
        self._save_again_soon.cancel()
        self._close(list(self._answers.values()))
        self.passages.close()
        self._save_unsaved()
        self._save_again_soon.cancel()
        self.stores.close()

    def _close(self, answers: list[Answer]) -> None:
        for answer in answers:
            answer.close()

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)
