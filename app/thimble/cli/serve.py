"""`thimble serve`: the engine for other programs; `thimble top`: what it does."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import threading

from thimble.api_key import api_key
from thimble.cli.choice import choose_model, load_options_of, read_settings
from thimble.cli.terminal import LoadLine, on_interrupt, out, quietly
from thimble.errors import Code, Problem, ThimbleError


def run_serve(options: argparse.Namespace) -> int:
    """Keeps the engine until somebody stops it; the exit code."""
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
    progress = LoadLine(quiet=False)
    supervisor = EngineSupervisor(
        Role.SERVE,
        on_status=progress.show,
        on_lost=on_lost,
        arguments=tuple(arguments),
        token="" if own_door else given_key,
    )
    restore = on_interrupt(stop.cancel)
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
            settings = read_settings()
            path = choose_model(options.model, settings, client)
            stop_loading = stop.on_cancel(lambda: quietly(client.cancel))
            client.load(path, load_options_of(options, settings, path))
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
        out("\n".join([*lines, f"API key: {key}", "Ctrl-C stops it."]) + "\n")
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


def run_top(options: argparse.Namespace) -> int:
    """Watches the engine; the exit code."""
    from thimble import top
    from thimble.client import CancelToken

    stop = CancelToken()
    restore = on_interrupt(stop.cancel)
    try:
        return top.run(once=options.once, as_json=options.json, interval=options.interval, stop=stop)
    finally:
        restore()
