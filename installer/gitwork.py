"""git, steered so that its answer is the same on every machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.errors import InstallerError
from installer.process import which

_WHO = "Thimble engine patches"
_WHEN = "2000-01-01T00:00:00+0000"


class Git:
    """One repository, used without the user's or the system's configuration.

    Attributes:
        folder: the work tree.
    """

    def __init__(self, folder: Path) -> None:
        if which("git") is None:
            raise InstallerError("The patch tools need git, which is not here.")
        self.folder = folder

    def try_run(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Runs a command; its exit code, output and error output."""
        steady = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            # never the repository around us: the work tree lies below a checkout
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "GIT_AUTHOR_NAME": _WHO,
            "GIT_AUTHOR_EMAIL": "patches@thimble.invalid",
            "GIT_COMMITTER_NAME": _WHO,
            "GIT_COMMITTER_EMAIL": "patches@thimble.invalid",
            "GIT_AUTHOR_DATE": _WHEN,
            "GIT_COMMITTER_DATE": _WHEN,
            "LC_ALL": "C",
            **(env or {}),
        }
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS"):
            steady.pop(name, None)
        command = ["git", "-c", "core.autocrlf=false", "-c", f"core.attributesFile={os.devnull}"]
        command += ["-c", "commit.gpgsign=false", "-c", "core.quotePath=true", "-c", "commit.cleanup=verbatim"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.folder,
            env=steady,
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace")

    def run(self, *arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> str:
        """Runs a command; its output.

        Raises:
            InstallerError: git says no.
        """
        code, output, errors = self.try_run(*arguments, stdin=stdin, env=env)
        if code != 0:
            last = (errors.strip() or output.strip()).splitlines()[-1:]
            raise InstallerError(f"git {arguments[0]} failed in {self.folder}: {' '.join(last)}")
        return output

    def commit(self, message: str, paths: Sequence[str]) -> None:
        """Commits `paths` as they are now: changed, new or gone."""
        self.run("add", "--all", "--force", "--", *paths)
        self.run("commit", "--quiet", "--allow-empty", "--no-verify", "--file=-", stdin=message)
