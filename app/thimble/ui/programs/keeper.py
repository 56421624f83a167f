"""Keeps the door for other programs as the settings say: opened when the engine starts, changed when they change."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from thimble.errors import Problem, ThimbleError
from thimble.keychain import Keychain
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.protocol import EngineStatus
    from thimble.settings import Settings
    from thimble.ui.engine_link import EngineLink
    from thimble.ui.jobs import JobHandle, JobRunner

DOOR: Final = "window"
KEYS: Final = ("programs.on", "programs.port", "programs.lan", "programs.origins")
SETTLE_MS: Final = 300
"""A port that is being typed changes with every digit."""


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of the door.

    Attributes:
        open: programs are answered.
        lan: those on the network, too.
        addresses: by which it is reached, this computer's own first.
        key: that they have to send; "" before there is one.
        problem: why it is not as it should be.
        busy: it is being changed.
    """

    open: bool = False
    lan: bool = False
    addresses: tuple[str, ...] = ()
    key: str = ""
    problem: Problem | None = None
    busy: bool = False


class DoorKeeper(QObject):
    """One per window.

    Signals:
        changed: `door` is different now.
    """

    changed = Signal()

    def __init__(self, settings: Settings, link: EngineLink, jobs: JobRunner) -> None:
        super().__init__()
        self._settings = settings
        self._link = link
        self._jobs = jobs
        self._epoch = ""
        self._wish = 0  # counts changes: what an earlier one brings is old
        self._apply_soon = Debounce(SETTLE_MS, self.apply, self)
        self.door = Door()
        self._unsubscribe = settings.subscribe(self._on_setting)
        link.status_changed.connect(self._on_status)

    def apply(self) -> None:
        """Makes the door as the settings say."""
        on = self._settings.switch("programs.on")
        if not on and not self.door.open and not self.door.busy:
            return
        self._wish += 1
        wish = self._wish
        port, lan = self._settings.integer("programs.port"), self._settings.switch("programs.lan")
        origins = [part.strip() for part in self._settings.text("programs.origins").split(",") if part.strip()]

        def work(_handle: JobHandle) -> Door:
            client = self._link.client()
            if not on:
                client.shut_door(DOOR)
                return Door()
            key = load_key()
            try:
                return _as_told(
                    client.open_door(DOOR, port=port, lan=lan, key=key, origins=origins, owner=os.getpid()), key
                )
            except ThimbleError as error:  # the door that was open stays so; whoever reads this must know of it
                return _as_told(client.door(DOOR), key, error.problem)

        def done(door: Door) -> None:
            if wish == self._wish:
                self._set(door)

        def failed(problem: Problem) -> None:
            if wish == self._wish:
                self._failed(problem)

        self._set(Door(self.door.open, self.door.lan, self.door.addresses, self.door.key, busy=True))
        self._jobs.run(work, done=done, failed=failed, name="the door for other programs")

    def new_key(self) -> None:
        """Another key: programs with the old one are not answered any more."""

        def work(_handle: JobHandle) -> None:
            keychain().save(DOOR, made_key())

        self._jobs.run(work, done=lambda _result: self.apply(), failed=self._failed, name="a new key")

    def close(self) -> None:
        """The window goes."""
        self._apply_soon.cancel()
        self._unsubscribe()

    def _failed(self, problem: Problem) -> None:
        self._set(Door(self.door.open, self.door.lan, self.door.addresses, self.door.key, problem))

    def _on_setting(self, key: str) -> None:
        if key in KEYS:
            self._apply_soon()

    def _on_status(self, status: EngineStatus) -> None:
        epoch = f"{status.pid} {status.engine_epoch}"
        if status.pid and epoch != self._epoch:
            self._epoch = epoch
            self.door = Door()  # a new engine has none
            self.apply()

    def _set(self, door: Door) -> None:
        self.door = door
        self.changed.emit()


def _as_told(state: dict[str, Any], key: str, problem: Problem | None = None) -> Door:
    """The door as the engine tells of it."""
    if not state.get("open"):
        return Door(problem=problem)
    return Door(True, bool(state.get("lan")), tuple(state.get("addresses", ())), key, problem)


def keychain() -> Keychain:
    """Where the key is."""
    return Keychain("Thimble API", "api_key.json")


def load_key() -> str:
    """The key; made when there is none yet."""
    chain = keychain()
    key = str(chain.load(DOOR))
    if not key:
        key = made_key()
        chain.save(DOOR, key)
    return key


def made_key() -> str:
    """A key nobody can guess."""
    return f"tk-{secrets.token_urlsafe(24)}"
