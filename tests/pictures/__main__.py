"""Takes the pictures anew, each in a process, a home and a size of its own: `python -m tests.pictures [NAME …]`.

Look at each afterwards. The page Performance is not among them: it needs a large model and a computer at rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.pictures.scenes import SCENES

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "screenshots"


def main() -> int:
    """Takes those that are named, or all; the exit code."""
    names = sys.argv[1:] or list(SCENES)
    failed = 0
    for name in names:
        scale = "2" if name == "chat-dark" else "1"
        with tempfile.TemporaryDirectory(prefix="thimble-", dir=Path.home()) as home:
            done = subprocess.run(
                [sys.executable, "-m", "tests.pictures.scenes", name, str(FOLDER / f"{name}.png")],
                env={**os.environ, "THIMBLE_HOME": home, "QT_SCALE_FACTOR": scale},
                check=False,
                timeout=600,
            )
        sys.stdout.write(f"{name}: {'taken' if done.returncode == 0 else 'failed'}\n")
        failed += done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
