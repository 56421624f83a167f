"""What is inside wheels besides themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from installer.errors import InstallerError
from installer.packages import inside
from installer.places import ROOT

TEXTS = ROOT / "installer" / "packages" / "texts"


@pytest.fixture
def internals(tmp_path: Path) -> Path:
    """What PyInstaller leaves of some wheels; links beside the program point to libraries."""
    for name in (
        "pywhispercpp.libs/libwhisper-1ab89ae8.so.1.8.5",
        "pywhispercpp.libs/libggml-cpu-67036419.so.0.13.1",
        "pywhispercpp.libs/libgomp-e985bcbb.so.1.0.0",
        "pillow.libs/libpng16-1d1ba958.so.16.58.0",
        "numpy.libs/libgfortran-040039e1-0352e75f.so.5.0.0",
        "qtawesome/fonts/phosphor-1.3.0.ttf",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "libpng16-1d1ba958.so.16.58.0").symlink_to("pillow.libs/libpng16-1d1ba958.so.16.58.0")
    return tmp_path


def test_guests_are_those_whose_files_are_there(internals: Path) -> None:
    found = {guest.name: (version, len(files)) for guest, version, files in inside.guests(internals)}
    assert found == {
        "whisper.cpp and ggml": ("1.8.5", 2),
        "GNU OpenMP library of pywhispercpp": ("1.0.0", 1),
        "Phosphor icons": ("1.3.0", 1),
    }


def test_libraries_beside_a_package_are_named_with_their_versions(internals: Path) -> None:
    found = [entry[:3] for entry in inside.shared_libraries(internals)]
    assert found == [("libgfortran", "5.0.0", "numpy"), ("libpng16", "16.58.0", "pillow")]


@pytest.mark.parametrize("guest", inside.GUESTS, ids=lambda guest: guest.name)
def test_every_guest_has_texts_that_name_who_holds_the_copyright(guest: inside.Guest) -> None:
    texts = [inside.text(TEXTS, name, guest.holder).decode() for name in guest.texts]
    assert all(len(text) > 500 for text in texts)
    assert guest.holder in texts[0]
    assert "@HOLDER@" not in "".join(texts)


def crate(name: str, licence: str, purl: str = "pkg:cargo/x@1") -> dict[str, object]:
    told = [{"expression": licence}] if licence else []
    return {"name": name, "version": "1.0", "purl": purl, "author": "Ann", "licenses": told}


def test_crates_are_read_from_the_wheels_own_bills(tmp_path: Path) -> None:
    entries = [
        crate("syn", "MIT"),
        crate("openssl", "", "pkg:generic/openssl@4"),
        crate("libimagequant", "GPL-3.0", ""),
    ]
    (tmp_path / "b.json").write_text(json.dumps({"components": entries}))
    (tmp_path / "a.json").write_text(json.dumps({"components": [entries[0]]}))
    assert [one["name"] for one in inside.crates(tmp_path.glob("*.json"))] == ["openssl", "syn"]


def test_the_text_of_crates_has_the_authors_and_the_licences_that_are_taken() -> None:
    found = [
        crate("one", "(MIT OR Apache-2.0) AND Unicode-3.0"),
        crate("two", "Unlicense OR Zlib"),
        crate("openssl", "", "pkg:generic/openssl@4"),
    ]
    text = inside.text_of_crates(TEXTS, "wheel", found).decode()
    assert "one 1.0\n  Copyright (c) Ann\n" in text
    headings = [line.strip("- ") for line in text.splitlines() if line.startswith("-" * 20 + " ")]
    assert headings == ["Apache-2.0", "MIT", "Unicode-3.0", "Zlib"]


@pytest.mark.parametrize("licence", ["Beerware", "", "MIT AND Beerware"])
def test_a_licence_that_is_new_stops_the_build(licence: str) -> None:
    with pytest.raises(InstallerError, match="odd, inside wheel"):
        inside.text_of_crates(TEXTS, "wheel", [crate("odd", licence)])
