"""Other programs' models are found where they are, and used from there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble.library import installed_models
from thimble.library.add_file import link_file
from thimble.library.elsewhere import find_foreign_models, usual_folders


def _ollama(folder: Path, name: str, tag: str) -> Path:
    digest = "ab" * 32
    blob = write_model(folder / "blobs" / f"sha256-{digest}")
    manifest = folder / "manifests" / "registry.ollama.ai" / "library" / name / tag
    manifest.parent.mkdir(parents=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}"},
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "cd" * 32},
    ]
    manifest.write_text(json.dumps({"layers": layers}))
    return blob


def test_models_of_other_programs_are_found_and_linked(tmp_path: Path) -> None:
    write_model(tmp_path / "lm" / "anna" / "small" / "small-Q4_0.gguf", name="Small One")
    blob = _ollama(tmp_path / "ollama", "qwen3", "0.6b")
    found = find_foreign_models([("LM Studio", tmp_path / "lm"), ("Ollama", tmp_path / "ollama")])
    assert [(model.program, model.title, model.name) for model in found] == [
        ("LM Studio", "Small One", "small-Q4_0.gguf"),
        ("Ollama", "qwen3-0.6b", "qwen3-0.6b.gguf"),
    ]
    for model in found:
        link_file(model.path, tmp_path / "models", model.name)
    assert {model.id for model in installed_models(tmp_path / "models")} == {"small-Q4_0", "qwen3-0.6b"}
    assert (tmp_path / "models" / "qwen3-0.6b.gguf").samefile(blob)


def test_what_is_no_model_or_damaged_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "lm").mkdir()
    (tmp_path / "lm" / "page.gguf").write_text("<html>")
    manifests = tmp_path / "ollama" / "manifests"
    manifests.mkdir(parents=True)
    for number, text in enumerate(["", "{", "[]", '{"layers": 3}', '{"layers": [{"mediaType": 1}]}']):
        (manifests / str(number)).write_text(text)
    evil = {"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../etc/passwd"}]}
    (manifests / "evil").write_text(json.dumps(evil))
    assert find_foreign_models([("LM Studio", tmp_path / "lm"), ("Ollama", tmp_path / "ollama")]) == []


def test_a_file_that_two_programs_share_is_offered_once(tmp_path: Path) -> None:
    path = write_model(tmp_path / "one" / "m.gguf")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "m.gguf").symlink_to(path)
    assert len(find_foreign_models([("LM Studio", tmp_path / "one"), ("llama.cpp", tmp_path / "two")])) == 1


def test_folders_that_are_not_there_are_not_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for name in ("OLLAMA_MODELS", "LLAMA_CACHE", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".lmstudio" / "models").mkdir(parents=True)
    assert ("LM Studio", tmp_path / ".lmstudio" / "models") in usual_folders()
    assert all(folder.is_dir() for _, folder in usual_folders())


def test_a_link_that_lost_its_file_is_listed_with_its_sentence(tmp_path: Path) -> None:
    path = write_model(tmp_path / "disk" / "m.gguf")
    link_file(path, tmp_path / "models")
    assert link_file(path, tmp_path / "models") == tmp_path / "models" / "m.gguf"
    path.unlink()
    (model,) = installed_models(tmp_path / "models")
    assert model.problem is not None
    assert "not there" in model.problem.sentence
