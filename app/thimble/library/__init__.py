"""Models: which are here, how they get here from this computer or from a hub, and how they go.

`thimble.library.starter` is a module of its own: it also runs as a program.
"""

from thimble.library.add_file import add_file
from thimble.library.registry import InstalledModel, installed_models, parameters_text, with_names

__all__ = ["InstalledModel", "add_file", "installed_models", "parameters_text", "with_names"]
