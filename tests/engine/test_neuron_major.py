"""Files whose down matrices have one row for each neuron, as SmallThinker's authors write them: NumPy decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.engine import smallthinker_reference as reference
from tests.helpers import authors_files
from tests.helpers.authors_files import SHAPE, Model
from tests.helpers.decoding import Decoder, Logits
from tests.helpers.moe_models import Architecture, write_moe
from thimble.engine.cancel import CancelFlag
from thimble.engine.experts import ExpertStats, ExpertStore
from thimble.engine.load import load_model
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine does not load these files")

PROMPT = [(11 * index + index * index) % SHAPE.vocabulary for index in range(40)]
GREEDY = 12
# Both sides compute down matrices with the same float32 factors; a transposed one is off by more than 1.
TOLERANCE = 2e-3
Budget = Callable[[ExpertStats], int]


def everything(stats: ExpertStats) -> int:
    return stats.total_bytes


def third(stats: ExpertStats) -> int:
    return stats.total_bytes // 3


def one_slot(stats: ExpertStats) -> int:
    return stats.expert_bytes


def run(
    path: Path, budget: Budget | None, *, ubatch: int = 64, prompt: list[int] | None = None, **options: int
) -> Logits:
    with Decoder(path, budget, ubatch=ubatch, exact_cache=True, **options) as decoder:  # type: ignore[arg-type]
        return decoder.run(PROMPT if prompt is None else prompt, GREEDY)


def expected(model: Model, found: Logits, ubatch: int) -> Logits:
    """What NumPy says after each ubatch of the prompt and after each token that followed."""
    read = min(ubatch, len(PROMPT))
    ends = [*range(read - 1, len(PROMPT) - 1, read), len(PROMPT) - 1]
    tokens = PROMPT + [int(row.argmax()) for row in found[len(ends) - 1 : -1]]
    return reference.logits(tokens, model.shape, model.weights)[[*ends, *range(len(PROMPT), len(tokens))]]


def difference(model: Model, found: Logits, ubatch: int) -> float:
    return float(np.abs(found - expected(model, found, ubatch)).max())


@pytest.mark.parametrize(
    "budget", [None, everything, third, one_slot], ids=["memory", "everything", "third", "one slot"]
)
@pytest.mark.parametrize("ubatch", [1, 7, 64])
def test_logits_are_numpys(ubatch: int, budget: Budget | None, tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "authors.gguf")
    assert difference(model, run(model.path, budget, ubatch=ubatch), ubatch) < TOLERANCE


@pytest.mark.parametrize(
    "down",
    [
        (Type.F32,),
        (Type.F16,),
        (Type.BF16,),
        (Type.Q8_0,),
        (Type.Q4_1,),
        (Type.Q4_K,),
        (Type.Q6_K,),
        (Type.Q4_0, Type.F16, Type.Q6_K),
    ],
    ids=lambda down: "+".join(kind.name for kind in down),
)
@pytest.mark.parametrize("budget", [None, third], ids=["memory", "third"])
def test_of_every_type_and_mixed(budget: Budget | None, down: tuple[Type, ...], tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "authors.gguf", down=down)
    for ubatch in (7, 64):
        assert difference(model, run(model.path, budget, ubatch=ubatch), ubatch) < TOLERANCE


def test_the_reference_would_notice_a_down_matrix_that_is_read_the_other_way(tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "authors.gguf")
    found = run(model.path, third)
    wrong = {
        name: values.transpose(0, 2, 1).reshape(values.shape) if "ffn_down" in name else values
        for name, values in model.weights.items()
    }
    assert difference(Model(model.path, model.shape, wrong, None), found, 64) > 100 * TOLERANCE


@pytest.mark.parametrize("ubatch", [1, 7, 64])
def test_neither_paging_nor_threads_change_a_bit(ubatch: int, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER, neuron_major=True)
    prompt = [int(token) for token in np.random.default_rng(8).integers(0, 256, 90)]
    in_memory = run(path, None, ubatch=ubatch, prompt=prompt)
    for budget in (everything, third, one_slot):
        for threads in (1, 2, 3):
            assert np.array_equal(run(path, budget, ubatch=ubatch, prompt=prompt, threads=threads), in_memory)


def test_nor_do_evictions_and_delays_at_random(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER_WINDOW, neuron_major=True)
    assert np.array_equal(run(path, third, fuzz_seed=5), run(path, None))


def test_nor_does_leaving_out_up_rows(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER, neuron_major=True)
    assert np.array_equal(run(path, third), run(path, None))


def test_a_file_that_does_not_name_its_gating_function_has_a_sigmoid(tmp_path: Path) -> None:
    silent = authors_files.write(tmp_path / "silent.gguf")
    sigmoid = authors_files.write(tmp_path / "sigmoid.gguf", gating=2)
    softmax = authors_files.write(tmp_path / "softmax.gguf", gating=1)
    found = run(silent.path, third)
    assert np.array_equal(found, run(sigmoid.path, third))
    assert np.abs(found[0] - run(softmax.path, third)[0]).max() > 100 * TOLERANCE


def test_a_predictor_that_nobody_uses_changes_nothing_and_takes_no_memory(tmp_path: Path) -> None:
    plain = authors_files.write(tmp_path / "plain.gguf")
    with_one = authors_files.write(tmp_path / "with.gguf", profiler=authors_files.random_profiler())
    assert np.array_equal(run(plain.path, third), run(with_one.path, third))


def load_error(path: Path) -> ThimbleError:
    with pytest.raises(ThimbleError) as raised:
        load_model(path, LoadOptions(context=256), progress=lambda _share: None, cancel=CancelFlag())
    return raised.value


@pytest.mark.parametrize("neurons", [64, 128])
def test_down_matrices_of_another_size_are_refused_with_a_sentence(neurons: int, tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "authors.gguf", neurons_of_layer_1=neurons)
    error = load_error(model.path)
    assert error.problem.code == Code.MODEL_DAMAGED
    assert "blk.1.ffn_down_exps.weight" in error.problem.sentence


def test_an_unknown_gating_function_is_refused_instead_of_ending_the_engine(tmp_path: Path) -> None:
    model = authors_files.write(tmp_path / "authors.gguf", gating=9)
    assert load_error(model.path).problem.code == Code.MODEL_UNSUPPORTED
