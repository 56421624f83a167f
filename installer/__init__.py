"""Installs, builds, checks and tests Thimble with nothing but Python's standard library."""
