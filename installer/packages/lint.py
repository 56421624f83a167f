"""What the checkers of desktops and of Debian say against a package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.packages import share_tree
from installer.process import run_logged

_SEVERE: Final = ("E: ", "W: ")


def desktops(share: Path) -> str:
    """`desktop-file-validate` and `appstreamcli`, on what the package was made with.

    Raises:
        InstallerError: they found something.
    """
    found = share_tree.problems(share)
    if found:
        raise InstallerError(" ".join(found))
    return ""


def debian(package: Path) -> str:
    """lintian, with the package's own overrides; each has its reason beside it (`share/lintian-overrides`).

    Raises:
        InstallerError: it found an error or warns of something.
    """
    options = ["--show-overrides", "--display-info", "--no-tag-display-limit", "--allow-root"]
    _, output = run_logged(["lintian", *options, str(package)])
    lines = output.splitlines()
    severe = [line for line in lines if line.startswith(_SEVERE)]
    if severe:
        raise InstallerError(f"{len(severe)} found: {'; '.join(severe[:8])}")
    unfounded = [line for line in lines if "unused-override" in line or "mismatched-override" in line]
    if unfounded:
        raise InstallerError(f"Overrides of nothing: {'; '.join(unfounded[:4])}")
    return f"{sum(line.startswith('O: ') for line in lines)} overridden"
