"""Numbers and weights of a GGUF, read with the package gguf; nothing here knows an engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader, quants

Array = npt.NDArray[np.float64]


class Matrix:
    """Weights [..., outputs, inputs] and the format they have in the file.

    Args:
        values: dequantized.
        kind: ggml type in the file.
        rounding: what a vector becomes before it is multiplied with weights of a type.
    """

    def __init__(self, values: Array, kind: Type, rounding: Callable[[Array, Type], Array]) -> None:
        self.values = values
        self.kind = kind
        self._rounding = rounding

    def __call__(self, x: Array) -> Array:
        """`x` [..., inputs] through the matrix: [..., outputs]."""
        product: Array = self._rounding(x, self.kind) @ self.values.T
        return product

    def __getitem__(self, at: int) -> Matrix:
        """One of several matrices."""
        return Matrix(self.values[at], self.kind, self._rounding)

    @property
    def transposed(self) -> Matrix:
        """Inputs and outputs exchanged. A row for each input is multiplied with one number, which nobody rounds."""
        return Matrix(np.swapaxes(self.values, -1, -2), self.kind, lambda x, _kind: x)


class ModelFile:
    """One GGUF file.

    Args:
        source: its path, or a reader of it.
        rounding: see `Matrix`.
    """

    def __init__(self, source: Path | GGUFReader, rounding: Callable[[Array, Type], Array]) -> None:
        reader = source if isinstance(source, GGUFReader) else GGUFReader(source)
        self._fields = reader.fields
        self._tensors = {tensor.name: tensor for tensor in reader.tensors}
        self._rounding = rounding
        self.architecture = str(self._fields["general.architecture"].contents())

    def get(self, key: str, otherwise: Any = None) -> Any:
        """A value of this architecture, e.g. `block_count`.

        Raises:
            KeyError: it is missing, and there is nothing to take in its place.
        """
        field = self._fields.get(f"{self.architecture}.{key}")
        if field is not None:
            return field.contents()
        if otherwise is None:
            raise KeyError(key)
        return otherwise

    def has(self, name: str) -> bool:
        """Whether the file has a key of this architecture, or a tensor."""
        return f"{self.architecture}.{name}" in self._fields or name in self._tensors

    def matrix(self, name: str) -> Matrix:
        """A tensor by its full name."""
        tensor = self._tensors[name]
        values = quants.dequantize(tensor.data, tensor.tensor_type)
        return Matrix(values.astype(np.float64), tensor.tensor_type, self._rounding)

    def rows(self, name: str, numbers: Sequence[int]) -> Array:
        """Some rows of a matrix, without reading the others."""
        tensor = self._tensors[name]
        found: Array = quants.dequantize(tensor.data[list(numbers)], tensor.tensor_type).astype(np.float64)
        return found

    def vector(self, name: str) -> Array:
        """A one-dimensional tensor."""
        return self.matrix(name).values
