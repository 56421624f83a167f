"""The licence texts of everything in the program's folder, collected from where each thing came from."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path, PurePosixPath
from typing import Final

from installer.errors import InstallerError
from installer.packages import system_parts
from installer.packages.facts import Workshop
from installer.sdist import Upstream

_TEXT: Final = re.compile(r"^(licen[cs]es?|copying|notices?|authors|copyright)([-._].*)?$", re.IGNORECASE)
_WITHOUT_TEXT: Final = {"latex2mathml": "Ronie Martinez"}
"""Packages under the MIT licence that bring no text: who holds the copyright, as their metadata say."""
_QT: Final = ("pyside6-essentials", "shiboken6")
"""Packages under the LGPL that bring no text; ours are the texts of that licence."""
_ENGINE_TEXTS: Final = re.compile(
    r"^(LICEN[CS]E(\.md|\.txt)?|vendor/llama\.cpp/(LICENSE|licenses/[^/]+|vendor/.*/LICEN[CS]E(\.md|\.txt)?))$"
)


@dataclass(frozen=True)
class Part:
    """Something that is in the folder under a licence of its own.

    Attributes:
        name, version: of the part.
        licence: as its metadata name it; may be empty.
        texts: file name → text.
    """

    name: str
    version: str
    licence: str
    texts: dict[str, bytes]


def collect(workshop: Workshop, site: Path, names: list[str], starter: Path, engine_source: Path) -> list[Part]:
    """All parts with their texts.

    Args:
        workshop: the build; its program's folder is there.
        site: the folder of the packages.
        names: of the packages that belong to the program.
        starter: the starter model's wheel.
        engine_source: the engine's source distribution.

    Raises:
        InstallerError: a part has no licence text.
    """
    found = [
        _package(workshop, one)
        for one in sorted(distributions(path=[str(site)]), key=lambda one: plain(one.metadata["Name"]))
        if plain(one.metadata["Name"]) in names
    ]
    found += [_python(), _llama(workshop, engine_source), _starter(starter), _phosphor(workshop)]
    found += [Part(part.package, part.version, "", {"copyright": part.copyright}) for part in system_parts.of(workshop)]
    without = [part.name for part in found if not part.texts]
    if without:
        raise InstallerError(f"There is no licence text of {', '.join(without)}; see installer/packages/licences.py.")
    return found


def write(workshop: Workshop, parts: list[Part]) -> None:
    """Puts the texts into the program's folder, where its window shows them."""
    for part in parts:
        folder = workshop.licences / f"{part.name} {part.version}".strip().replace("/", "_")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in part.texts.items():
            (folder / f"{part.name} {name}").write_bytes(text)
    for name in ("Qt.md", "LGPL-3.0-only.txt", "GPL-3.0-only.txt"):
        shutil.copyfile(workshop.sources / "texts" / name, workshop.licences / name)


def plain(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(distribution: Distribution) -> str:
    """The licence as the package's metadata name it."""
    told = distribution.metadata
    expression = _first(told, "License-Expression")
    classifiers = [
        line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License ::")
    ]
    short = _first(told, "License").strip()
    return expression or (short if short and "\n" not in short and len(short) < 60 else ", ".join(classifiers))


def _first(told: PackageMetadata, field: str) -> str:
    return next(iter(told.get_all(field) or []), "")


def _package(workshop: Workshop, distribution: Distribution) -> Part:
    name = plain(distribution.metadata["Name"])
    texts: dict[str, bytes] = {}
    for file in distribution.files or []:
        path = PurePosixPath(file.as_posix())
        inside = path.parts[0].endswith(".dist-info")
        if inside and (_TEXT.match(path.name) or "licenses" in path.parts[1:-1]):
            texts["_".join(path.parts[1:]).removeprefix("licenses_")] = Path(str(file.locate())).read_bytes()
    if not texts and name in _WITHOUT_TEXT:
        template = (workshop.sources / "texts" / "MIT.txt").read_text(encoding="utf-8")
        texts["LICENSE.txt"] = template.replace("@HOLDER@", _WITHOUT_TEXT[name]).encode()
    if not texts and name in _QT:
        texts["LICENSE.md"] = (workshop.sources / "texts" / "Qt.md").read_bytes()
    return Part(name, distribution.version, licence_of(distribution), texts)


def _python() -> Part:
    stdlib = Path(sysconfig.get_path("stdlib"))
    places = (
        stdlib / "LICENSE.txt",
        Path(sys.base_prefix) / "LICENSE.txt",
        Path(f"/usr/share/doc/python3.{sys.version_info.minor}/copyright"),
    )
    text = next((place.read_bytes() for place in places if place.is_file()), b"")
    return Part("Python", platform.python_version(), "PSF-2.0", {"LICENSE.txt": text} if text else {})


def _llama(workshop: Workshop, source: Path) -> Part:
    upstream = Upstream.read(workshop.root / "engine_patches")
    texts: dict[str, bytes] = {}
    with tarfile.open(source) as archive:
        for member in archive:
            path = member.name.partition("/")[2]
            if member.isfile() and _ENGINE_TEXTS.match(path):
                file = archive.extractfile(member)
                if file is not None:
                    texts[path.removeprefix("vendor/llama.cpp/").replace("/", "_")] = file.read()
    return Part("llama.cpp and ggml", upstream.version, "MIT", texts)


def _starter(wheel: Path) -> Part:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if PurePosixPath(name).name == "LICENSE"]
        texts = {PurePosixPath(name).name: archive.read(name) for name in names[:1]}
    return Part("SmolLM2-135M-Instruct", wheel.name.split("-")[1], "Apache-2.0", texts)


def _phosphor(workshop: Workshop) -> Part:
    template = (workshop.sources / "texts" / "MIT.txt").read_text(encoding="utf-8")
    return Part(
        "Phosphor icons", "1.3.0", "MIT", {"LICENSE.txt": template.replace("@HOLDER@", "2020 Phosphor Icons").encode()}
    )
