"""Which projector belongs to a model, by names alone; and what a projector's header has to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import projectors, tiny_model
from thimble.errors import Code, ThimbleError
from thimble.modelfile.projectors import belongs, beside, best, check_projector, is_projector_name


@pytest.mark.parametrize("name", ["mmproj-F16.gguf", "MMPROJ.gguf", "gemma-3-4b-it-mmproj-f16.gguf", "x.mmproj.gguf"])
def test_projectors_are_known_by_their_names(name: str) -> None:
    assert is_projector_name(name)


@pytest.mark.parametrize("name", ["mmproj-F16.bin", "mmprojector.gguf", "gemma-3-4b-it-Q4_K_M.gguf"])
def test_other_files_are_none(name: str) -> None:
    assert not is_projector_name(name)


@pytest.mark.parametrize(
    ("projector", "model", "fits"),
    [
        ("mmproj-F16.gguf", "anything-Q4_K_M.gguf", True),
        ("mmproj-model-f16.gguf", "anything-Q4_K_M.gguf", True),
        ("mmproj-Qwen2.5-VL-7B-Instruct-f16.gguf", "Qwen2.5-VL-7B-Instruct-Q4_K_M.gguf", True),
        ("gemma-3-4b-it-mmproj-BF16.gguf", "gemma-3-4b-it-UD-Q4_K_XL.gguf", True),
        ("mmproj-Qwen2.5-VL-7B-Instruct-f16.gguf", "gemma-3-4b-it-Q4_K_M.gguf", False),
        ("mmproj-gemma-3-12b-it-f16.gguf", "gemma-3-4b-it-Q4_K_M.gguf", False),
    ],
)
def test_a_named_one_belongs_to_the_model_of_that_name(projector: str, model: str, fits: bool) -> None:
    assert belongs(projector, model) is fits


def test_beside_are_those_of_the_folder_the_best_type_first(tmp_path: Path) -> None:
    for name in ("mmproj-F32.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-other-f16.gguf", "tiny-Q8_0.gguf"):
        (tmp_path / name).touch()
    found = [path.name for path in beside(tmp_path / "tiny-Q8_0.gguf")]
    assert found == ["mmproj-F16.gguf", "mmproj-BF16.gguf", "mmproj-F32.gguf"]


def test_a_links_target_has_its_projector_beside_it(tmp_path: Path) -> None:
    away, models = tmp_path / "away", tmp_path / "models"
    away.mkdir()
    models.mkdir()
    (away / "tiny.gguf").touch()
    (away / "mmproj.gguf").touch()
    (models / "tiny.gguf").symlink_to(away / "tiny.gguf")
    assert beside(models / "tiny.gguf") == [away / "mmproj.gguf"]


def test_in_the_shared_cache_it_may_be_anywhere_in_the_snapshot(tmp_path: Path) -> None:
    snapshot = tmp_path / "models--anna--small" / "snapshots" / ("0" * 40)
    (snapshot / "Q4").mkdir(parents=True)
    (snapshot / "Q4" / "small-Q4_0.gguf").touch()
    (snapshot / "mmproj-F16.gguf").touch()
    assert beside(snapshot / "Q4" / "small-Q4_0.gguf") == [snapshot / "mmproj-F16.gguf"]


def test_a_folder_that_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert beside(tmp_path / "nowhere" / "tiny.gguf") == []


def test_the_best_of_a_repository_is_told_by_its_path() -> None:
    names = ["mmproj/mmproj-BF16.gguf", "mmproj/mmproj-F16.gguf", "mmproj-other-F16.gguf"]
    assert best(names, "Q4/tiny-Q4_K_M.gguf") == "mmproj/mmproj-F16.gguf"
    assert best(["mmproj-other-F16.gguf"], "tiny.gguf") == ""


def test_a_projector_is_told_from_a_model(tmp_path: Path) -> None:
    assert check_projector(projectors.write_gemma(tmp_path / "mmproj.gguf")).architecture == "clip"
    with pytest.raises(ThimbleError, match="is no projector") as failure:
        check_projector(tiny_model.write_random(tmp_path / "tiny.gguf"))
    assert failure.value.problem.code == Code.MODEL_UNSUPPORTED
