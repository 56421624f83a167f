"""The tarball: the same folder with everything beside it, to be unpacked anywhere, also where nobody is root."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.packages.facts import DOWNLOAD_BUDGET, Workshop, check_budget, epoch, product_name, version
from installer.process import which

_README: Final = """Thimble {version}

./thimble                the window
./thimble --help         what it can do in a terminal
./integrate.sh           puts Thimble into your menu and opens .gguf files with it; "./integrate.sh remove" undoes that

The folder may lie anywhere and be moved; nothing is installed. To remove Thimble, delete it. Your settings,
conversations and models are elsewhere and stay: ~/.config/thimble and ~/.local/share/thimble.

It needs Linux with glibc {glibc} or newer, X11 or Wayland, and libraries that desktops have: EGL and GL (libglvnd),
libxcb, libX11, fontconfig, D-Bus. Licences: _internal/thimble/assets/licences; what is in it:
_internal/thimble/assets/sbom.cdx.json.
"""


def build(workshop: Workshop, share: Path, glibc: str) -> Path:
    """Makes it.

    Args:
        workshop: the build; its program's folder is whole.
        share: see `share_tree`.
        glibc: the oldest version of the C library that the program runs with.

    Raises:
        InstallerError: xz is missing or failed, or it is too big.
    """
    xz = which("xz")
    if xz is None:
        raise InstallerError("The tarball is packed with xz, which is missing.", "apt-get install xz-utils")
    name = product_name(workshop.root)
    folder = workshop.scratch("tarball") / name
    shutil.copytree(workshop.program, folder, symlinks=True)
    shutil.copytree(share, folder / "share", symlinks=True)
    shutil.copy2(workshop.sources / "share" / "integrate.sh", folder / "integrate.sh")
    shutil.copyfile(workshop.root / "LICENSE", folder / "LICENSE")
    text = _README.format(version=version(workshop.root), glibc=glibc)
    (folder / "README.txt").write_text(text, encoding="utf-8")
    workshop.products.mkdir(parents=True, exist_ok=True)
    target = workshop.products / f"{name}.tar.xz"
    with (
        target.open("wb") as packed,
        # one thread makes one block and more make several: two everywhere, so that all make the same bytes
        subprocess.Popen([xz, "-T2", "-6", "-c"], stdin=subprocess.PIPE, stdout=packed) as xz_run,
    ):
        assert xz_run.stdin is not None  # noqa: S101 - PIPE was asked for
        write(folder, xz_run.stdin, epoch(workshop.root))
        xz_run.stdin.close()
    if xz_run.returncode != 0:
        target.unlink()
        raise InstallerError("xz failed; is the disk full?")
    check_budget(target.name, target.stat().st_size, DOWNLOAD_BUDGET)
    return target


def write(folder: Path, out: object, seconds: int) -> None:
    """Writes a folder as a tar stream: in the order of names, nobody's, all of one time.

    Args:
        folder: what to pack; its own name is the top.
        out: where to, a binary file.
        seconds: the time.
    """

    def nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = seconds
        program = member.name.count("/") == 1 and member.name.endswith(("/thimble", ".sh"))
        member.mode = 0o755 if member.isdir() or member.issym() or program else 0o644
        return member

    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        for path in [folder, *sorted(folder.rglob("*"))]:
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}".removesuffix("/.")
            archive.add(path, arcname=name, recursive=False, filter=nobody)
