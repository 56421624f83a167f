"""`thimble ask`: one question, one answer."""

from __future__ import annotations

import argparse
import sys

from thimble.cli.choice import choose_model, load_options_of, read_settings
from thimble.cli.terminal import EXIT_INTERRUPTED, LoadLine, on_interrupt, out, quietly
from thimble.errors import Code, ThimbleError


def run_ask(options: argparse.Namespace) -> int:
    """Asks and prints the answer as it comes; the exit code."""
    from thimble.client import CancelToken, ChatRequest, EngineSupervisor, Finished, TextDelta
    from thimble.client.answering import answer_options
    from thimble.protocol import Role, StopReason

    question = sys.stdin.read() if options.question == "-" else options.question
    if not question.strip():
        raise ThimbleError(Code.BAD_REQUEST, "There is no question.", "Write it in quotes after `thimble ask`.")
    settings = read_settings()
    progress = LoadLine(quiet=options.json)
    supervisor = EngineSupervisor(Role.ASK, on_status=progress.show)
    cancel = CancelToken()
    restore = on_interrupt(cancel.cancel)
    try:
        client = supervisor.ensure()
        if cancel.cancelled:
            return EXIT_INTERRUPTED
        path = choose_model(options.model, settings, client)
        load_options = load_options_of(options, settings, path)
        stop_loading = cancel.on_cancel(lambda: quietly(client.cancel))
        status = client.load(path, load_options)
        stop_loading()
        progress.done()
        system = settings.text("answers.system_prompt") if options.system is None else options.system
        messages = [{"role": "system", "content": system}] if system.strip() else []
        chosen = {"temperature": options.temperature, "max_tokens": options.max_tokens, "seed": options.seed}
        how = answer_options(settings, settings.model_key(path))
        how.update({name: value for name, value in chosen.items() if value is not None})
        request = ChatRequest([*messages, {"role": "user", "content": question}], context_policy="error", **how)
        answer: list[str] = []
        for event in client.chat(request, cancel):
            if isinstance(event, TextDelta):
                answer.append(event.text)
                out({"type": "text", "text": event.text} if options.json else event.text)
            elif isinstance(event, Finished):
                timings = event.timings
                if options.json:
                    out(
                        {
                            "type": "answer",
                            "text": "".join(answer),
                            "model": status.model.id if status.model else "",
                            "timings": timings.to_json(),
                            "decode_tokens_per_second": round(timings.decode_tokens_per_second, 2),
                            "peak_memory_bytes": timings.peak_memory_bytes,
                        }
                    )
                else:
                    out("\n")
                if timings.stop_reason == StopReason.CANCELLED:
                    return EXIT_INTERRUPTED
        return 0
    except ThimbleError as error:
        if cancel.cancelled and error.problem.code == Code.CANCELLED:
            return EXIT_INTERRUPTED
        raise
    finally:
        progress.done()
        restore()
        supervisor.close()
