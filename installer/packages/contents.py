"""What of all that is installed goes into the program's folder: PyInstaller asks for each file (`thimble.spec`)."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

QT_PLUGINS: Final = (
    "platforms/libqxcb.so",
    "platforms/libqwayland*.so",
    "platforms/libqoffscreen.so",
    "platforms/libqminimal.so",
    "platforms/*.dll",
    "platforms/*.dylib",
    "platformthemes/*",
    "platforminputcontexts/libcompose*",
    "platforminputcontexts/libibus*",
    "iconengines/*svg*",
    "imageformats/*qjpeg*",
    "imageformats/*qgif*",
    "imageformats/*qwebp*",
    "imageformats/*qsvg*",
    "styles/*",
    "wayland-decoration-client/*",
    "wayland-graphics-integration-client/libqt-plugin-wayland-egl.so",
    "wayland-graphics-integration-client/libdmabuf-server.so",
    "wayland-shell-integration/libxdg-shell.so",
    "xcbglintegrations/*",
)
"""Qt's plugins that the window uses: X11, Wayland, the desktops' own dialogs, typing, pictures that people attach."""

QT_LANGUAGES: Final = ("qtbase_de.qm",)

LEFT_OUT: Final = (
    "*/PySide6/Qt/translations/*",
    "*/PySide6/Qt/qml/*",
    "*/PySide6/Qt/plugins/*",
    "*/qtawesome/fonts/*",
    "*/numpy/*/tests/*",
    "*/docx/templates/*",
    "*/lxml/isoschematron/*",
    "*/lxml/includes/*",
    "*/*.pyi",
    "*/*.pyx",
    "*/*.pxd",
    "*/*.h",
    "*/libQt6Pdf.so*",
    "*/libQt6Qml*.so*",
    "*/libQt6Quick*.so*",
    "*/libQt6VirtualKeyboard*.so*",
    "*/libQt6Eglfs*.so*",
    "*/PySide6/QtOpenGL*.so",
    "*/PIL/_avif*",
    "*/PIL/_imagingtk*",
    "*/pillow.libs/libavif*",
)
"""Not used: other languages than ours, QML, icon fonts besides Phosphor, plugins for embedded devices, what only
compilers read."""

KEPT: Final = (
    *(f"*/PySide6/Qt/translations/{name}" for name in QT_LANGUAGES),
    *(f"*/PySide6/Qt/plugins/{name}" for name in QT_PLUGINS),
    "*/qtawesome/fonts/phosphor*",
)
"""Exceptions from `LEFT_OUT`."""

OWN_SYSTEM_LIBRARIES: Final = (
    "libpython3*",
    "libcrypto.so*",
    "libssl.so*",
    "libffi.so*",
    "libsqlite3.so*",
    "libbz2.so*",
    "liblzma.so*",
    "libmpdec.so*",
    "libgomp.so*",
    "libxcb-cursor.so*",
    "libxcb-icccm.so*",
    "libxcb-image.so*",
    "libxcb-keysyms.so*",
    "libxcb-render-util.so*",
    "libxcb-util.so*",
    "libxkbcommon-x11.so*",
    "libxkbcommon.so*",
)
"""Libraries of the building system that come along: what Python needs, in the version it was built with, and small
parts of X that many systems lack. All others are the running system's own: a copy of its C++ library or of its graphics
stack would stand in the way of its drivers."""

MODULES_LEFT_OUT: Final = (
    "tkinter",
    "_tkinter",
    "turtle",
    "idlelib",
    "lib2to3",
    "ensurepip",
    "pydoc_data",
    "test",
    "pip",
    "setuptools",
    "pkg_resources",
    "readline",
    "llama_cpp.server",
    "numpy.f2py",
    "numpy.distutils",
    "numpy.testing",
    "IPython",
    "qtpy",
    "PIL.ImageTk",
    "PIL.ImageQt",
    "PIL._avif",
    "lxml.isoschematron",
    "PySide6.QtQml",
    "PySide6.QtQuick",
    "PySide6.QtOpenGL",
    "PySide6.QtPdf",
)
"""Python modules that something imports if it is there, and that nothing here needs."""


ASSETS_LEFT_OUT: Final = ("screenshots/*", "*/recipe/*", "*/data/*", "*.ts")
"""What is there to be read in the repository, or to make the others from."""


def assets(root: Path) -> list[Path]:
    """The bundled files of a checkout."""
    folder = root / "assets"
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return [path for path in found if not _any(path.relative_to(folder).as_posix(), ASSETS_LEFT_OUT)]


def _any(path: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def wanted(target: str, source: str, system_folders: Iterable[str] = ("/lib", "/usr", "/lib64")) -> bool:
    """Whether a file goes into the package.

    Args:
        target: its path inside the program's folder.
        source: where it was found.
        system_folders: libraries from there are the system's.
    """
    path = "/" + target.replace("\\", "/").removeprefix("/")
    if _any(path, LEFT_OUT) and not _any(path, KEPT):
        return False
    name = PurePosixPath(path).name
    if any(source.startswith(f"{folder}/") for folder in system_folders) and ".so" in name:
        return "/lib-dynload/" in source or _any(name, OWN_SYSTEM_LIBRARIES)
    return True
