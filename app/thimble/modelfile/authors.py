"""What is special about the files of SmallThinker's authors: experts neuron by neuron, and a predictor for the head.

Their converter gives the down matrix of an expert one row for each neuron, where llama.cpp's has one for each dimension
of the hidden state, and can add a predictor that says which rows of the vocabulary matter for a token: W1 [hidden
values, embedding], then W2 [vocabulary, hidden values], one after the other in one dimension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thimble.modelfile.ggml_types import TENSOR_TYPES

if TYPE_CHECKING:
    from thimble.modelfile.header import ModelHeader

PREDICTOR: Final = "lm_head_profiler.weight"
_BLOCKS: Final = {kind.name: kind.block for kind in TENSOR_TYPES.values()}
_ARCHITECTURE: Final = "smallthinker"


def predictor_bytes(header: ModelHeader) -> int:
    """Bytes of the head's predictor; 0 without one."""
    return sum(tensor.bytes for tensor in header.tensors if tensor.name == PREDICTOR)


def has_predictor(header: ModelHeader) -> bool:
    """Whether the file has a predictor that fits its head, so that the approximate head can be offered."""
    found = next((tensor for tensor in header.tensors if tensor.name == PREDICTOR), None)
    if found is None or header.architecture != _ARCHITECTURE or not header.vocabulary:
        return False
    width, block = header.embedding_length, _BLOCKS.get(found.type, 1)
    values, rest = divmod(found.elements, width + header.vocabulary)
    return values > 0 and not rest and values % block == 0 and width % block == 0
