"""Thimble: a desktop assistant for language models bigger than the memory you give them."""

from typing import Final

__version__: Final = "0.1.0"
