"""What happens between two parts of an answer: the model's calls are asked about, made, stored, and told to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import StepState, ToolStep
from thimble.errors import Code, Problem, ThimbleError
from thimble.tools.calls import arguments_of

if TYPE_CHECKING:
    from thimble.client import CancelToken, ToolCall
    from thimble.tools.calls import Offered
    from thimble.tools.host import ToolResult
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answer import Answer

MOST_ROUNDS: Final = 12
"""A model that goes on and on calling tools is stopped here; the person may continue it."""


class ToolRounds(QObject):
    """Handles the calls of all answers of a window.

    Args:
        context: the window's shared parts.
        go_on: asks the model again, with the results.
        parent: owner.

    Signals:
        changed: `Answer` whose calls have another state.
    """

    changed = Signal(object)

    def __init__(self, context: AppContext, go_on: Callable[[Answer], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._go_on = go_on
        self._tokens: dict[tuple[int, str], CancelToken] = {}

    def take(self, answer: Answer, calls: tuple[ToolCall, ...]) -> None:
        """The model wants these calls: those that are allowed are made, about the others the person is asked."""
        number = 1 + max((step.round for step in answer.steps), default=-1)
        if number >= MOST_ROUNDS:
            sentence = self.tr("The model has called tools {0} times in a row, and was stopped.").format(MOST_ROUNDS)
            answer.fail(Problem(Code.TOOL_FAILED, sentence, self.tr("Go on if it is on a good way.")))
            return
        known = {each.function: each for each in answer.offered}
        taken = {step.id for step in answer.steps}
        made = []
        for place, call in enumerate(calls):
            name = call.id if call.id not in taken else f"{call.id}-{number}-{place}"
            taken.add(name)
            made.append(self._step(answer, replace(call, id=name), number, known.get(call.name)))
        answer.steps = (*answer.steps, *made)
        self._store(answer)
        for step in made:
            if step.state == StepState.RUNNING:
                self._run(answer, step)
        self._when_settled(answer)

    def _step(self, answer: Answer, call: ToolCall, number: int, offered: Offered | None) -> ToolStep:
        step = ToolStep(call.id, call.name, call.name, arguments=call.arguments, at=len(answer.written), round=number)
        if offered is None:
            return replace(step, state=StepState.FAILED, result=f"There is no tool called {call.name}.")
        step = replace(step, tool=offered.tool.name, server=offered.server.name, key=offered.key)
        if arguments_of(call.arguments) is None:
            return replace(step, state=StepState.FAILED, result="The arguments are not a JSON object.")
        return replace(step, state=StepState.RUNNING if offered.approval in self._allowed(answer) else StepState.ASKED)

    def _allowed(self, answer: Answer) -> tuple[str, ...]:
        try:
            return answer.store.conversation(answer.message.conversation_id).allowed
        except ThimbleError:
            return ()

    # --- what the person says -----------------------------------------------------------------------------------

    def allow(self, answer: Answer, step_id: str, *, always: bool) -> None:
        """Makes a call; `always` also makes every later one of this tool in this chat."""
        step = next((one for one in answer.steps if one.id == step_id and one.state == StepState.ASKED), None)
        if step is None:
            return
        offered = next((one for one in answer.offered if one.key == step.key), None)
        if always and offered is not None:
            self._remember(answer, offered.approval)
        now = (
            [one for one in answer.steps if one.state == StepState.ASKED and one.key == step.key] if always else [step]
        )
        for one in now:
            self._change(answer, replace(one, state=StepState.RUNNING))
            self._run(answer, one)

    def deny(self, answer: Answer, step_id: str) -> None:
        """Does not make a call; the model is told so."""
        step = next((one for one in answer.steps if one.id == step_id and one.state == StepState.ASKED), None)
        if step is not None:
            self._change(answer, replace(step, state=StepState.DENIED))
            self._when_settled(answer)

    def _remember(self, answer: Answer, approval: str) -> None:
        try:
            conversation = answer.store.conversation(answer.message.conversation_id)
            answer.store.set_tools(conversation.id, conversation.tools, (*conversation.allowed, approval))
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)

    def stop(self, answer: Answer) -> None:
        """The answer ends: what runs is stopped, and nothing more is asked about."""
        for step in answer.steps:
            if not step.is_settled:
                token = self._tokens.pop((answer.message.id, step.id), None)
                if token is not None:
                    token.cancel()
        answer.steps = tuple(
            step if step.is_settled else replace(step, state=StepState.STOPPED) for step in answer.steps
        )

    # --- calls --------------------------------------------------------------------------------------------------

    def _run(self, answer: Answer, step: ToolStep) -> None:
        offered = next((one for one in answer.offered if one.key == step.key), None)
        arguments = arguments_of(step.arguments)
        if offered is None or arguments is None:
            self._end(answer, step, StepState.FAILED, "The tool is no longer there.")
            return

        def done(result: ToolResult) -> None:
            self._end(answer, step, StepState.FAILED if result.failed else StepState.DONE, result.text)

        def failed(problem: Problem) -> None:
            self._end(answer, step, StepState.FAILED, str(problem))

        token = self._context.tools.call(offered.server, offered.tool.name, arguments, done, failed)
        self._tokens[answer.message.id, step.id] = token

    def _end(self, answer: Answer, step: ToolStep, state: StepState, text: str) -> None:
        self._tokens.pop((answer.message.id, step.id), None)
        if not answer.in_tools:
            return  # it was stopped meanwhile
        self._change(answer, replace(step, state=state, result=text))
        self._when_settled(answer)

    def _when_settled(self, answer: Answer) -> None:
        if answer.in_tools and all(step.is_settled for step in answer.steps):
            answer.in_tools = False
            self._go_on(answer)

    def _change(self, answer: Answer, step: ToolStep) -> None:
        answer.steps = tuple(step if one.id == step.id else one for one in answer.steps)
        self._store(answer)

    def _store(self, answer: Answer) -> None:
        answer.save()
        self.changed.emit(answer)
