"""What a header says of its experts, checked before anything is loaded: llama.cpp ends its process at some of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from thimble.modelfile import failures
from thimble.modelfile.parser import TensorInfo, Value

if TYPE_CHECKING:
    from thimble.modelfile.header import ModelHeader

MOST_EXPERTS: Final = 512
"""Of one layer, as llama.cpp was built."""

_EXPERTS: Final = re.compile(r"^blk\.(?P<layer>\d+)\.ffn_(?P<role>gate|up|down|gate_up)_exps\.weight$")
_GATING_FUNCTIONS: Final = range(1, 5)  # softmax, sigmoid, softmax after the choice, square root of softplus
_COUNTS_IGNORED: Final = "hunyuan"  # llama.cpp overwrites the counts of these architectures' dense models


def check_experts(header: ModelHeader) -> None:
    """Refuses a model whose experts cannot be what its header says.

    Raises:
        ThimbleError: MODEL_DAMAGED or MODEL_UNSUPPORTED.
    """
    layers: dict[int, dict[str, TensorInfo]] = {}
    for tensor in header.tensors:
        if found := _EXPERTS.match(tensor.name):
            layers.setdefault(int(found["layer"]), {})[found["role"]] = tensor
    _check_counts(header, bool(layers))
    for layer in layers.values():
        _check_shapes(header, layer)


def _check_counts(header: ModelHeader, has_experts: bool) -> None:
    path, count, used = header.path, header.expert_count, _most(_value(header, "expert_used_count"))
    if header.architecture.startswith(_COUNTS_IGNORED) and count <= 1:
        return
    if has_experts and not count:
        raise failures.experts(path, "does not say how many experts it has")
    if count > MOST_EXPERTS:
        raise failures.too_many_experts(path, count, MOST_EXPERTS)
    if used > count:
        raise failures.experts(path, f"says that a token uses {used} experts of {count}")
    if count and not used:
        raise failures.experts(path, f"says that none of its {count} experts is ever used")
    groups, groups_used = _most(_value(header, "expert_group_count")), _most(_value(header, "expert_group_used_count"))
    if groups and (groups >= count or (groups > 1 and (count % groups or not 0 < groups_used < groups))):
        raise failures.experts(path, f"says that {groups_used} of {groups} groups of its {count} experts are used")
    function = _value(header, "expert_gating_func")
    if has_experts and function is not None and function not in _GATING_FUNCTIONS:
        raise failures.gating_function(path, function)


def _check_shapes(header: ModelHeader, layer: dict[str, TensorInfo]) -> None:
    """One layer's matrices: as many experts each as the header says, and of one width."""
    for tensor in layer.values():
        if len(tensor.shape) != 3 or tensor.shape[2] != header.expert_count:
            raise failures.expert_shape(header.path, tensor.name, tensor.shape)
    inner = layer.get("up") or layer.get("gate") or layer.get("gate_up")
    if inner is None:
        return  # llama.cpp names what is missing
    width, rows, _ = inner.shape
    neurons = rows // 2 if inner is layer.get("gate_up") else rows
    gate, down = layer.get("gate", inner), layer.get("down")
    if gate.shape != inner.shape:
        raise failures.expert_shape(header.path, gate.name, gate.shape)
    # the second order is that of files in which each neuron has a row
    if down is not None and down.shape[:2] not in {(neurons, width), (width, neurons)}:
        raise failures.expert_shape(header.path, down.name, down.shape)


def _value(header: ModelHeader, key: str) -> Value | None:
    return header.metadata.get(f"{header.architecture}.{key}")


def _most(value: Value | None) -> int:
    """A number, or the biggest of a list with one for each layer; 0 if there is none."""
    numbers = value if isinstance(value, tuple) else (value,)
    return max((number for number in numbers if isinstance(number, int)), default=0)
