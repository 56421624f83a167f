"""GGUF model files: their headers read safely, and what running them takes."""

from thimble.modelfile.fit import MemoryEstimate, estimate_memory
from thimble.modelfile.header import ModelHeader, check_model_file, read_header, split_files
from thimble.modelfile.parser import Skipped, TensorInfo

__all__ = [
    "MemoryEstimate",
    "ModelHeader",
    "Skipped",
    "TensorInfo",
    "check_model_file",
    "estimate_memory",
    "read_header",
    "split_files",
]
