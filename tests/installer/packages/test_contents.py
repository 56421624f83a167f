"""What goes into the program's folder."""

from __future__ import annotations

import pytest

from installer.packages.contents import assets, wanted
from installer.places import ROOT

SITE = "/build/venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqwayland.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/imageformats/libqjpeg.so",
        "PySide6/Qt/translations/qtbase_de.qm",
        "qtawesome/fonts/phosphor-1.3.0.ttf",
        "thimble/assets/translations/thimble_de.qm",
        "llama_cpp/lib/libllama.so",
        "llama_cpp/lib/variants/avx2/libggml-cpu.so",
        "numpy.libs/libscipy_openblas64_-abc.so",
    ],
)
def test_what_the_window_uses_goes_in(target: str) -> None:
    assert wanted(target, f"{SITE}/{target}")


@pytest.mark.parametrize(
    "target",
    [
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/Qt/translations/qtbase_fr.qm",
        "PySide6/Qt/qml/QtQuick/qmldir",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "qtawesome/fonts/fontawesome6-solid-webfont-6.7.2.ttf",
        "numpy/_core/tests/data.txt",
    ],
)
def test_what_nobody_uses_stays_out(target: str) -> None:
    assert not wanted(target, f"{SITE}/{target}")


@pytest.mark.parametrize(
    ("library", "comes"),
    [
        ("libssl.so.3", True),
        ("libxcb-cursor.so.0", True),
        ("libgomp.so.1", True),
        ("libstdc++.so.6", False),
        ("libX11.so.6", False),
        ("libfontconfig.so.1", False),
        ("libgtk-3.so.0", False),
        ("libz.so.1", False),
    ],
)
def test_of_the_systems_libraries_only_those_that_systems_lack_come(library: str, comes: bool) -> None:
    assert wanted(library, f"/lib/x86_64-linux-gnu/{library}") is comes


def test_pythons_own_extensions_come_from_wherever_python_is() -> None:
    path = "/usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so"
    assert wanted("lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", path)


def test_windows_paths_are_paths() -> None:
    assert not wanted("PySide6\\Qt\\translations\\qtbase_fr.qm", "C:\\x")


def test_bundled_files_are_those_that_the_program_reads() -> None:
    names = {path.relative_to(ROOT / "assets").as_posix() for path in assets(ROOT)}
    assert {"catalogue.json", "icons/thimble.svg", "licences/THIRD-PARTY.md"} <= names
    assert not [name for name in names if name.endswith((".ts", ".png", ".py"))]
