"""A repository's files become quantizations to choose from."""

from __future__ import annotations

import pytest

from thimble.library.choices import HubFile, choices, label

HASH = "a" * 64


def _file(path: str, size: int = 100) -> HubFile:
    return HubFile(path, size, HASH)


def test_each_model_file_is_a_choice_smallest_first() -> None:
    found = choices([_file("m-Q8_0.gguf", 800), _file("m-Q4_K_M.gguf", 400), _file("README.md", 1)])
    assert [(choice.label, choice.size) for choice in found] == [("Q4_K_M", 400), ("Q8_0", 800)]


def test_parts_are_one_choice_and_their_sizes_add_up() -> None:
    found = choices(_file(f"Q6_K/m-Q6_K-{part:05d}-of-00003.gguf", 10 * part) for part in (3, 1, 2))
    assert len(found) == 1
    assert [file.size for file in found[0].files] == [10, 20, 30]
    assert (found[0].label, found[0].size) == ("Q6_K", 60)
    assert found[0].path.endswith("00001-of-00003.gguf")


def test_a_projector_goes_with_every_model_it_fits() -> None:
    names = ("small-Q4_0.gguf", "small-Q8_0.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf", "mmproj-other-F16.gguf")
    found = choices([_file(name, 10) for name in names])
    assert [choice.projector.path if choice.projector else "" for choice in found] == ["mmproj-F16.gguf"] * 2
    assert [file.path for file in found[0].wanted] == ["small-Q4_0.gguf", "mmproj-F16.gguf"]
    assert found[0].size == 10


def test_a_set_without_one_part_is_no_choice() -> None:
    assert choices([_file("m-00001-of-00002.gguf")]) == ()


def test_what_is_no_model_or_could_leave_the_folder_is_left_out() -> None:
    names = ["mmproj-F16.gguf", "m.imatrix.gguf", "../m.gguf", "a/../../m.gguf", "m-00003-of-00002.gguf"]
    assert choices(_file(name) for name in names) == ()
    assert choices([HubFile("m.gguf", 0, HASH), HubFile("n.gguf", 5, "")]) == ()


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("SmolLM2-135M-Instruct.Q4_1", "Q4_1"),
        ("Qwen3-30B-A3B-UD-Q4_K_XL", "UD-Q4_K_XL"),
        ("gpt-oss-20b-mxfp4", "MXFP4"),
        ("model-fp16", "F16"),
        ("model.i1-IQ2_XXS", "IQ2_XXS"),
        ("BF16/model", "BF16"),
        ("just-a-name", "just-a-name"),
    ],
)
def test_the_label_is_the_quantization_in_the_name(stem: str, expected: str) -> None:
    assert label(stem) == expected
