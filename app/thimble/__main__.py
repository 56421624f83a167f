"""`python -m thimble` is the `thimble` command."""

from thimble.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
