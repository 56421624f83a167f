"""The models folder: what is in it, and how models get there.

`thimble.library.starter` is a module of its own: it also runs as a program.
"""

from thimble.library.add_file import add_file
from thimble.library.registry import InstalledModel, installed_models, parameters_text

__all__ = ["InstalledModel", "add_file", "installed_models", "parameters_text"]
