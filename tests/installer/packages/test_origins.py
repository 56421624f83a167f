"""Licences and the bill of materials."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from installer.errors import InstallerError
from installer.packages import bill, licences, system_parts
from installer.packages.facts import Workshop
from installer.packages.licences import Part
from installer.packages.smoke import _CONNECT, _SENT


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def sources(workshop: Workshop, tmp_path: Path) -> tuple[Path, Path]:
    """The starter model's wheel and the engine's source distribution."""
    wheel = tmp_path / "llm_starter-0.1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("llm_starter/LICENSE", "Apache")
    upstream = workshop.root / "engine_patches"
    upstream.mkdir()
    (upstream / "upstream.json").write_text(json.dumps({"package": "tiny", "version": "1.0", "sha256": "0" * 64}))
    source = tmp_path / "tiny-1.0.tar.gz"
    texts = tmp_path / "LICENSE"
    texts.write_text("MIT of llama.cpp")
    with tarfile.open(source, "w:gz") as packed:
        packed.add(texts, "tiny-1.0/vendor/llama.cpp/LICENSE")
        packed.add(texts, "tiny-1.0/vendor/llama.cpp/vendor/json/LICENSE.md")
        packed.add(texts, "tiny-1.0/vendor/llama.cpp/tests/LICENSE-of-tests")
    return wheel, source


def distribution(site: Path, name: str, *, texts: dict[str, str], fields: str = "") -> None:
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{fields}\n")
    for file, text in texts.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text)
    names = [*texts, "METADATA", "RECORD"]
    (folder / "RECORD").write_text("".join(f"{folder.name}/{file},,\n" for file in names))


def test_texts_are_collected_from_each_packages_own_metadata(
    workshop: Workshop, site: Path, sources: tuple[Path, Path]
) -> None:
    distribution(site, "Some_Thing", texts={"licenses/LICENSE.txt": "MIT", "licenses/AUTHORS": "Ann"})
    distribution(site, "pyinstaller", texts={"COPYING.txt": "GPL"})
    distribution(site, "shiboken6", texts={})
    distribution(site, "latex2mathml", texts={}, fields="License: MIT\n")
    parts = licences.collect(workshop, site, ["some-thing", "shiboken6", "latex2mathml"], *sources)
    found = {part.name: part for part in parts}
    assert found["some-thing"].texts == {"LICENSE.txt": b"MIT", "AUTHORS": b"Ann"}
    assert "pyinstaller" not in found
    assert b"LGPL-3.0-only" in found["shiboken6"].texts["LICENSE.md"]
    assert b"Ronie Martinez" in found["latex2mathml"].texts["LICENSE.txt"]
    own = ["LICENSE", "YaRN LICENSE.txt", "sgemm LICENSE.txt", "vendor_json_LICENSE.md"]
    assert sorted(found["llama.cpp and ggml"].texts) == own
    assert found["SmolLM2-135M-Instruct"].version == "0.1.2"
    licences.write(workshop, parts)
    assert (workshop.licences / "some-thing 1.0" / "some-thing LICENSE.txt").read_text() == "MIT"
    assert (workshop.licences / "LGPL-3.0-only.txt").is_file()


def test_a_package_without_a_licence_text_stops_the_build(
    workshop: Workshop, site: Path, sources: tuple[Path, Path]
) -> None:
    distribution(site, "secretive", texts={})
    with pytest.raises(InstallerError, match="secretive"):
        licences.collect(workshop, site, ["secretive"], *sources)


def test_libraries_of_the_system_are_told_from_the_programs_own(workshop: Workshop) -> None:
    for name in ("libssl.so.3", "libpython3.11.so.1.0", "libQt6Core.so.6", "thimble.txt"):
        (workshop.internals / name).touch()
    found = system_parts._libraries(workshop.internals, systems_python=True)
    assert found == ["libpython3.11.so.1.0", "libssl.so.3"]
    assert system_parts._libraries(workshop.internals, systems_python=False) == ["libssl.so.3"]


@pytest.fixture
def made() -> dict[str, Any]:
    """What the tool finds in an environment."""
    names = ["Some_Thing", "pyinstaller"]
    return {
        "metadata": {"component": {"bom-ref": "root", "name": "thimble"}},
        "components": [
            {
                "bom-ref": name,
                "name": name,
                "version": "1.0",
                "externalReferences": [{"url": "file:///home/ann/x.whl"}, {"url": "https://example.org"}],
            }
            for name in names
        ],
        "dependencies": [{"ref": "root", "dependsOn": names}, {"ref": "pyinstaller"}],
    }


def test_the_bill_names_what_is_in_the_package_and_not_what_built_it(made: dict[str, Any], tmp_path: Path) -> None:
    wheel = tmp_path / "starter.whl"
    wheel.write_bytes(b"")
    parts = [
        Part("some-thing", "1.0", "MIT", {}),
        Part("Python", "3.11.7", "PSF-2.0", {}),
        Part("SmolLM2-135M-Instruct", "0.1.2", "Apache-2.0", {}),
    ]
    bill.complete(made, ["some-thing"], parts, wheel)
    names = {one["name"]: one for one in made["components"]}
    assert sorted(names) == ["Python", "SmolLM2-135M-Instruct", "Some_Thing"]
    assert names["Some_Thing"]["externalReferences"] == [{"url": "https://example.org"}]
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert names["SmolLM2-135M-Instruct"]["hashes"] == [{"alg": "SHA-256", "content": empty}]
    assert made["dependencies"] == [{"ref": "root", "dependsOn": ["Some_Thing"]}]


def textless(tmp_path: Path, *components: dict[str, Any]) -> list[str]:
    """What is said against a bill of these and of Python, which has its text."""
    texts = tmp_path / "thimble" / "assets" / "licences"
    for name in ("Python 3.11.2/LICENSE.txt", "wheel 1.0/wheel LICENSE"):
        (texts / name).parent.mkdir(parents=True, exist_ok=True)
        (texts / name).write_text("MIT")
    every: list[dict[str, Any]] = [{"name": "Python"}, *components]
    bill.point_to_texts(every, {"python": "Python 3.11.2", "wheel": "wheel 1.0"})
    path = tmp_path / "bill.json"
    path.write_text(json.dumps({"components": every}))
    return bill.problems(path, tmp_path)


def test_what_is_in_the_folder_and_not_in_the_bill_is_said(tmp_path: Path) -> None:
    for name in ("wheel-1.0", "stow.away-2.0"):
        (tmp_path / f"{name}.dist-info").mkdir()
    found = textless(tmp_path, {"name": "wheel"})
    assert found == ["stow-away is in the folder and not in the bill of materials."]


def test_a_component_without_a_licence_text_is_said(tmp_path: Path) -> None:
    within = [{"name": bill.INSIDE, "value": "wheel"}]
    assert textless(tmp_path, {"name": "libpng", "properties": within}) == []
    assert "libodd is" in textless(tmp_path, {"name": "libodd"})[0]


def test_crates_need_the_text_that_names_their_authors(tmp_path: Path) -> None:
    crate = {"name": "syn", "purl": "pkg:cargo/syn@1", "properties": [{"name": bill.INSIDE, "value": "wheel"}]}
    assert len(textless(tmp_path, json.loads(json.dumps(crate)))) == 1
    (tmp_path / "thimble" / "assets" / "licences" / "wheel 1.0" / "wheel crates.txt").write_text("syn by Ann")
    assert textless(tmp_path, crate) == []


def test_texts_that_only_debian_has_come_along(workshop: Workshop) -> None:
    part = Part("libx", "1", "", {"copyright": b"See /usr/share/common-licenses/GPL-3."})
    licences.write(workshop, [part])
    there = Path("/usr/share/common-licenses/GPL-3").is_file()
    assert (workshop.licences / "Common licences" / "GPL-3").is_file() is there


def test_addresses_are_read_from_what_strace_writes() -> None:
    log = (
        '12 connect(9, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16) = 0\n'
        '12 connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0\n'
        "12 connect(9, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
        'inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 ENETUNREACH\n'
        '12 sendto(5, "q", 1, 0, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, 16) = 1\n'
    )
    assert _CONNECT.findall(log) == ["192.0.2.7", "2001:db8::1"]
    assert _SENT.findall(log) == ["192.0.2.53"]
