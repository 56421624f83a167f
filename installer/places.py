"""Where the installer reads and writes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE_VARIABLE = "THIMBLE_CACHE"


def cache_dir() -> Path:
    """The folder for downloads, built engines and build logs: everything in it can be made again."""
    chosen = os.environ.get(CACHE_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "thimble"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "thimble" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thimble"


@dataclass(frozen=True)
class Places:
    """The folders one run of the installer works on.

    Attributes:
        root: the checkout.
        cache: downloads, engine wheels, logs, build folders; shared by all checkouts of this user.
    """

    root: Path
    cache: Path

    @classmethod
    def here(cls) -> Places:
        """This checkout and this user's cache."""
        return cls(ROOT, cache_dir())

    @property
    def installer(self) -> Path:
        """Pinned versions and this package."""
        return self.root / "installer"

    @property
    def patches(self) -> Path:
        """Series, patches, our own C++ sources and their tests."""
        return self.root / "engine_patches"

    @property
    def sources(self) -> Path:
        """Source distributions that were fetched and checked."""
        return self.cache / "sources"

    @property
    def wheels(self) -> Path:
        """Built engines, one folder per key."""
        return self.cache / "wheels"

    @property
    def logs(self) -> Path:
        """Build logs."""
        return self.cache / "logs"

    @property
    def builds(self) -> Path:
        """Work in progress; whatever lies here without a running installer is rubbish."""
        return self.cache / "build"

    @property
    def scratch(self) -> Path:
        """Build output that belongs to this checkout (C++ tests, the engine tree of the patch tools)."""
        return self.root / ".thimble"
