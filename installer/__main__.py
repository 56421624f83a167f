"""`python3 -m installer …`: run, test, arm-tests, variant-tests, engine, package, doctor, translations, patches."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from installer.errors import InstallerError
from installer.places import Places
from installer.terminal import Terminal, quiet_on_interrupt

if sys.version_info < (3, 11):  # noqa: UP036 (an older Python may well start this: it gets a sentence)
    sys.exit(f"Thimble needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def _parser() -> argparse.ArgumentParser:
    from installer.packages import build

    parser = argparse.ArgumentParser(prog="python3 -m installer", description="Installs, builds and tests Thimble.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run", help="install what is missing and open the window; further arguments go to thimble"
    )
    run.add_argument("--no-window", action="store_true", help="stop before the window opens")
    commands.add_parser("test", help="install what is missing and run every check; further arguments go to pytest")
    commands.add_parser("arm-tests", help="run the C++ tests for 64-bit ARM under an emulator")
    commands.add_parser("variant-tests", help="test the portable engine in each variant, and on emulated processors")
    engine = commands.add_parser("engine", help="build and install only the engine")
    kinds = engine.add_mutually_exclusive_group()
    kinds.add_argument("--stock", action="store_true", help="the unpatched engine, in .venv-stock")
    kinds.add_argument("--portable", action="store_true", help="a wheel for every processor, as packages have it")
    build.add_arguments(commands.add_parser("package", help="make what people install: a .deb and a tarball"))
    commands.add_parser("doctor", help="say what is here and what is missing")
    texts = commands.add_parser("translations", help="bring the translations in step with the sources")
    texts.add_argument("language", nargs="?", default="", help="begin another language: its code, such as fr")
    texts.add_argument("--drop-obsolete", action="store_true", help="forget translations whose source text is gone")
    patches = commands.add_parser("patches", help="work on the engine's patches; see engine_patches/README.md")
    actions = patches.add_subparsers(dest="action", required=True)
    actions.add_parser("apply", help="make a work tree of the engine with one commit for each patch")
    refresh = actions.add_parser("refresh", help="put the work tree's changes into a patch")
    refresh.add_argument("name", help="of the patch; an unknown name makes a new one")
    actions.add_parser("export", help="write series and patches from the work tree")
    actions.add_parser("check", help="say what is wrong with the series")
    return parser


def _patches(options: argparse.Namespace, places: Places, terminal: Terminal) -> int:
    from installer import all_checks, patchtools

    python = Path(sys.executable)
    if options.action == "apply":
        patchtools.apply(places, python, terminal)
    elif options.action == "refresh":
        patchtools.refresh(places, options.name, terminal)
    elif options.action == "export":
        patchtools.export(places, terminal)
    else:
        with terminal.phase("Checking the series") as phase:
            problems = all_checks.check_patches(places, python, phase)
        for problem in problems:
            terminal.line(f"  {terminal.bad} {problem}")
        terminal.line(f"{len(problems)} problems." if problems else "The series is in order.")
        return 1 if problems else 0
    return 0


def _dispatch(options: argparse.Namespace, rest: list[str], places: Places, terminal: Terminal) -> int:
    from installer import all_checks, app, cpp_tests, doctor, translations
    from installer import engine as engines

    if options.command == "run":
        environment = app.prepare(places, terminal, window=not options.no_window, dev=False)
        if options.no_window:
            terminal.line("Thimble is ready: python3 -m installer run")
            return 0
        return app.open_window(environment, rest)
    if options.command == "test":
        environment = app.prepare(places, terminal, window=True, dev=True)
        app.prepare_engine(places, terminal, stock=True)  # many tests compare with it
        return all_checks.run_all(places, environment, terminal, rest)
    if options.command == "arm-tests":
        return cpp_tests.arm_tests(places, terminal)
    if options.command == "variant-tests":
        from installer import variant_tests

        return variant_tests.run(places, terminal)
    if options.command == "engine" and options.portable:
        terminal.line(str(engines.portable_wheel(places, terminal)))
        return 0
    if options.command == "engine":
        app.prepare_engine(places, terminal, stock=options.stock)
        return 0
    if options.command == "package":
        from installer.packages import build

        return build.run(options, places, terminal)
    if options.command == "doctor":
        return doctor.report(places, terminal)
    if options.command == "translations":
        translations.refresh(places, terminal, language=options.language, drop_obsolete=options.drop_obsolete)
        return 0
    return _patches(options, places, terminal)


def main(arguments: Sequence[str] | None = None, places: Places | None = None) -> int:
    """Runs one command.

    Args:
        arguments: of the command line; this process's by default.
        places: where to work; this checkout and this user's cache by default.

    Returns:
        The exit code.
    """
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command not in {"run", "test"}:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    terminal = Terminal()
    with quiet_on_interrupt(terminal):
        try:
            return _dispatch(options, rest, places or Places.here(), terminal)
        except InstallerError as error:
            terminal.line(f"{terminal.bad} {error.sentence}")
            if error.command:
                terminal.line(f"  To mend it: {error.command}")
        except BrokenPipeError:  # `doctor | head`: the reader has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            if error.errno == errno.ENOSPC:
                terminal.line(f"{terminal.bad} The disk is full ({error.filename}); nothing half-done was kept.")
            else:
                terminal.line(f"{terminal.bad} {error.filename or 'The system'}: {error.strerror}.")
    return 1


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # a closed terminal or a kill stops the compilers too, as Ctrl-C does
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _stop)
    sys.exit(main())
