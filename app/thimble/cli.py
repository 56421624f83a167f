"""The `thimble` command: the window, and the same engine from a terminal.

Sentences for people go to stderr, answers to stdout. Exit codes: 0 done, 1 a problem said in one sentence, 2 wrong
usage, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thimble import __version__, boxes, paths
from thimble.api_key import api_key
from thimble.engine import variants
from thimble.engine.bench import arguments as bench
from thimble.errors import Code, Problem, ThimbleError

if TYPE_CHECKING:
    from types import FrameType

    from thimble.client import EngineClient
    from thimble.protocol import EngineStatus, LoadOptions
    from thimble.settings import Settings

log = logging.getLogger(__name__)

EXIT_PROBLEM: Final = 1
EXIT_INTERRUPTED: Final = 130
COMMANDS: Final = frozenset({"ask", "serve", "models", "top", "bench"})


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    files = _files(arguments)
    options = _parser().parse_args([] if files else arguments)
    refused = variants.refusal()
    if refused is not None:
        _say_problem(refused, as_json=getattr(options, "json", False))
        if options.command is None and not sys.stderr.isatty():
            boxes.show(str(refused))
        return EXIT_PROBLEM
    if options.command is None:
        return _window(files)
    from thimble import logs

    try:
        logs.write_to(paths.app_log_file())
        return int(options.run(options))
    except ThimbleError as error:
        log.error("%s: %s (%s)", error.problem.code, error.problem, error.problem.detail)
        _say_problem(error.problem, as_json=getattr(options, "json", False))
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe went away; there is nobody to tell
        return EXIT_PROBLEM


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="thimble",
        description="Runs language models bigger than the memory you give them. Without a command: the window; "
        "thimble FILE… opens files in it.",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(dest="command", metavar="command")

    ask = commands.add_parser("ask", help="ask one question and print the answer as it is written")
    ask.add_argument("question", nargs="?", default="-", help="the question; - or nothing reads it from stdin")
    ask.add_argument("--model", default="", help="a GGUF file or the name of an installed model")
    ask.add_argument("--json", action="store_true", help="one JSON object per line; the last holds the figures")
    ask.add_argument("--system", default=None, help="system prompt (default: the one in the settings)")
    ask.add_argument("--temperature", type=_bounded(float, 0, 2), default=None, help="0 takes the likeliest token")
    ask.add_argument("--max-tokens", type=_bounded(int, 1, 2**20), default=None, help="longest answer in tokens")
    ask.add_argument("--seed", type=int, default=None, help="the same seed gives the same answer")
    _add_load_options(ask)
    ask.set_defaults(run=_ask)

    serve = commands.add_parser("serve", help="keep the engine running for other programs (OpenAI's protocol)")
    serve.add_argument(
        "--port", type=_bounded(int, 1, 65535), default=None, help="port on this computer (default: any)"
    )
    serve.add_argument(
        "--api-key-file", metavar="FILE", default=None, help="its first line is the key that other programs must send"
    )
    serve.add_argument(
        "--api-key", default=None, help="the key itself; others on this computer can see it (default: a random one)"
    )
    serve.add_argument(
        "--lan", action="store_true", help="answer the whole network, not only this computer; needs a key"
    )
    serve.add_argument(
        "--cors",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="a web page that may ask, e.g. http://localhost:3000",
    )
    serve.add_argument("--model", default="", help="load this model at once")
    _add_load_options(serve)
    serve.set_defaults(run=_serve)

    models = commands.add_parser("models", help="list the installed models")
    models.add_argument("--json", action="store_true", help="as one JSON array")
    models.add_argument("--get-starter", action="store_true", help="fetch the small starter model first")
    models.add_argument("--get-guide", action="store_true", help="add the tiny Thimble guide, which is here already")
    models.add_argument("--get", metavar="AUTHOR/NAME[:SIZE]", help="download from the model hub, e.g. :Q4_K_M")
    models.set_defaults(run=_models)

    top = commands.add_parser("top", help="watch what the running engine does")
    top.add_argument("--once", action="store_true", help="one look, then the end")
    top.add_argument("--json", action="store_true", help="one JSON object for each look")
    top.add_argument("--interval", type=_bounded(float, 0.1, 3600), default=1.0, help="seconds between two looks")
    top.set_defaults(run=_top)

    bench.add_parser(commands, _size, _bounded(int, 1, 2**20))
    return parser


def _add_load_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--context", type=_bounded(int, 64, 2**20), default=None, help="context length in tokens")
    parser.add_argument("--threads", type=_bounded(int, 1, 256), default=None, help="compute threads")
    parser.add_argument(
        "--memory",
        "--memory-limit",
        dest="memory_limit",
        type=_size,
        default=None,
        help="most memory for the engine, e.g. 1GiB, 900MiB; experts that do not fit stay on disk",
    )
    parser.add_argument(
        "--expert-cache", type=_size, default=None, help="memory for the experts alone (default: what is left)"
    )
    parser.add_argument(
        "--expert-policy",
        choices=("lrfu", "lru", "lfu", "none"),
        default="lrfu",
        help="which experts stay in memory (default: lrfu, the best; the others are there to compare)",
    )
    for letter, what in (("k", "keys"), ("v", "values")):
        parser.add_argument(
            f"--cache-{letter}",
            choices=bench.CACHE_TYPES,
            default=None,
            help=f"how the context's {what} are kept (default: as in the settings)",
        )


def _bounded(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], int | float]:
    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    return parse


def _size(text: str) -> int:
    units = {"GIB": 2**30, "MIB": 2**20, "G": 2**30, "M": 2**20}
    upper = text.strip().upper()
    unit = next((name for name in units if upper.endswith(name)), None)
    try:
        number = float(upper.removesuffix(unit)) * units[unit] if unit else math.nan
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write for example 1GiB or 900MiB")
    return int(number)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        engine = version("llama-cpp-python")
    except PackageNotFoundError:
        engine = "not built"
    return f"thimble {__version__} (engine {engine})"


def _files(arguments: Sequence[str]) -> list[Path]:
    """The files that a file manager or a person wants opened; none when the arguments are something else."""
    if not arguments or arguments[0] in COMMANDS:
        return []
    named = [Path(argument).absolute() for argument in arguments]
    return named if all(path.is_file() or paths.is_model(path) for path in named) else []


def _window(files: list[Path]) -> int:
    if files:
        from thimble.client.open_window import hand_over

        if hand_over(files):
            return 0
    from thimble.ui.app import run_window

    return run_window(files)


def _ask(options: argparse.Namespace) -> int:
    from thimble.client import CancelToken, ChatRequest, EngineSupervisor, Finished, TextDelta
    from thimble.client.answering import answer_options
    from thimble.protocol import Role, StopReason

    question = sys.stdin.read() if options.question == "-" else options.question
    if not question.strip():
        raise ThimbleError(Code.BAD_REQUEST, "There is no question.", "Write it in quotes after `thimble ask`.")
    settings = _settings()
    progress = _LoadLine(quiet=options.json)
    supervisor = EngineSupervisor(Role.ASK, on_status=progress.show)
    cancel = CancelToken()
    restore = _on_interrupt(cancel.cancel)
    try:
        client = supervisor.ensure()
        if cancel.cancelled:
            return EXIT_INTERRUPTED
        path = _choose_model(options.model, settings, client)
        load_options = _load_options(options, settings, path)
        stop_loading = cancel.on_cancel(lambda: _quietly(client.cancel))
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
                _out({"type": "text", "text": event.text} if options.json else event.text)
            elif isinstance(event, Finished):
                timings = event.timings
                if options.json:
                    _out(
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
                    _out("\n")
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


def _serve(options: argparse.Namespace) -> int:
    from thimble.client import CancelToken, EngineSupervisor
    from thimble.protocol import Role

    stop = CancelToken()
    stopped = threading.Event()
    stop.on_cancel(stopped.set)
    lost: list[Problem] = []

    def on_lost(problem: Problem) -> None:
        lost.append(problem)
        stopped.set()

    own_door = options.lan or options.cors
    given_key, warning = api_key(options.api_key, options.api_key_file)
    if warning:
        sys.stderr.write(f"{warning}\n")
    if options.lan and not given_key:
        raise ThimbleError(
            Code.KEY_NEEDED,
            "The network gets in with a key only.",
            "Choose one of 16 characters: --lan --api-key-file FILE.",
        )
    arguments: list[str] = []
    if options.port is not None and not own_door:
        arguments += ["--port", str(options.port)]
    progress = _LoadLine(quiet=False)
    supervisor = EngineSupervisor(
        Role.SERVE,
        on_status=progress.show,
        on_lost=on_lost,
        arguments=tuple(arguments),
        token="" if own_door else given_key,
    )
    restore = _on_interrupt(stop.cancel)
    try:
        client = supervisor.ensure()
        port = int(client.base_url.rsplit(":", 1)[1])
        if not supervisor.started_engine and not own_door:
            if options.port is not None and options.port != port:
                raise ThimbleError(
                    Code.ENGINE_FAILED,
                    f"An engine is already running on port {port}; it cannot answer on port {options.port} as well.",
                    f"Close the window or program that uses it, or run `thimble serve --port {port}`.",
                )
            if given_key and given_key != client.token:
                raise ThimbleError(
                    Code.ENGINE_FAILED,
                    "An engine is already running with another API key.",
                    "Close the window or program that uses it, or leave out the key.",
                )
        if stop.cancelled:
            return 0
        if options.model:
            settings = _settings()
            path = _choose_model(options.model, settings, client)
            stop_loading = stop.on_cancel(lambda: _quietly(client.cancel))
            client.load(path, _load_options(options, settings, path))
            stop_loading()
            progress.done()
        addresses, key = [client.base_url], client.token
        if own_door:
            key = given_key or secrets.token_urlsafe(24)
            door = client.open_door(
                f"serve-{os.getpid()}",
                port=options.port or 0,
                lan=options.lan,
                key=key,
                origins=options.cors,
                owner=os.getpid(),
            )
            addresses = door["addresses"]
        lines = [f"Thimble answers at {address}/v1" for address in addresses]
        _out("\n".join([*lines, f"API key: {key}", "Ctrl-C stops it."]) + "\n")
        stopped.wait()
        if lost:
            raise ThimbleError.of(lost[0])
        return 0
    except ThimbleError as error:
        if stop.cancelled and error.problem.code == Code.CANCELLED:
            return 0
        raise
    finally:
        progress.done()
        restore()
        supervisor.close()


def _top(options: argparse.Namespace) -> int:
    from thimble import top
    from thimble.client import CancelToken

    stop = CancelToken()
    restore = _on_interrupt(stop.cancel)
    try:
        return top.run(once=options.once, as_json=options.json, interval=options.interval, stop=stop)
    finally:
        restore()


def _models(options: argparse.Namespace) -> int:
    from thimble.library import guide, installed_models, starter, with_names

    settings = _settings()
    folder = settings.models_folder()
    if options.get_starter and not starter.installed(folder):
        line = _LoadLine(quiet=options.json)
        starter.install(
            folder,
            progress=lambda done, total: line.write("Fetching the starter model", done / total if total else 0.0),
            offline=settings.switch("files.offline"),
        )
        line.done()
    if options.get_guide:
        guide.install(folder)
    if options.get:
        _get(settings, options.get, quiet=options.json)
    models = with_names(installed_models(*settings.model_folders()), settings)
    if options.json:
        _out(json.dumps([_model_json(model) for model in models], indent=2) + "\n")
        return 0
    if not models:
        _out(f"No model is installed in {folder}.\nGet the small starter model with `thimble models --get-starter`.\n")
        return 0
    width = max(len(model.id) for model in models)
    for model in models:
        if model.problem is not None:
            _out(f"{model.id:<{width}}  {model.problem.sentence}\n")
            continue
        size = (
            f"{model.file_bytes / 2**20:.0f} MiB" if model.file_bytes < 2**30 else f"{model.file_bytes / 2**30:.1f} GiB"
        )
        facts = [model.architecture, model.parameters_text, model.quantization, size]
        if model.expert_count:
            facts.append(f"{model.expert_used_count} of {model.expert_count} experts")
        _out(f"{model.id:<{width}}  {'  '.join(facts)}\n")
    return 0


def _get(settings: Settings, wanted: str, *, quiet: bool) -> None:
    from thimble.library.get import get_model

    line = _LoadLine(quiet=quiet)
    said: set[str] = set()

    def show(status: Any) -> None:
        if status.problem is not None and status.problem.sentence not in said:
            said.add(status.problem.sentence)
            sys.stderr.write(f"\n{status.problem.sentence} Trying again.\n")
        line.write(f"Downloading {wanted}", status.done / max(1, status.total))

    try:
        get_model(settings, wanted, show)
    finally:
        line.done()


def _model_json(model: Any) -> dict[str, Any]:
    return {
        "id": model.id,
        "path": str(model.path),
        "name": model.name,
        "architecture": model.architecture,
        "quantization": model.quantization,
        "file_bytes": model.file_bytes,
        "expert_count": model.expert_count,
        "expert_used_count": model.expert_used_count,
        "context_trained": model.context_trained,
        "problem": model.problem.to_json() if model.problem else None,
    }


def _settings() -> Settings:
    from thimble.settings import Settings

    settings = Settings.load(paths.settings_file())
    if settings.warning:
        sys.stderr.write(settings.warning + "\n")
    return settings


def _choose_model(wanted: str, settings: Settings, client: EngineClient) -> str:
    """Path of the model to use: the wanted one, else the resident one, else the first installed one."""
    from thimble.library import installed_models, starter, with_names
    from thimble.modelfile.places import preferred

    as_path = os.path.abspath(Path(wanted).expanduser())  # noqa: PTH100 - resolve() would lose a link's own name
    if wanted and Path(as_path).is_file():
        return as_path
    if not wanted:
        status: EngineStatus = client.status()
        if status.model is not None:
            return status.model.path
    installed = with_names(installed_models(*settings.model_folders()), settings)
    usable = [model for model in installed if model.problem is None]
    writing = [model for model in usable if model.writes]
    if wanted:
        for model in usable:
            if wanted.lower() in {model.id.lower(), model.name.lower()}:
                return str(model.path)
        if "/" in wanted or wanted.endswith(".gguf"):
            return as_path  # which says itself that it is not there
        names = ", ".join(model.id for model in usable) or "none"
        raise ThimbleError(Code.MODEL_NOT_FOUND, f"No installed model is called {wanted!r}.", f"Installed: {names}.")
    if not writing:
        raise ThimbleError(
            Code.NO_MODEL, "No model is installed.", "Run `thimble models --get-starter`, or give one with --model."
        )
    able = preferred(writing)
    first = next((m for m in able if Path(m.path) != starter.path(settings.models_folder())), able[0])
    return str(first.path)


def _load_options(options: argparse.Namespace, settings: Settings, path: str) -> LoadOptions:
    from thimble.loading import load_options

    given = {
        name: value
        for name in ("context", "threads", "memory_limit", "expert_cache", "expert_policy", "cache_k", "cache_v")
        if (value := getattr(options, name)) is not None
    }
    return replace(load_options(settings, path), **given)


class _LoadLine:
    """One line on the terminal that shows how far loading is, and goes away."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._shown = False

    def show(self, status: EngineStatus) -> None:
        if status.loading_path:
            self.write(f"Loading {Path(status.loading_path).name}", status.load_progress)
        else:
            self.done()

    def write(self, what: str, fraction: float) -> None:
        if not self._quiet:
            self._shown = True
            sys.stderr.write(f"\r\033[K{what} {fraction:4.0%}")
            sys.stderr.flush()

    def done(self) -> None:
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _out(value: str | dict[str, Any]) -> None:
    sys.stdout.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _say_problem(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        _out({"type": "error", "error": problem.to_json()})
    sys.stderr.write(f"{problem}\n")


def _quietly(action: Callable[[], object]) -> None:
    try:
        action()
    except ThimbleError as error:
        log.info("ignored: %s", error.problem)


def _on_interrupt(action: Callable[[], None]) -> Callable[[], None]:
    """Runs `action` on the first Ctrl-C or SIGTERM; a second one ends the program. Returns the way back."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def handle(_number: int, _frame: FrameType | None) -> None:
        restore()
        threading.Thread(target=action, name="interrupt", daemon=True).start()

    for number in previous:
        signal.signal(number, handle)
    return restore
