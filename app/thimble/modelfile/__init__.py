"""GGUF model files: their headers read safely, and what running them takes."""

from thimble.modelfile.fit import F16_CACHE, MemoryEstimate, estimate_memory
from thimble.modelfile.header import ModelHeader, check_model_file, read_header, split_files
from thimble.modelfile.parser import Skipped, TensorInfo

__all__ = [
    "F16_CACHE",
    "MemoryEstimate",
    "ModelHeader",
    "Skipped",
    "TensorInfo",
    "check_model_file",
    "estimate_memory",
    "read_header",
    "split_files",
]
