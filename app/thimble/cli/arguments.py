"""The words of the command line."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from thimble import __version__
from thimble.cli.ask import run_ask
from thimble.cli.models import run_models
from thimble.cli.serve import run_serve, run_top
from thimble.engine.bench import arguments as bench


def make_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
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
    ask.add_argument("--temperature", type=bounded(float, 0, 2), default=None, help="0 takes the likeliest token")
    ask.add_argument("--max-tokens", type=bounded(int, 1, 2**20), default=None, help="longest answer in tokens")
    ask.add_argument("--seed", type=int, default=None, help="the same seed gives the same answer")
    add_load_options(ask)
    ask.set_defaults(run=run_ask)

    serve = commands.add_parser("serve", help="keep the engine running for other programs (OpenAI's protocol)")
    serve.add_argument("--port", type=bounded(int, 1, 65535), default=None, help="port on this computer (default: any)")
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
    add_load_options(serve)
    serve.set_defaults(run=run_serve)

    models = commands.add_parser("models", help="list the installed models")
    models.add_argument("--json", action="store_true", help="as one JSON array")
    models.add_argument("--get-starter", action="store_true", help="fetch the small starter model first")
    models.add_argument("--get-guide", action="store_true", help="add the tiny Thimble guide, which is here already")
    models.add_argument("--get", metavar="AUTHOR/NAME[:SIZE]", help="download from the model hub, e.g. :Q4_K_M")
    models.set_defaults(run=run_models)

    top = commands.add_parser("top", help="watch what the running engine does")
    top.add_argument("--once", action="store_true", help="one look, then the end")
    top.add_argument("--json", action="store_true", help="one JSON object for each look")
    top.add_argument("--interval", type=bounded(float, 0.1, 3600), default=1.0, help="seconds between two looks")
    top.set_defaults(run=run_top)

    bench.add_parser(commands, size, bounded(int, 1, 2**20))
    return parser


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """How a model is loaded, for the commands that load one."""
    parser.add_argument("--context", type=bounded(int, 64, 2**20), default=None, help="context length in tokens")
    parser.add_argument("--threads", type=bounded(int, 1, 256), default=None, help="compute threads")
    parser.add_argument(
        "--memory",
        "--memory-limit",
        dest="memory_limit",
        type=size,
        default=None,
        help="most memory for the engine, e.g. 1GiB, 900MiB; experts that do not fit stay on disk",
    )
    parser.add_argument(
        "--expert-cache", type=size, default=None, help="memory for the experts alone (default: what is left)"
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


def bounded(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], int | float]:
    """A type for argparse: a number in a range."""

    def parse(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text} is not between {low:g} and {high:g}")
        return value

    return parse


def size(text: str) -> int:
    """A type for argparse: bytes, as people write them."""
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
