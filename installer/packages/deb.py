"""The .deb: the program's folder below /usr/lib, what desktops read below /usr/share, dependencies as dpkg finds them.

It has no maintainer scripts: the caches of menus, file types and icons are refreshed by the triggers of the packages
that own them, and nothing else has to happen, neither at installation nor at removal.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import textwrap
import time
from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.packages import system_parts
from installer.packages.facts import (
    DOWNLOAD_BUDGET,
    MAINTAINER,
    NAME,
    SUMMARY,
    Workshop,
    check_budget,
    debian_architecture,
    epoch,
    size,
    version,
)
from installer.process import run_logged, which

_DESCRIPTION: Final = """\
Thimble runs language models on this computer, within a memory limit that its user sets. Of a Mixture-of-Experts model
that is bigger than the limit it keeps in memory what fits, and reads the rest from the SSD as it is needed.

It comes with its own Python, Qt and engine, and with a small model for a first try. It makes no connection to the
network unless it is asked to, and starts nothing with the computer.
"""
_OPENED_LATE: Final = (
    "libegl1",
    "libgl1",
    "libfontconfig1",
    "libdbus-1-3",
    "fonts-dejavu-core | fonts-freefont-ttf | fonts-liberation",
)
"""Needed although no file says so: Qt opens graphics when the window is made, and text needs a font."""
_WAYLAND: Final = ("libwayland-client0", "libwayland-cursor0", "libwayland-egl1")
_RECOMMENDS: Final = ("xdg-utils", "gnome-keyring | kwalletmanager | keepassxc", *_WAYLAND)
_SUGGESTS: Final = ("speech-dispatcher", "espeak-ng")

_FIELD: Final = re.compile(r"^shlibs:Depends=(.*)$", re.MULTILINE)
_ELF: Final = b"\x7fELF"


def build(workshop: Workshop, share: Path) -> Path:
    """Makes it.

    Args:
        workshop: the build; its program's folder is whole.
        share: see `share_tree`.

    Returns:
        The file.

    Raises:
        InstallerError: dpkg's tools are missing or failed, or it is too big.
    """
    if which("dpkg-deb") is None or which("dpkg-shlibdeps") is None:
        raise InstallerError("A .deb is made with dpkg-deb and dpkg-shlibdeps.", "apt-get install dpkg-dev")
    tree = workshop.scratch("deb")
    program = tree / "usr" / "lib" / NAME
    shutil.copytree(workshop.program, program, symlinks=True)
    shutil.copytree(share, tree / "usr" / "share", symlinks=True)
    link = tree / "usr" / "bin" / NAME
    link.parent.mkdir()
    link.symlink_to(f"../lib/{NAME}/{NAME}")
    overrides = tree / "usr" / "share" / "lintian" / "overrides" / NAME
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(workshop.sources / "share" / "lintian-overrides", overrides)
    _documents(workshop, tree / "usr" / "share" / "doc" / NAME)
    _permissions(tree)
    _control(workshop, tree, dependencies(workshop, program))
    return pack(workshop, tree, "xz")


def pack(workshop: Workshop, tree: Path, compression: str) -> Path:
    """Makes the file of a folder that has everything.

    Args:
        workshop: the build.
        tree: with `DEBIAN/control`.
        compression: as `dpkg-deb -Z` knows it.
    """
    workshop.products.mkdir(parents=True, exist_ok=True)
    target = workshop.products / f"{NAME}_{version(workshop.root)}_{debian_architecture()}.deb"
    _same_time(tree, epoch(workshop.root))
    command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(tree), str(target)]
    code, output = run_logged(command, env={"SOURCE_DATE_EPOCH": str(epoch(workshop.root))})
    if code != 0:
        raise InstallerError(f"dpkg-deb failed: {output.strip()[-300:]}")
    check_budget(target.name, target.stat().st_size, DOWNLOAD_BUDGET)
    return target


def dependencies(workshop: Workshop, program: Path) -> list[str]:
    """What the program's files need of the system, with the versions they need, as dpkg-shlibdeps finds it.

    Args:
        workshop: the build.
        program: the folder with the files.

    Raises:
        InstallerError: a library is neither in the folder nor in any installed package.
    """
    work = workshop.scratch("shlibdeps")
    (work / "debian").mkdir()
    (work / "debian" / "control").write_text(
        f"Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\n", encoding="utf-8"
    )
    files = [path for path in sorted(program.rglob("*")) if _is_elf(path)]
    folders = sorted({str(path.parent) for path in files})
    # plugins for desktops that have their libraries, such as GTK, must not make everybody install those
    optional = [path for path in files if _for_some_desktops(path)]
    command = ["dpkg-shlibdeps", "-O", "--ignore-missing-info", *(f"-l{folder}" for folder in folders)]
    command += [f"-x{part.package}" for part in system_parts.of(workshop)]  # they are in the folder
    command += [str(path) for path in files if path not in optional]
    code, output = run_logged(command, cwd=work)
    found = _FIELD.search(output)
    if code != 0:
        wrong = [line for line in output.splitlines() if "error" in line]
        raise InstallerError(f"The .deb's dependencies could not be found: {' '.join(wrong)[-400:]}")
    needed = [one.strip() for one in found[1].split(",")] if found is not None else []
    names = {one.split()[0] for one in needed}
    return sorted([*needed, *(one for one in _OPENED_LATE if one.split()[0] not in names)])


def _for_some_desktops(path: Path) -> bool:
    return path.parent.name == "platformthemes" or any(
        word in f"{path.parent.name}/{path.name}".lower() for word in ("wayland", "wlshell")
    )


def _is_elf(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


def _documents(workshop: Workshop, folder: Path) -> None:
    folder.mkdir(parents=True)
    own = (workshop.root / "LICENSE").read_text(encoding="utf-8")
    body = textwrap.indent("\n".join(line or "." for line in own.strip().splitlines()), " ")
    (folder / "copyright").write_text(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: Thimble\n"
        f"Comment: Everything bundled keeps its own licence. The texts are in\n"
        f" /usr/lib/{NAME}/_internal/{NAME}/assets/licences, one folder for each part, and in the window under\n"
        f" Settings, About; the bill of materials is /usr/lib/{NAME}/_internal/{NAME}/assets/sbom.cdx.json.\n"
        "\nFiles: *\nCopyright: The Thimble developers\nLicense: Expat\n"
        f"{body}\n",
        encoding="utf-8",
    )
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(epoch(workshop.root)))
    entry = (
        f"{NAME} ({version(workshop.root)}) stable; urgency=medium\n\n  * See CHANGELOG.md of Thimble's sources.\n\n"
    )
    entry += f" -- {MAINTAINER}  {date}\n"
    (folder / "changelog.gz").write_bytes(gzip.compress(entry.encode(), 9, mtime=0))
    news = (workshop.root / "CHANGELOG.md").read_bytes()
    (folder / "NEWS.md.gz").write_bytes(gzip.compress(news, 9, mtime=0))


def _control(workshop: Workshop, tree: Path, depends: list[str]) -> None:
    folder = tree / "DEBIAN"
    folder.mkdir()
    description = "\n .\n".join(
        "\n".join(f" {line}" for line in textwrap.wrap(paragraph, 76)) for paragraph in _DESCRIPTION.split("\n\n")
    )
    fields = {
        "Package": NAME,
        "Version": version(workshop.root),
        "Architecture": debian_architecture(),
        "Maintainer": MAINTAINER,
        "Installed-Size": str((size(tree / "usr") + 1023) // 1024),
        "Depends": ", ".join(depends),
        "Recommends": ", ".join(_RECOMMENDS),
        "Suggests": ", ".join(_SUGGESTS),
        "Section": "utils",
        "Priority": "optional",
        "Description": f"{SUMMARY}\n{description}",
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (folder / "control").write_text(text, encoding="utf-8")
    sums = [
        f"{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(tree).as_posix()}\n"
        for path in sorted(tree.rglob("*"))
        if path.is_file() and not path.is_symlink() and folder not in path.parents
    ]
    (folder / "md5sums").write_text("".join(sums), encoding="utf-8")


def _permissions(tree: Path) -> None:
    program = tree / "usr" / "lib" / NAME / NAME
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == program else 0o644)
    tree.chmod(0o755)


def _same_time(tree: Path, seconds: int) -> None:
    """Every file and folder bears the same time, so that the same contents make the same package."""
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (seconds, seconds), follow_symlinks=False)
