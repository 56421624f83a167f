"""The format's facts agree with those of the gguf package."""

from __future__ import annotations

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType

from thimble.modelfile.ggml_types import FILE_TYPES, TENSOR_TYPES


def test_every_tensor_type_of_the_gguf_package_has_the_same_name_and_size() -> None:
    for kind in GGMLQuantizationType:
        known = TENSOR_TYPES[kind.value]
        # ggml's C struct of Q8_1 (never in files) has 36 bytes; the package counts its two halves as floats.
        expected = (32, 36) if kind.name == "Q8_1" else GGML_QUANT_SIZES[kind]
        assert (known.name, (known.block, known.block_bytes)) == (kind.name, expected)


def test_every_file_type_of_the_gguf_package_has_its_name() -> None:
    for kind in LlamaFileType:
        if kind is not LlamaFileType.GUESSED:
            expected = kind.name.removeprefix("ALL_").removeprefix("MOSTLY_").removesuffix("_MOE")
            assert FILE_TYPES[kind.value] == expected
