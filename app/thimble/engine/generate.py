"""One answer: prompt into tokens, tokens into the model, tokens out of it, with events on the way."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from thimble.engine.answer_form import AnswerForm
from thimble.engine.cancel import CancelFlag
from thimble.engine.context import Fitted, fit_messages, too_long
from thimble.engine.events import Emit, Event, PromptRead, TextPiece
from thimble.engine.experts import ExpertStats
from thimble.engine.head import HeadStats
from thimble.engine.logprobs import token_chances
from thimble.engine.memory import memory_use
from thimble.engine.model import LoadedModel
from thimble.engine.sampling import Sampler, Sampling
from thimble.engine.session import Aborted, Session
from thimble.engine.telemetry import Counters
from thimble.engine.text import StopFilter, TextDecoder
from thimble.engine.thought_budget import ThoughtBudget
from thimble.engine.tools.definitions import Tools
from thimble.errors import Code, ThimbleError
from thimble.protocol import StopReason, Timings

log = logging.getLogger(__name__)

_MS: Final = 1e6


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """Messages for the chat template.

    Attributes:
        messages: `role` and `content`, oldest first; with pictures also `pictures`, see `prompt.PICTURES`.
        continue_final: the last message is the beginning of the answer.
        drop_oldest: leave out the oldest turns when the prompt does not fit; otherwise that is an error.
        variables: for the template.
        tools: that the model may call; None for none.
        split_reasoning: tell what the model thinks as events of its own; otherwise it is text between `<think>` and
            `</think>`.
        reasoning_budget: tokens that the model may think before its thoughts are closed for it; None for any number.
    """

    messages: Sequence[dict[str, Any]]
    continue_final: bool = False
    drop_oldest: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)
    tools: Tools | None = None
    split_reasoning: bool = False
    reasoning_budget: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """What to answer, and how.

    Attributes:
        prompt: messages, plain text to be continued, or tokens.
        sampling: parameters of the sampler.
        max_tokens: longest answer; 0 for as long as the context allows.
        stops: the answer ends before the first of these strings.
        queued_ms: the wait in the queue, for the timings.
        logprobs: tell each token's probability, and those of so many of the likeliest; None: tell none.
    """

    prompt: ChatPrompt | str | Sequence[int]
    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 0
    stops: tuple[str, ...] = ()
    queued_ms: float = 0.0
    logprobs: int | None = None


def answer(
    loaded: LoadedModel, session: Session, task: AnswerTask, counters: Counters, cancel: CancelFlag, emit: Emit
) -> Timings:
    """Writes one answer; blocks until it ends, is cancelled, or fails.

    `emit` is called in this thread, in order, and must return quickly.

    Raises:
        ThimbleError: the prompt is not accepted or llama.cpp failed; what was emitted stays said.
    """
    with cancel.linked(loaded.stop):
        return _Answer(loaded, session, task, counters, cancel, emit).run()


class _Answer:
    def __init__(
        self,
        loaded: LoadedModel,
        session: Session,
        task: AnswerTask,
        counters: Counters,
        cancel: CancelFlag,
        emit: Emit,
    ) -> None:
        self._loaded = loaded
        self._session = session
        self._task = task
        self._counters = counters
        self._cancel = cancel
        self._emit = emit
        self._started = perf_counter_ns()
        self._lap_began = self._started
        self._decoding = False
        self._first_token_ms = 0.0
        self._generated = 0
        self._thought = 0
        self._cached = 0
        self._experts = loaded.experts
        self._stalled = self._experts.stall_ns() if self._experts else 0
        self._form: AnswerForm | None = None
        self._decoder = TextDecoder()
        self._stop = StopFilter((*task.stops, *(loaded.template.stops if isinstance(task.prompt, ChatPrompt) else ())))

    def run(self) -> Timings:
        counters = self._counters
        counters.answers += 1
        self._loaded.settle_threads()
        fitted = self._fitted()
        tokens = fitted.tokens
        form = self._form = self._chat_form(tokens)
        sampling = form.sampling(self._task.sampling) if form else self._task.sampling
        before = counters.times()
        experts_before = self._experts.stats() if self._experts else ExpertStats()
        head_before = self._head_stats()
        if self._loaded.head:
            # neither a bias nor a grammar can bring back what was left out, and it has no probability
            constrained = (
                self._task.logprobs is not None
                or sampling.logit_bias
                or sampling.grammar
                or (form and form.calls_tools)
            )
            self._loaded.head.whole(bool(constrained))
        self._lap()
        reason = StopReason.CANCELLED
        try:
            with Sampler(sampling, self._loaded.vocabulary, self._beginning()) as sampler:
                self._read_prompt(fitted)
                reason = self._write(sampler)
        except Aborted:
            pass
        finally:
            if self._decoding:
                counters.decode_other_ns += self._lap()
            else:
                counters.prefill_other_ns += self._lap()
        after = counters.times()
        experts = self._experts.stats() if self._experts else ExpertStats()
        head = self._head_stats()
        self._say(self._stop.finish())
        for event in form.finish() if form else ():
            self._emit(event)
        return Timings(
            prompt_tokens=len(tokens),
            cached_tokens=self._cached,
            generated_tokens=self._generated,
            reasoning_tokens=self._thought,
            first_token_ms=self._first_token_ms,
            queued_ms=self._task.queued_ms,
            prefill_ms=(after.prefill_ns - before.prefill_ns) / _MS,
            decode_ms=(after.decode_ns - before.decode_ns) / _MS,
            stop_reason=reason,
            stop_string=self._stop.found if reason == StopReason.STOP_STRING else "",
            expert_hits=experts.hits - experts_before.hits,
            expert_misses=experts.misses - experts_before.misses,
            expert_bytes_read=experts.bytes_read - experts_before.bytes_read,
            expert_stall_ms=(after.stall_ns - before.stall_ns) / _MS,
            peak_memory_bytes=memory_use().peak,
            dropped_messages=fitted.dropped_messages,
            dropped_tokens=fitted.dropped_tokens,
            context=self._session.capacity,
            head_rows=head.rows - head_before.rows,
            head_all_rows=head.all_rows - head_before.all_rows,
            head_checked=head.checked - head_before.checked,
            head_changed=head.changed - head_before.changed,
        )

    def _beginning(self) -> str:
        """What of the answer is in the prompt; as `ChatTemplate.render` sees it."""
        prompt = self._task.prompt
        if not isinstance(prompt, ChatPrompt) or not prompt.continue_final or not prompt.messages:
            return ""
        last = prompt.messages[-1]
        return str(last.get("content") or "") if last.get("role") == "assistant" else ""

    def _chat_form(self, tokens: Sequence[int]) -> AnswerForm | None:
        prompt = self._task.prompt
        if not isinstance(prompt, ChatPrompt):
            return None
        return AnswerForm(
            self._loaded.vocabulary,
            self._loaded.template,
            tools=prompt.tools,
            split_reasoning=prompt.split_reasoning,
            tokens=[token for token in tokens if token >= 0],  # a picture's have no text
            beginning=self._beginning(),
            reasoning_budget=prompt.reasoning_budget,
        )

    def _say(self, text: str) -> None:
        events: Sequence[Event] = ()
        if text:
            events = self._form.feed(text) if self._form else (TextPiece(text),)
        for event in events:
            self._emit(event)

    def _follow_grammar(self, sampler: Sampler) -> None:
        """From the opening mark of a call on, its form is certain."""
        grammar = self._form.new_grammar() if self._form else None
        if grammar is None:
            return
        try:
            sampler.constrain(*grammar)
        except ThimbleError as error:  # it has begun otherwise already; the reader makes of it what it can
            log.info("a tool call without its grammar: %s", error.problem.detail)

    def _head_stats(self) -> HeadStats:
        return self._loaded.head.stats() if self._loaded.head else HeadStats()

    def _fitted(self) -> Fitted:
        prompt, vocabulary = self._task.prompt, self._loaded.vocabulary
        if isinstance(prompt, ChatPrompt):
            fitted = fit_messages(
                self._loaded,
                prompt.messages,
                continue_final=prompt.continue_final,
                drop_oldest=prompt.drop_oldest,
                variables=prompt.variables,
                tools=prompt.tools.for_template() if prompt.tools else (),
                max_tokens=self._task.max_tokens,
            )
            if fitted.tokens and fitted.tokens[-1] < 0:  # only behind words there is something to go on with
                raise ThimbleError(Code.BAD_REQUEST, "The prompt ends with a picture.", "Write something behind it.")
            return fitted
        tokens = vocabulary.tokenize(prompt) if isinstance(prompt, str) else list(prompt)
        if any(not 0 <= token < vocabulary.size for token in tokens):
            raise ThimbleError(Code.BAD_REQUEST, "The prompt holds numbers that are no tokens of this model.")
        if not tokens:
            if vocabulary.bos < 0:
                raise ThimbleError(Code.BAD_REQUEST, "The prompt is empty.", "Write something first.")
            tokens = [vocabulary.bos]
        if len(tokens) >= self._session.capacity:
            raise too_long(len(tokens), self._session.capacity)
        return Fitted(tokens)

    def _lap(self) -> int:
        """Nanoseconds since the previous call: every moment is counted, and only once."""
        began, self._lap_began = self._lap_began, perf_counter_ns()
        return self._lap_began - began

    def _compute_lap(self) -> tuple[int, int]:
        """`_lap`, and how much of it nothing could be computed for want of experts."""
        lap = self._lap()
        if self._experts is None:
            return lap, 0
        began, self._stalled = self._stalled, self._experts.stall_ns()
        return lap, min(lap, self._stalled - began)

    def _read_prompt(self, prompt: Fitted) -> None:
        tokens, counters, total = prompt.tokens, self._counters, len(prompt.tokens)
        done = self._cached = self._session.rewind_to(tokens, prompt.pictures)
        counters.cached_tokens += done  # first: a reader in between must not take them for tokens that were read
        counters.prompt_tokens += done
        self._emit(PromptRead(done, total))
        while done < total:
            if self._cancel.is_set:
                raise Aborted
            picture = prompt.pictures.get(tokens[done])
            chunk = tokens[done : done + picture.count if picture else self._session.chunk_end(tokens, done)]
            counters.prefill_other_ns += self._lap()
            self._loaded.follow_cores(self._lap_began)
            try:
                if picture:
                    self._session.read_picture(picture, self._cancel)
                else:
                    self._session.read(chunk)
            finally:
                lap, stall = self._compute_lap()
                counters.prefill_compute_ns += lap - stall
                counters.prefill_stall_ns += stall
            counters.prompt_tokens += len(chunk)
            done += len(chunk)
            self._emit(PromptRead(done, total))
        counters.prefill_other_ns += self._lap()
        self._decoding = True

    def _chosen(self, sampler: Sampler, budget: ThoughtBudget) -> int:
        """The next token: of the mark that ends thoughts when they have lasted long enough, else the sampler's."""
        token = budget.next()
        if token is not None:
            if not self._loaded.vocabulary.is_end(token) and sampler.take(token):
                return token
            budget.give_up()
        return sampler.sample(self._loaded.context)

    def _write(self, sampler: Sampler) -> StopReason:
        """The decode loop: nothing in it but the model, the sampler, one piece of text and a few additions."""
        session, counters, cancel = self._session, self._counters, self._cancel
        vocabulary, context, form = self._loaded.vocabulary, self._loaded.context, self._form
        piece = form.piece if form else vocabulary.piece
        budget = form.budget if form else None
        for event in form.first if form else ():
            self._emit(event)
        limit = self._task.max_tokens or session.capacity
        while True:
            session.check()
            token = self._chosen(sampler, budget) if budget else sampler.sample(context)
            counters.sampling_ns += self._lap()
            counters.generated_tokens += 1
            self._generated += 1
            if self._generated == 1:
                counters.first_token_ns = self._lap_began - self._started
                self._first_token_ms = counters.first_token_ns / _MS
            if vocabulary.is_end(token):
                return StopReason.END
            if self._task.logprobs is not None:
                self._emit(token_chances(session.logits(), token, self._task.logprobs, piece))
            text = self._decoder.feed(piece(token))
            if budget:
                budget.written(text)
            text = self._stop.feed(text)
            thinks = form is not None and form.thinks
            if text:
                self._say(text)
                self._follow_grammar(sampler)
            self._thought += thinks and form is not None and form.thinks  # the marks are no thoughts
            if form and form.done:
                return StopReason.END
            if self._stop.stopped:
                return StopReason.STOP_STRING
            if self._generated >= limit:
                return StopReason.MAX_TOKENS
            if session.length >= session.capacity:
                return StopReason.CONTEXT_FULL
            if cancel.is_set:
                return StopReason.CANCELLED
            counters.decode_other_ns += self._lap()
            self._loaded.follow_cores(self._lap_began)
            try:
                session.step(token)
            finally:
                lap, stall = self._compute_lap()
                counters.decode_compute_ns += lap - stall
                counters.decode_stall_ns += stall
