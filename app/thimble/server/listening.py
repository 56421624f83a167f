"""Listening sockets."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from thimble.errors import Code, ThimbleError

_TAKEN: Final = frozenset({errno.EADDRINUSE, errno.EACCES, 10048, 10013})  # the last two are Windows' names of them


def server_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """How uvicorn serves an application of ours; `more` are further arguments of its `Config`.

    Nobody is believed who says that a request came from somewhere else (`X-Forwarded-For`): uvicorn would believe
    every program of this computer, and the address stands in the log and decides whose turn it is.
    """
    return uvicorn.Config(
        app,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        **more,
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        ThimbleError: PORT_TAKEN, or ENGINE_FAILED when the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's algorithm off only where it is: otherwise the first word of
    # every stream waits 40 ms for the client's delayed acknowledgement of the headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # a quick restart on the same port; on Windows this would share the port with others
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno in _TAKEN
        raise ThimbleError(
            Code.PORT_TAKEN if taken else Code.ENGINE_FAILED,
            f"Port {port} is taken by another program."
            if taken
            else f"The engine cannot listen on {host}, port {port}.",
            "Choose another port." if taken else "Choose another address or port.",
            str(error),
        ) from error
    listener.setblocking(False)
    return listener
