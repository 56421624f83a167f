"""Runs in a package before PyInstaller's own hooks: one loads Qt, which ends the process on an old processor."""

from thimble import own_process
from thimble.engine import variants

if variants.refusal() is not None:
    from thimble import cli

    own_process.leave_no_trace()
    raise SystemExit(cli.main())  # says why, in the way that the command line asks for
