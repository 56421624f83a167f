"""Virtual environments: made, checked, filled, and a stamp that says what is in them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from installer.errors import InstallerError
from installer.places import Places
from installer.process import output_of, run_logged
from installer.terminal import Phase, Terminal


class Environment:
    """One virtual environment.

    Attributes:
        folder: where it is.
    """

    def __init__(self, folder: Path, log_folder: Path) -> None:
        self.folder = folder
        self._log = log_folder / f"{folder.name.lstrip('.')}.log"

    @property
    def programs(self) -> Path:
        """Where its scripts are."""
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    @property
    def _stamp_file(self) -> Path:
        return self.folder / "thimble-installed.json"

    def stamp(self, name: str) -> str:
        """What was last installed under a name; empty when nothing was, or when it was interrupted."""
        return self._stamps().get(name, "")

    def set_stamp(self, name: str, value: str) -> None:
        """Remembers what is installed under a name; an empty value forgets it."""
        stamps = {**self._stamps(), name: value}
        unfinished = self._stamp_file.with_suffix(".new")
        unfinished.write_text(json.dumps(stamps, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        unfinished.replace(self._stamp_file)

    def _stamps(self) -> dict[str, str]:
        try:
            data = json.loads(self._stamp_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}

    def usable(self) -> bool:
        """Whether it was made completely, here, by a Python that is still there."""
        # bin/python is a link to the Python that made it: exists() follows it
        return self.stamp("folder") == str(self.folder) and self.python.exists()

    def make(self, python: str, terminal: Terminal) -> None:
        """Makes it, unless it is usable. One that is not is made anew.

        Args:
            python: the Python to make it with.
            terminal: gets a line.

        Raises:
            InstallerError: it could not be made.
        """
        if self.usable():
            return
        if self._works():
            # somebody's own environment, or one from before a move: kept, what is in it is checked anew
            self._stamp_file.unlink(missing_ok=True)
            self.set_stamp("folder", str(self.folder))
            return
        with terminal.phase(f"Making {self.folder.name}"):
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("w", encoding="utf-8") as log:
                code, output = run_logged([python, "-m", "venv", "--clear", str(self.folder)], log=log)
            if code != 0:
                if "No space left on device" in output:
                    raise InstallerError(f"The disk is full: {self.folder} could not be made.")
                raise InstallerError(f"{self.folder} could not be made. Log: {self._log}")
            self.set_stamp("folder", str(self.folder))

    def _works(self) -> bool:
        if not self.python.exists():
            return False
        probe = "import pip._internal.cli.main, sys; print(sys.version_info >= (3, 11), sys.prefix)"
        return output_of([str(self.python), "-c", probe]).strip() == f"True {self.folder}"

    def pip(self, arguments: Sequence[str], *, phase: Phase, what: str, env: dict[str, str] | None = None) -> None:
        """Runs `pip install …` in it.

        Args:
            arguments: after `pip install`.
            phase: told which package is being fetched.
            what: what is being installed, for the sentence of a failure.
            env: added to the process environment.

        Raises:
            InstallerError: it did not work; the sentence names the log.
        """

        def watch(line: str) -> None:
            words = line.split()
            if words[:1] in (["Collecting"], ["Downloading"]) and len(words) > 1:
                phase.note(words[1])
            elif line.startswith("Installing collected packages"):
                phase.note("unpacking")

        command = [str(self.python), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as log:
            code, output = run_logged(command, log=log, on_line=watch, env=env)
        phase.note("")
        if code == 0:
            return
        if "No space left on device" in output:
            raise InstallerError(f"The disk is full: {what} could not be installed.")
        if any(sign in output for sign in ("NewConnectionError", "Could not find a version", "NameResolution")):
            raise InstallerError(f"{what} could not be downloaded; is there a network? Log: {self._log}")
        raise InstallerError(f"{what} could not be installed. Log: {self._log}")


def app_environment(places: Places) -> Environment:
    """The app's own environment."""
    return Environment(places.root / ".venv", places.logs)


def stock_environment(places: Places) -> Environment:
    """The environment of the unpatched engine."""
    return Environment(places.root / ".venv-stock", places.logs)


def install_app(places: Places, environment: Environment, engine_key: str, terminal: Terminal, *, dev: bool) -> None:
    """Installs the app, editable, with exactly the pinned versions; nothing when nothing changed.

    Args:
        places: the checkout.
        environment: where to.
        engine_key: of the engine that is in the environment already; it brings packages along.
        terminal: gets a line.
        dev: also what the tests need.
    """
    digest = hashlib.sha256()
    for path in (places.root / "pyproject.toml", places.installer / "constraints.txt"):
        digest.update(path.read_bytes())
    digest.update(engine_key.encode())
    wanted = digest.hexdigest()
    installed, _, extra = environment.stamp("app").partition(" ")
    if installed == wanted and (extra == "dev" or not dev):
        return
    title = "Installing Thimble and its test tools" if dev else "Installing Thimble"
    with terminal.phase(title) as phase:
        environment.set_stamp("app", "")
        target = f"{places.root}[dev]" if dev else str(places.root)
        env = {"PIP_BUILD_CONSTRAINT": (places.installer / "build-constraints.txt").as_uri()}
        arguments = ["--constraint", str(places.installer / "constraints.txt"), "--editable", target]
        environment.pip(arguments, phase=phase, what="Thimble", env=env)
        environment.set_stamp("app", f"{wanted} {'dev' if dev else 'run'}")
