"""`python3 -m installer package`: what people install who have no Python and no compiler (docs/packages.md)."""
