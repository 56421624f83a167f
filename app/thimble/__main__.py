"""`python -m thimble`, and the first thing a package runs: the `thimble` command, or one of its own processes."""

from __future__ import annotations

import sys

from thimble import own_process


def main() -> int:
    """Runs what was asked for; returns the exit code."""
    own_process.leave_no_trace()
    if own_process.asked(sys.argv[1:]):
        own_process.become(sys.argv[1:])
        return 0
    from thimble import cli

    return cli.main()


if __name__ == "__main__":
    raise SystemExit(main())
