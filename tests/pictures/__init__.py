"""The pictures of the README and the docs, taken of the real window: `python -m tests.pictures [NAME …]`."""
