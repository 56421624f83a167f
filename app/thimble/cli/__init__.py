"""The `thimble` command: the window, and the same engine from a terminal.

Sentences for people go to stderr, answers to stdout. Exit codes: 0 done, 1 a problem said in one sentence, 2 wrong
usage, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from thimble import boxes, paths
from thimble.cli.arguments import make_parser
from thimble.cli.terminal import EXIT_INTERRUPTED, EXIT_PROBLEM, say_problem
from thimble.engine import variants
from thimble.errors import ThimbleError

log = logging.getLogger(__name__)

COMMANDS: Final = frozenset({"ask", "serve", "models", "top", "bench"})


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    files = _files(arguments)
    options = make_parser().parse_args([] if files else arguments)
    refused = variants.refusal()
    if refused is not None:
        say_problem(refused, as_json=getattr(options, "json", False))
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
        say_problem(error.problem, as_json=getattr(options, "json", False))
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe went away; there is nobody to tell
        return EXIT_PROBLEM


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
