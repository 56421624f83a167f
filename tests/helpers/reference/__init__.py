"""SmallThinker's forward pass in plain NumPy, from the tensors of a GGUF: what the engines are compared with."""

from tests.helpers.reference.smallthinker import Logits, SmallThinker, forward

__all__ = ["Logits", "SmallThinker", "forward"]
