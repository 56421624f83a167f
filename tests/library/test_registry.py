"""What is in the models folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble.errors import Code
from thimble.library import InstalledModel, installed_models, parameters_text, registry
from thimble.modelfile import ModelHeader, check_model_file


def _names(folder: Path) -> list[str]:
    return [model.name for model in installed_models(folder)]


def test_a_model_is_described_by_its_header(tmp_path: Path) -> None:
    path = write_model(tmp_path / "moe.gguf", architecture="smallthinker", name="Think", experts=4)
    assert installed_models(tmp_path) == [
        InstalledModel(
            id="moe",
            path=str(path),
            name="Think",
            architecture="smallthinker",
            quantization="Q4_0",
            parameters_text="100K",
            file_bytes=path.stat().st_size,
            expert_count=4,
            expert_used_count=2,
            context_trained=2048,
        )
    ]


def test_models_are_sorted_by_name_without_regard_to_case(tmp_path: Path) -> None:
    for file, name in (("1", "beta"), ("2", "Alpha"), ("3", "gamma")):
        write_model(tmp_path / f"{file}.gguf", name=name)
    assert _names(tmp_path) == ["Alpha", "beta", "gamma"]


def test_folders_are_looked_into_two_levels_deep(tmp_path: Path) -> None:
    write_model(tmp_path / "author" / "model" / "file.gguf", name="two down")
    write_model(tmp_path / "a" / "b" / "c" / "file.gguf", name="three down")
    assert _names(tmp_path) == ["two down"]


def test_files_of_one_name_in_two_folders_have_different_ids(tmp_path: Path) -> None:
    write_model(tmp_path / "model.gguf", name="a")
    write_model(tmp_path / "author" / "model.gguf", name="b")
    assert [model.id for model in installed_models(tmp_path)] == ["model", "author/model"]


def test_hidden_and_other_files_are_left_out(tmp_path: Path) -> None:
    write_model(tmp_path / ".hidden.gguf")
    write_model(tmp_path / ".cache" / "x.gguf")
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "half.gguf.part").write_bytes(b"x")
    assert _names(tmp_path) == []


def test_projectors_are_no_models(tmp_path: Path) -> None:
    write_model(tmp_path / "m.gguf")
    write_model(tmp_path / "mmproj-F16.gguf")
    assert [model.id for model in installed_models(tmp_path)] == ["m"]


def test_a_bad_file_is_listed_with_its_problem_beside_the_good_ones(tmp_path: Path) -> None:
    write_model(tmp_path / "good.gguf", name="good")
    (tmp_path / "bad.gguf").write_text("<html>")
    bad, good = installed_models(tmp_path)
    assert bad.problem is not None
    assert (bad.name, bad.problem.code, bad.file_bytes) == ("bad", Code.MODEL_NOT_GGUF, 6)
    assert good.problem is None


def test_a_link_to_nowhere_is_listed_with_its_problem(tmp_path: Path) -> None:
    (tmp_path / "link.gguf").symlink_to(tmp_path / "gone")
    (model,) = installed_models(tmp_path)
    assert model.problem is not None
    assert model.problem.code == Code.MODEL_NOT_FOUND


def test_a_split_model_is_listed_once(tmp_path: Path) -> None:
    for part in (1, 2):
        write_model(tmp_path / f"big-{part:05d}-of-00002.gguf", name="Big", extra={})
    assert len(installed_models(tmp_path)) == 1


def test_a_split_model_without_its_first_part_is_listed_with_its_problem(tmp_path: Path) -> None:
    write_model(tmp_path / "big-00002-of-00002.gguf")
    (model,) = installed_models(tmp_path)
    assert model.problem is not None
    assert "part 1 of 2" in model.problem.sentence


def test_a_folder_that_is_not_there_holds_no_models(tmp_path: Path) -> None:
    assert installed_models(tmp_path / "none") == []


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_model(tmp_path / "model.gguf", name="before")
    read: list[Path] = []

    def check(file: Path) -> ModelHeader:
        read.append(file)
        return check_model_file(file)

    monkeypatch.setattr(registry, "check_model_file", check)
    installed_models(tmp_path)
    installed_models(tmp_path)
    assert read == [path]
    write_model(path, name="after")
    os.utime(path, ns=(0, 0))
    assert _names(tmp_path) == ["after"]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1K"),
        (134_515_008, "135M"),
        (1_711_376_384, "1.7B"),
        (999_999_999, "1B"),
        (21_506_562_560, "21.5B"),
        (235_000_000_000, "235B"),
        (1_026_000_000_000, "1T"),
    ],
)
def test_weights_are_counted_as_people_name_models(count: int, text: str) -> None:
    assert parameters_text(count) == text
