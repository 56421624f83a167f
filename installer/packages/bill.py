"""The bill of materials (CycloneDX): what is in a package, by name, version, licence and hash."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages import inside, system_parts
from installer.packages.facts import NAME, Workshop, epoch, version
from installer.packages.licences import CRATES, Part, bills_of, plain
from installer.process import run_logged

FILE_NAME: Final = "sbom.cdx.json"
TEXTS: Final = f"{NAME}:licence-texts"
"""The property that names the folder of a component's licence texts, in `assets/licences`."""
INSIDE: Final = f"{NAME}:inside"
"""The property that names the package a component is compiled into, or came with."""
FILE: Final = f"{NAME}:file"
_MEGABYTE: Final = 1 << 20


def write(
    workshop: Workshop,
    tools: Environment,
    environment: Environment,
    site: Path,
    names: list[str],
    parts: list[Part],
    starter: Path,
) -> Path:
    """Writes it into the program's folder.

    Args:
        workshop: the build.
        tools: has cyclonedx-bom.
        environment: that was packed.
        site: its folder of packages.
        names: of the packages that belong to the program.
        parts: all parts with licences; those that are no Python packages are added to what the tool finds.
        starter: the starter model's wheel.

    Raises:
        InstallerError: the tool failed.
    """
    target = workshop.folder / FILE_NAME
    command = [str(tools.python), "-m", "cyclonedx_py", "environment", "--output-reproducible", "--of", "JSON"]
    command += ["--sv", "1.6", "--pyproject", str(workshop.root / "pyproject.toml"), "--mc-type", "application"]
    command += ["--output-file", str(target), str(environment.python)]
    code, output = run_logged(command)
    if code != 0:
        last = (output.strip().splitlines() or ["no output"])[-1]
        raise InstallerError(f"The bill of materials could not be made: {last}")
    bill: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    target.unlink()
    complete(bill, names, parts, starter)
    bill["metadata"]["component"]["version"] = version(workshop.root)
    bill["components"] += [_system(part, workshop) for part in system_parts.of(workshop)]
    bill["components"] += _within(workshop, site, names)
    point_to_texts(bill["components"], {plain(part.name): part.folder for part in parts})
    bill["components"].sort(key=lambda one: (one["name"].lower(), one["version"], one["bom-ref"]))
    bill["metadata"].setdefault("properties", []).append(
        {"name": f"{NAME}:source-date-epoch", "value": str(epoch(workshop.root))}
    )
    path = workshop.licences.parent / FILE_NAME
    path.write_text(json.dumps(bill, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def complete(bill: dict[str, Any], names: list[str], parts: list[Part], starter: Path) -> None:
    """Takes out what only builds, and adds what is no Python package.

    Args:
        bill: of the tool; changed.
        names: of the packages that belong to the program.
        parts: see `licences.collect`.
        starter: the starter model's wheel.
    """
    kept = [one for one in bill.get("components", []) if plain(one["name"]) in names]
    for one in kept:
        # where on the building computer the engine's wheel lay
        told = [entry for entry in one.get("externalReferences", []) if not entry["url"].startswith("file:")]
        if told or "externalReferences" in one:
            one["externalReferences"] = told
    references = {one["bom-ref"] for one in kept} | {bill["metadata"]["component"]["bom-ref"]}
    bill["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", []) if ref in references]}
        for one in bill.get("dependencies", [])
        if one["ref"] in references
    ]
    kinds = {"Python": "platform", "SmolLM2-135M-Instruct": "machine-learning-model"}
    packages = {plain(one["name"]) for one in kept}
    for part in parts:
        if plain(part.name) in packages or not part.licence:
            continue
        made: dict[str, Any] = {
            "type": kinds.get(part.name, "library"),
            "bom-ref": f"{NAME}:{plain(part.name.replace(' ', '-'))}",
            "name": part.name,
            "version": part.version,
            "licenses": [_licence(part.licence)],
        }
        if part.name == "SmolLM2-135M-Instruct":
            made["hashes"] = [{"alg": "SHA-256", "content": _sha256(starter)}]
        kept.append(made)
    bill["components"] = kept


def _system(part: system_parts.SystemPart, workshop: Workshop) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": f"deb:{part.package}",
        "name": part.package,
        "version": part.version,
        "purl": f"pkg:deb/debian/{part.package}@{part.version.replace('+', '%2B').replace(':', '%3A')}",
        "hashes": [],
        "properties": [
            {"name": FILE, "value": f"{name} sha256:{_sha256(workshop.internals / name)}"} for name in part.files
        ],
    }


def _licence(expression: str) -> dict[str, Any]:
    if expression.startswith("LicenseRef-"):
        return {"license": {"name": expression.removeprefix("LicenseRef-").replace("-", " ")}}
    return {"expression": expression} if " " in expression else {"license": {"id": expression}}


def _within(workshop: Workshop, site: Path, names: list[str]) -> list[dict[str, Any]]:
    """What came inside wheels: libraries in files of their own, and what is compiled in."""
    made: list[dict[str, Any]] = []
    for name, number, wheel, path in inside.shared_libraries(workshop.internals):
        file = path.relative_to(workshop.internals).as_posix()
        made.append(
            {
                "type": "library",
                "bom-ref": f"{NAME}:{file}",
                "name": name,
                "version": number,
                "hashes": [{"alg": "SHA-256", "content": _sha256(path)}],
                "properties": [{"name": INSIDE, "value": wheel}, {"name": FILE, "value": file}],
            }
        )
    for one in distributions(path=[str(site)]):
        wheel = plain(one.metadata["Name"])
        for crate in inside.crates(bills_of(one)) if wheel in names else ():
            entry: dict[str, Any] = {
                "type": "library",
                "bom-ref": f"{NAME}:{wheel}:{crate['name']}@{crate['version']}",
                "name": crate["name"],
                "version": crate["version"],
                "purl": re.sub(r"[?#].*", "", crate["purl"]),
                "properties": [{"name": INSIDE, "value": wheel}],
            }
            if inside.licences_of(crate):
                entry["licenses"] = [{"expression": inside.licences_of(crate)}]
            made.append(entry)
    return made


def point_to_texts(components: list[dict[str, Any]], folders: Mapping[str, str]) -> None:
    """Says of each component where its licence texts are.

    Args:
        components: of a bill; changed.
        folders: plain name of a part → its folder.
    """
    for one in components:
        host = next((entry["value"] for entry in one.get("properties", []) if entry["name"] == INSIDE), one["name"])
        folder = folders.get(plain(host))
        if folder is not None:
            one.setdefault("properties", []).append({"name": TEXTS, "value": folder})


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_MEGABYTE):
            digest.update(chunk)
    return digest.hexdigest()


def problems(path: Path, internals: Path) -> list[str]:
    """What is wrong with it: packages in the folder that it does not name, and components without a licence text.

    Args:
        path: the bill.
        internals: the program's `_internal` folder.
    """
    bill = json.loads(path.read_text(encoding="utf-8"))
    named = {plain(one["name"]) for one in bill["components"]}
    folders = [folder.name.removesuffix(".dist-info") for folder in internals.glob("*.dist-info")]
    there = {plain(name.rsplit("-", 1)[0]) for name in folders}
    found = [f"{name} is in the folder and not in the bill of materials." for name in sorted(there - named)]
    if sys.platform.startswith("linux") and "python" not in named:
        found.append("The bill of materials does not name Python.")
    texts = internals / NAME / "assets" / "licences"
    for one in bill["components"]:
        folder = next((entry["value"] for entry in one.get("properties", []) if entry["name"] == TEXTS), "")
        wanted = f"*{CRATES}" if str(one.get("purl", "")).startswith("pkg:cargo/") else "*"
        if not folder or not any(path.stat().st_size for path in (texts / folder).glob(wanted) if path.is_file()):
            found.append(f"{one['name']} is in the bill of materials, and there is no text of its licence.")
    return found
