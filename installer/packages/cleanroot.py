"""A clean system to install a package in: Debian's smallest, in a folder, with mounts that go away again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.process import output_of, run_logged, which
from installer.terminal import Terminal

USER: Final = "tester"
HOME: Final = f"/home/{USER}"
DISPLAY: Final = 97
_APT: Final = Path("/etc/apt")
_MIRROR: Final = re.compile(r"^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s*(\S+)", re.MULTILINE)
_NEEDS: Final = {
    "debootstrap": "debootstrap",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "import": "imagemagick",
    "strace": "strace",
    "unshare": "util-linux",
    "lintian": "lintian",
    "desktop-file-validate": "desktop-file-utils",
    "appstreamcli": "appstream",
}


@dataclass(frozen=True)
class CleanRoot:
    """A system in a folder.

    Attributes:
        folder: its root.
    """

    folder: Path

    def inside(self, path: str) -> Path:
        """A path of that system, as it is seen from outside."""
        return self.folder / path.lstrip("/")

    def command(self, words: Sequence[str], *, user: str = USER, env: Mapping[str, str] | None = None) -> list[str]:
        """What to start outside so that a program runs inside, with nothing of our environment."""
        home = HOME if user == USER else "/root"
        settings = {
            "HOME": home,
            "USER": user,
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "DISPLAY": f":{DISPLAY}",
            **(env or {}),
        }
        given = [f"{name}={value}" for name, value in settings.items()]
        return [
            "chroot",
            f"--userspec={user}:{user}",
            str(self.folder),
            "/usr/bin/env",
            "-i",
            "-C",
            home,
            *given,
            *words,
        ]

    def run(
        self, words: Sequence[str], *, user: str = USER, env: Mapping[str, str] | None = None, seconds: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program inside to its end."""
        return subprocess.run(
            self.command(words, user=user, env=env),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def as_root(self, *words: str) -> None:
        """Runs a program inside as root.

        Raises:
            InstallerError: it failed.
        """
        done = self.run(words, user="root", env={"DEBIAN_FRONTEND": "noninteractive"}, seconds=900)
        if done.returncode != 0:
            raise InstallerError(f"{' '.join(words[:3])} failed in the clean system: {done.stderr.strip()[-600:]}")

    def processes(self) -> list[int]:
        """Numbers of the processes that run inside."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if (entry / "root").readlink() == self.folder:
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def end_processes(self) -> None:
        """Ends what still runs inside."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 5
        while self.processes() and time.monotonic() < until:
            time.sleep(0.05)


def require() -> None:
    """Says what the check of a package needs.

    Raises:
        InstallerError: something is missing.
    """
    if os.name != "posix" or os.geteuid() != 0:
        raise InstallerError("A clean system is made by root only; in a container that is you.")
    missing = [package for program, package in _NEEDS.items() if which(program) is None]
    if missing:
        raise InstallerError("Programs for the check are missing.", f"apt-get install {' '.join(missing)}")


def make(folder: Path, terminal: Terminal) -> CleanRoot:
    """Makes it, from the mirror that this system uses.

    Raises:
        InstallerError: debootstrap failed.
    """
    root = CleanRoot(folder)
    release = output_of(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"]).strip()
    mirror = _mirror()
    with terminal.phase("Making a clean system") as phase:
        phase.note(f"Debian {release}, without Python and compilers")
        code, output = run_logged(["debootstrap", "--variant=minbase", release, str(folder), mirror])
        if code != 0:
            raise InstallerError(f"debootstrap failed: {output.strip()[-400:]}")
        furnish(root)
    return root


def furnish(root: CleanRoot) -> None:
    """Gives a new system this one's way to packages, and a user."""
    shutil.copyfile("/etc/resolv.conf", root.inside("/etc/resolv.conf"))
    settings = [path for path in sorted((_APT / "apt.conf.d").iterdir()) if "Acquire::" in path.read_text("utf-8")]
    for path in (*settings, _APT / "sources.list.d" / "debian.sources"):
        if path.is_file():
            shutil.copyfile(path, root.inside(str(path)))
    root.as_root("useradd", "--create-home", "--shell", "/bin/sh", USER)


def _mirror() -> str:
    for path in (_APT / "sources.list.d" / "debian.sources", _APT / "sources.list"):
        found = _MIRROR.search(path.read_text(encoding="utf-8")) if path.is_file() else None
        if found:
            return found[1]
    raise InstallerError("This system's package mirror is not known.")


@contextmanager
def mounted(root: CleanRoot) -> Iterator[None]:
    """What programs expect of a running system, as long as they run."""
    wanted = (
        ("proc", "/proc", ["-t", "proc"]),
        ("/sys", "/sys", ["--rbind", "--make-rslave"]),
        ("/dev", "/dev", ["--rbind", "--make-rslave"]),
        ("/tmp/.X11-unix", "/tmp/.X11-unix", ["--bind"]),  # noqa: S108 - where X servers have their sockets
    )
    Path("/tmp/.X11-unix").mkdir(mode=0o1777, exist_ok=True)  # noqa: S108
    made: list[Path] = []
    try:
        for source, target, how in wanted:
            place = root.inside(target)
            place.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", *how, source, str(place)], check=True)
            made.append(place)
        yield
    finally:
        root.end_processes()
        for place in reversed(made):
            subprocess.run(["umount", "--recursive", "--lazy", str(place)], check=False)


@contextmanager
def display() -> Iterator[None]:
    """A screen for the windows inside."""
    server = subprocess.Popen(
        ["Xvfb", f":{DISPLAY}", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-ac"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        socket = Path(f"/tmp/.X11-unix/X{DISPLAY}")  # noqa: S108
        until = time.monotonic() + 20
        while not socket.exists():
            if server.poll() is not None or time.monotonic() > until:
                raise InstallerError("Xvfb did not start.")
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait()
