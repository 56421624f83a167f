"""The bill of materials (CycloneDX): what is in a package, by name, version, licence and hash."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages import system_parts
from installer.packages.facts import NAME, Workshop, epoch, version
from installer.packages.licences import Part, plain
from installer.process import run_logged

FILE_NAME: Final = "sbom.cdx.json"
_MEGABYTE: Final = 1 << 20


def write(
    workshop: Workshop, tools: Environment, python: Path, names: list[str], parts: list[Part], starter: Path
) -> Path:
    """Writes it into the program's folder.

    Args:
        workshop: the build.
        tools: has cyclonedx-bom.
        python: of the environment that was packed.
        names: of the packages that belong to the program.
        parts: all parts with licences; those that are no Python packages are added to what the tool finds.
        starter: the starter model's wheel.

    Raises:
        InstallerError: the tool failed.
    """
    target = workshop.folder / FILE_NAME
    command = [str(tools.python), "-m", "cyclonedx_py", "environment", "--output-reproducible", "--of", "JSON"]
    command += ["--sv", "1.6", "--pyproject", str(workshop.root / "pyproject.toml"), "--mc-type", "application"]
    command += ["--output-file", str(target), str(python)]
    code, output = run_logged(command)
    if code != 0:
        last = (output.strip().splitlines() or ["no output"])[-1]
        raise InstallerError(f"The bill of materials could not be made: {last}")
    bill: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    target.unlink()
    complete(bill, names, parts, starter)
    bill["metadata"]["component"]["version"] = version(workshop.root)
    system = [_system(part, workshop) for part in system_parts.of(workshop)]
    bill["components"] = sorted([*bill["components"], *system], key=lambda one: (one["name"].lower(), one["version"]))
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
            "licenses": [{"license": {"id": part.licence}}],
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
            {"name": f"{NAME}:file", "value": f"{name} sha256:{_sha256(workshop.internals / name)}"}
            for name in part.files
        ],
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_MEGABYTE):
            digest.update(chunk)
    return digest.hexdigest()


def problems(path: Path, internals: Path) -> list[str]:
    """What the bill does not account for: importable packages in the folder that it does not name.

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
    return found
