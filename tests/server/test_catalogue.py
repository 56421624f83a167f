"""The models of the folder."""

from __future__ import annotations

from pathlib import Path

from tests.server.conftest import Running
from thimble import paths, protocol
from thimble.server.catalogue import list_models, load_options, models_folder
from thimble.settings import Settings


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def ids(folder: Path) -> list[str]:
    return [entry.id for entry in list_models(folder)]


def test_models_are_found_two_folders_deep(tmp_path: Path) -> None:
    make(tmp_path, "b.gguf", "x/a.GGUF", "x/y/c.gguf", "x/y/z/too-deep.gguf", "notes.txt", ".hidden/d.gguf")
    assert ids(tmp_path) == ["a", "b", "c"]


def test_a_split_model_is_listed_once(tmp_path: Path) -> None:
    make(tmp_path, *(f"big-0000{part}-of-00003.gguf" for part in (1, 2, 3)))
    assert ids(tmp_path) == ["big-00001-of-00003"]


def test_an_image_encoder_is_no_model(tmp_path: Path) -> None:
    make(tmp_path, "mmproj-model.gguf")
    assert ids(tmp_path) == []


def test_the_same_name_in_two_folders_gets_the_folder_before_it(tmp_path: Path) -> None:
    make(tmp_path, "a.gguf", "x/a.gguf")
    assert ids(tmp_path) == ["a", "x/a"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert ids(tmp_path / "gone") == []


def test_the_folder_and_the_options_are_those_of_the_settings(tmp_path: Path) -> None:
    settings = Settings(paths.settings_file())
    settings.set("files.models_folder", str(tmp_path))
    settings.set("engine.context", 2048)
    settings.set("engine.context", 1024, model="small")
    assert models_folder() == tmp_path
    assert [load_options(tmp_path / name).context for name in ("large.gguf", "small.gguf")] == [2048, 1024]


def test_the_resident_model_comes_first_and_once(server: Running) -> None:
    folder = paths.default_models_dir()
    make(folder, "aaa.gguf", "tiny.gguf")
    server.host.resident(str(folder / "tiny.gguf"))
    data = server.client().get(protocol.MODELS).json()["data"]
    assert [(model["id"], model["loaded"]) for model in data] == [("tiny", True), ("aaa", False)]
    assert data[0]["created"] > 0


def test_a_model_is_loaded_with_its_own_types_of_keys_and_values() -> None:
    settings = Settings.load(paths.settings_file())
    settings.set("engine.cache_k", "q8_0")
    settings.set("engine.cache_v", "q4_0", model="small")
    small = load_options(models_folder() / "small.gguf")
    assert (small.cache_k, small.cache_v) == ("q8_0", "q4_0")
    assert load_options(models_folder() / "large.gguf").cache_v == "f16"


def test_models_of_the_download_folder_have_names_of_their_own(tmp_path: Path) -> None:
    make(tmp_path, "models/small.gguf")
    snapshot = f"hub/models--anna--small-GGUF/snapshots/{'a' * 40}"
    make(tmp_path, f"{snapshot}/small.gguf", f"{snapshot}/sub/other.gguf")
    blob = tmp_path / "hub" / "models--anna--small-GGUF" / "blobs" / ("b" * 64 + ".thimble-part")
    blob.parent.mkdir()
    blob.touch()
    found = list_models(tmp_path / "models", tmp_path / "hub")
    assert [entry.id for entry in found] == ["anna/small-GGUF/small", "other", "small"]
