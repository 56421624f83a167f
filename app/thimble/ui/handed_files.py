"""The window's ear for files that another start of Thimble hands over (`client/open_window.py`)."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from thimble.client.open_window import OK, socket_path

log = logging.getLogger(__name__)

LONGEST: Final = 1 << 20
"""Bytes of a message; more is not a list of files."""


class HandedFiles(QObject):
    """Listens as long as the window is open.

    Signals:
        arrived: (paths, the desktop's token that lets the window come to the front, or "").
    """

    arrived = Signal(list, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)
        name = str(socket_path(os.getpid()))
        QLocalServer.removeServer(name)  # of a process that had our number and was killed
        if not self._server.listen(name):
            log.info("files cannot be handed to this window: %s", self._server.errorString())

    def close(self) -> None:
        """Stops listening; the socket's file goes."""
        self._server.close()

    def _on_connection(self) -> None:
        while (guest := self._server.nextPendingConnection()) is not None:
            guest.readyRead.connect(lambda guest=guest: self._read(guest))
            guest.disconnected.connect(guest.deleteLater)
            self._read(guest)  # what had come before anybody listened

    def _read(self, guest: QLocalSocket) -> None:
        if not guest.canReadLine():
            if guest.bytesAvailable() > LONGEST:
                guest.abort()
            return
        try:
            said = json.loads(bytes(guest.readLine().data()))
            files, token = [Path(str(file)) for file in said["files"]], str(said["token"])
        except (ValueError, TypeError, KeyError) as error:
            log.warning("no list of files: %s", error)
            guest.abort()
            return
        guest.write(OK)
        guest.flush()  # now: what the files cause may keep this thread busy
        guest.disconnectFromServer()
        self.arrived.emit(files, token)
