"""`python -m thimble.server`: the engine process."""

from __future__ import annotations

import sys

from thimble.server.process import main

if __name__ == "__main__":
    sys.exit(main())
