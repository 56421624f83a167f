"""The licence texts of everything in the program's folder, collected from where each thing came from."""

from __future__ import annotations

import re
import shutil
import tarfile
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageMetadata, distributions
from pathlib import Path, PurePosixPath
from typing import Final

from installer.errors import InstallerError
from installer.packages import inside, interpreter, system_parts
from installer.packages.facts import Workshop
from installer.sdist import Upstream

_TEXT: Final = re.compile(r"^(licen[cs]es?|copying|notices?|authors|copyright)([-._].*)?$", re.IGNORECASE)
_WITHOUT_TEXT: Final = {"latex2mathml": "Ronie Martinez"}
"""Packages under the MIT licence that bring no text: who holds the copyright, as their metadata say."""
_QT: Final = ("pyside6-essentials", "shiboken6")
"""Packages under the LGPL that bring no text; ours are the texts of that licence."""
_COMMON: Final = Path("/usr/share/common-licenses")
_COMMON_NAMED: Final = re.compile(rb"/usr/share/common-licenses/([A-Za-z0-9.+-]*[A-Za-z0-9])")
"""Where texts of Debian point; other systems have no such folder."""
CRATES: Final = "crates.txt"
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

    @property
    def folder(self) -> str:
        """Where its texts are, in the folder of all."""
        return f"{self.name} {self.version}".strip().replace("/", "_")


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
    found += [_python(workshop), _llama(workshop, engine_source), _starter(starter)]
    texts = workshop.sources / "texts"
    for guest, version, _ in inside.guests(workshop.internals):
        given = {name: inside.text(texts, name, guest.holder) for name in guest.texts}
        found.append(Part(guest.name, version, guest.licence, given))
    found += [Part(part.package, part.version, "", {"copyright": part.copyright}) for part in system_parts.of(workshop)]
    without = [part.name for part in found if not part.texts]
    if without:
        raise InstallerError(f"There is no licence text of {', '.join(without)}; see installer/packages/licences.py.")
    return found


def write(workshop: Workshop, parts: list[Part]) -> None:
    """Puts the texts into the program's folder, where its window shows them."""
    for part in parts:
        folder = workshop.licences / part.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in part.texts.items():
            (folder / f"{part.name} {name}").write_bytes(text)
    every = b"".join(text for part in parts for text in part.texts.values())
    common = workshop.licences / "Common licences"
    for name in sorted({found.decode() for found in _COMMON_NAMED.findall(every)}):
        if (_COMMON / name).is_file():
            common.mkdir(exist_ok=True)
            shutil.copyfile(_COMMON / name, common / name)
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
        own = path.parts[0].endswith(".dist-info")
        if own and (_TEXT.match(path.name) or "licenses" in path.parts[1:-1]):
            texts["_".join(path.parts[1:]).removeprefix("licenses_")] = Path(str(file.locate())).read_bytes()
    ours = workshop.sources / "texts"
    if not texts and name in _WITHOUT_TEXT:
        texts["LICENSE.txt"] = inside.text(ours, "MIT.txt", _WITHOUT_TEXT[name])
    if not texts and name in _QT:
        texts["LICENSE.md"] = (ours / "Qt.md").read_bytes()
    crates = inside.crates(bills_of(distribution))
    if crates:
        texts[CRATES] = inside.text_of_crates(ours, name, crates)
    return Part(name, distribution.version, licence_of(distribution), texts)


def bills_of(distribution: Distribution) -> list[Path]:
    """The bills of materials that a package brings of what is compiled into it."""
    paths = [PurePosixPath(file.as_posix()) for file in distribution.files or []]
    inner = [path for path in paths if path.parts[0].endswith(".dist-info") and "sboms" in path.parts[1:-1]]
    return [Path(str(distribution.locate_file(path))) for path in inner if path.suffix == ".json"]


def _python(workshop: Workshop) -> Part:
    python = interpreter.packed(workshop)
    minor = ".".join(python.version.split(".")[:2])
    places = (
        python.stdlib / "LICENSE.txt",
        python.prefix / "LICENSE.txt",
        Path(f"/usr/share/doc/python{minor}/copyright"),
    )
    text = next((place.read_bytes() for place in places if place.is_file()), b"")
    return Part("Python", python.version, "PSF-2.0", {"LICENSE.txt": text} if text else {})


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
    for name, holder in inside.LLAMA.items():
        texts[name] = inside.text(workshop.sources / "texts", "MIT.txt", holder)
    return Part("llama.cpp and ggml", upstream.version, "MIT", texts)


def _starter(wheel: Path) -> Part:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if PurePosixPath(name).name == "LICENSE"]
        texts = {PurePosixPath(name).name: archive.read(name) for name in names[:1]}
    return Part("SmolLM2-135M-Instruct", wheel.name.split("-")[1], "Apache-2.0", texts)
