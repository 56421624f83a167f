"""What wheels have inside besides themselves: other people's libraries, fonts and crates, with their licence texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from installer.errors import InstallerError

_SHARED: Final = re.compile(r"^(lib[A-Za-z0-9_+]+?)(?:-[0-9.]+)?(?:-[0-9a-f]{8})+[^.]*\.so(?:\.([\d.]+))?$")
"""As auditwheel renames them: libpng16-1d1ba958.so.16.58.0."""
_LICENCE_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*")
_WORDS: Final = {"AND", "OR", "WITH"}
_NOT_TAKEN: Final = {"GPL-2.0-only", "LGPL-2.1-or-later", "Unlicense"}
"""Offered beside a permissive licence ("MIT OR …"), which is the one that is taken."""
_TEXT_OF: Final = {
    "MIT": "MIT.txt",
    "Apache-2.0": "Apache-2.0.txt",
    "LLVM-exception": "LLVM-exception.txt",
    "BSD-2-Clause": "BSD-2-Clause.txt",
    "BSD-3-Clause": "BSD-3-Clause.txt",
    "Zlib": "Zlib.txt",
    "Unicode-3.0": "Unicode-3.0.txt",
    "Unicode-DFS-2016": "Unicode-DFS-2016.txt",
}


@dataclass(frozen=True)
class Guest:
    """Something that came inside a wheel which brings no text of its licence.

    Attributes:
        name: of the part.
        licence: an SPDX expression.
        holder: of the copyright, as the part itself names it.
        texts: files of `texts/`; `@HOLDER@` in them is the holder.
        files: what it is in the program's folder, a pattern; not there, it is not in the package.
        version: finds it in the file's name, or is it.
    """

    name: str
    licence: str
    holder: str
    texts: tuple[str, ...]
    files: str
    version: str


GUESTS: Final = (
    Guest(
        "whisper.cpp and ggml",
        "MIT",
        "2023-2026 The ggml authors",
        ("MIT.txt",),
        "pywhispercpp.libs/lib[wg][hg][im]*",
        r"libwhisper-.*\.so\.([\d.]+)",
    ),
    Guest(
        "GNU OpenMP library of pywhispercpp",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "Free Software Foundation, Inc.",
        ("GCC-exception-3.1.txt", "GPL-3.0-only.txt"),
        "pywhispercpp.libs/libgomp*",
        r"\.so\.([\d.]+)",
    ),
    Guest(
        "STIX Two Math",
        "OFL-1.1",
        "2001-2020 The STIX Fonts Project Authors (https://github.com/stipub/stixfonts)",
        ("OFL-1.1.txt",),
        "ziamath/fonts/STIXTwoMath*",
        "2.11",
    ),
    Guest("DejaVu Sans", "Bitstream-Vera", "Bitstream, Inc.", ("DejaVu.txt",), "ziafont/fonts/DejaVuSans*", "2.37"),
    Guest(
        "Phosphor icons",
        "MIT",
        "2020 Phosphor Icons",
        ("MIT.txt",),
        "qtawesome/fonts/phosphor*.ttf",
        r"phosphor-([\d.]+)\.ttf",
    ),
    Guest(
        "Third-party parts of Qt",
        "LicenseRef-Third-party-parts-of-Qt",
        "",
        ("Qt-third-party.txt", "Apache-2.0.txt"),
        "PySide6/Qt/lib/libQt6Core*",
        "",
    ),
    Guest(
        "ICU",
        "Unicode-DFS-2016",
        "1991-2023 Unicode, Inc.",
        ("Unicode-DFS-2016.txt",),
        "PySide6/Qt/lib/libicu*",
        r"\.so\.([\d.]+)",
    ),
    Guest(
        "libffi of cffi",
        "MIT",
        "1996-2024 Anthony Green, Red Hat, Inc and others",
        ("MIT.txt",),
        "_cffi_backend*",
        "",
    ),
)
LLAMA: Final = {
    "sgemm LICENSE.txt": "2024 Mozilla Foundation",
    "YaRN LICENSE.txt": "2023 Jeffrey Quesnelle and Bowen Peng",
}
"""Functions of ggml under the MIT licence of others: in llamafile/sgemm.cpp and ops.cpp."""


def text(folder: Path, name: str, holder: str) -> bytes:
    """A licence text with who holds the copyright.

    Args:
        folder: of the texts.
        name: of the file.
        holder: for texts that leave the place open, and above those that name nobody.
    """
    found = (folder / name).read_text(encoding="utf-8")
    if "@HOLDER@" in found:
        return found.replace("@HOLDER@", holder).encode()
    return (f"Copyright (c) {holder}\n\n{found}" if holder and holder not in found else found).encode()


def guests(internals: Path) -> list[tuple[Guest, str, list[Path]]]:
    """Those in a program's folder, with their version and files.

    Args:
        internals: the program's `_internal` folder.
    """
    found = []
    for guest in GUESTS:
        files = sorted(path for path in internals.glob(guest.files) if path.is_file())
        if files:
            named = [match[1] for path in files if (match := re.search(guest.version, path.name)) and match.groups()]
            found.append((guest, named[0] if named else re.sub(r"[^\d.]", "", guest.version), files))
    return found


def shared_libraries(internals: Path) -> list[tuple[str, str, str, Path]]:
    """Libraries that wheels bring in a folder beside their package: name, version, wheel, file; no guest's.

    Args:
        internals: the program's `_internal` folder.
    """
    taken = {path for _, _, files in guests(internals) for path in files}
    found = []
    for path in sorted(internals.glob("*.libs/*")):
        match = _SHARED.match(path.name)
        if path not in taken and not path.is_symlink():
            name, version = (match[1], match[2] or "") if match else (path.name, "")
            found.append((name, version, path.parent.name.removesuffix(".libs"), path))
    return found


def crates(wheels_bills: Iterable[Path]) -> list[dict[str, Any]]:
    """What is compiled into a wheel, as the bills of materials that it brings name it, by name.

    Args:
        wheels_bills: its `*.dist-info/sboms/*.json`.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(wheels_bills):
        for one in json.loads(path.read_text(encoding="utf-8")).get("components", []):
            # others are libraries in files of their own, which are looked at themselves, or what might have been there
            if str(one.get("purl", "")).startswith(("pkg:cargo/", "pkg:generic/")):
                found[one["name"], one["version"]] = one
    return [found[key] for key in sorted(found)]


def licences_of(component: Mapping[str, Any]) -> str:
    """Of a component of a bill of materials: an SPDX expression; "" when it says none."""
    told = [
        one.get("expression") or one.get("license", {}).get("id") or one.get("license", {}).get("name") or ""
        for one in component.get("licenses", [])
    ]
    return " AND ".join(one for one in told if one)


def text_of_crates(folder: Path, wheel: str, found: Iterable[Mapping[str, Any]]) -> bytes:
    """Their names, authors and licences, and the texts of all those licences.

    Args:
        folder: of the texts.
        wheel: they are compiled into.
        found: see `crates`.

    Raises:
        InstallerError: a licence is new here, and its text missing.
    """
    lines, names = [f"Compiled into {wheel}, as its own bill of materials says:", ""], set[str]()
    for one in found:
        # OpenSSL's entry names no licence; since version 3 it is this one
        licence = licences_of(one) or ("Apache-2.0" if one["name"] == "openssl" else "")
        author = str(one.get("author") or f"The {one['name']} authors")
        lines += [f"{one['name']} {one['version']}", f"  Copyright (c) {author}", f"  {licence}"]
        wanted = set(_LICENCE_NAME.findall(licence)) - _WORDS - _NOT_TAKEN
        unknown = sorted(wanted - _TEXT_OF.keys())
        if unknown or not wanted:
            raise InstallerError(
                f"{one['name']}, inside {wheel}, is under {licence or 'no licence that it names'}: there is no text of "
                f"{', '.join(unknown) or 'that'} in installer/packages/texts."
            )
        names |= wanted
    for name in sorted(names):
        lines += ["", "-" * 20 + f" {name} " + "-" * 20, ""]
        found_text = (folder / _TEXT_OF[name]).read_text(encoding="utf-8")
        lines.append(found_text.replace("@HOLDER@", "those who are named above").strip())
    return ("\n".join(lines) + "\n").encode()
