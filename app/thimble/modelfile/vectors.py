"""Models that turn texts into vectors (embeddings), by what their headers say."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from thimble.errors import Code, ThimbleError
from thimble.modelfile import failures
from thimble.modelfile.header import ModelHeader

_ENCODERS: Final = frozenset(
    {
        "bert",
        "eurobert",
        "gemma-embedding",
        "jina-bert-v2",
        "jina-bert-v3",
        "modern-bert",
        "neo-bert",
        "nomic-bert",
        "nomic-bert-moe",
        "t5encoder",
    }
)
"""llama.cpp's architectures that cannot write."""

_CUT_BY_NAME: Final = re.compile(r"qwen3[-_ ]?embedding|embedding[-_ ]?gemma", re.IGNORECASE)
"""Models whose authors say that a vector's first numbers are a vector, too, and whose files do not."""

_CUT_BY_TAG: Final = "matryoshka"


class Pooling(IntEnum):
    """How the tokens' vectors become one: llama.cpp's numbers of `pooling_type`."""

    NONE = 0
    MEAN = 1
    CLS = 2
    LAST = 3
    RANK = 4


def pooling_of(header: ModelHeader) -> Pooling:
    """What the file says; NONE where it says nothing."""
    value = header.metadata.get(f"{header.architecture}.pooling_type", 0)
    return Pooling(value) if isinstance(value, int) and value in set(Pooling) else Pooling.NONE


def makes_vectors(header: ModelHeader) -> bool:
    """Whether the model was made for vectors, and does not write."""
    return header.architecture in _ENCODERS or pooling_of(header) is not Pooling.NONE


def is_causal(header: ModelHeader) -> bool:
    """Whether a token sees only those before it."""
    told = header.metadata.get(f"{header.architecture}.attention.causal")
    return header.architecture not in _ENCODERS and told is not False


def can_be_cut(header: ModelHeader) -> bool:
    """Whether the first numbers of a vector are a vector, too ("Matryoshka"), by the file's tags or by its name."""
    tags = header.metadata.get("general.tags")
    if isinstance(tags, tuple) and any(_CUT_BY_TAG in str(tag).lower() for tag in tags):
        return True
    names = (header.id, header.name, str(header.metadata.get("general.basename", "")))
    return any(_CUT_BY_NAME.search(name) for name in names)


def check_pooling(header: ModelHeader) -> None:
    """Refuses a model whose vectors nobody could use.

    Raises:
        ThimbleError: MODEL_UNSUPPORTED: it gives one number (a reranker), or the file does not say how to get a vector.
    """
    pooling = pooling_of(header)
    if pooling in {Pooling.MEAN, Pooling.CLS, Pooling.LAST}:
        return
    what = (
        "sorts texts by how well they answer a question (a reranker), which Thimble cannot do yet."
        if pooling is Pooling.RANK
        else "computes a vector for each token, and its file does not say how they become one for a text."
    )
    raise ThimbleError(
        Code.MODEL_UNSUPPORTED,
        f"“{failures.shown(header.path)}” {what}",
        "Choose another model.",
        f"{header.path}: {header.architecture}.pooling_type is {pooling.value}",
    )
