"""Our downloads and huggingface_hub's are one cache: each finds what the other brought."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download, scan_cache_dir, try_to_load_from_cache

from tests.helpers.gguf_files import write_model
from tests.helpers.hub_server import COMMIT, Content, Hub, Repo
from thimble.errors import ThimbleError
from thimble.library import installed_models
from thimble.library.choices import HubFile
from thimble.library.hub_cache import HubCache, sweep
from thimble.modelfile.places import hub_model_files, hub_place

REPOSITORY = "anna/small-GGUF"


def _file(name: str, content: Content) -> HubFile:
    return HubFile(name, content.size, content.sha256)


def _put(cache: HubCache, file: HubFile, content: Content) -> None:
    cache.blob(file).parent.mkdir(parents=True, exist_ok=True)
    cache.blob(file).write_bytes(content.read(0, content.size))


def test_huggingface_hub_finds_what_was_placed(tmp_path: Path) -> None:
    tmp_path /= "hub"
    content = Content(b"GGUF...")
    file = _file("Q4/m.gguf", content)
    cache = HubCache(tmp_path, REPOSITORY)
    _put(cache, file, content)
    placed = cache.place(COMMIT, [file])
    found = try_to_load_from_cache(REPOSITORY, "Q4/m.gguf", cache_dir=tmp_path)
    assert found == str(placed)
    offline = hf_hub_download(REPOSITORY, "Q4/m.gguf", cache_dir=tmp_path, local_files_only=True)
    assert Path(offline).read_bytes() == b"GGUF..."
    scanned = scan_cache_dir(tmp_path)
    assert scanned.warnings == []
    (repo,) = scanned.repos
    assert (repo.repo_id, repo.size_on_disk) == (REPOSITORY, content.size)
    assert placed.is_symlink()
    assert not placed.readlink().is_absolute()


def test_what_huggingface_hub_downloaded_is_whole_and_installed(hub: Hub, tmp_path: Path) -> None:
    content = Content(write_model(tmp_path / "made.gguf").read_bytes())
    hub.add(Repo(REPOSITORY, {"m.gguf": content}))
    path = hf_hub_download(REPOSITORY, "m.gguf", endpoint=hub.url, cache_dir=tmp_path / "hub", token=False)
    assert HubCache(tmp_path / "hub", REPOSITORY).is_whole(_file("m.gguf", content))
    (model,) = installed_models(tmp_path / "none", tmp_path / "hub")
    assert (model.path, model.id, model.problem) == (path, "m", None)
    place = hub_place(Path(model.path))
    assert place is not None
    assert (place.repository, place.commit, place.file) == (REPOSITORY, COMMIT, "m.gguf")


def test_half_a_file_is_no_model(tmp_path: Path) -> None:
    content = Content(write_model(tmp_path / "made.gguf").read_bytes())
    file = _file("m.gguf", content)
    cache = HubCache(tmp_path / "hub", REPOSITORY)
    cache.part(file).parent.mkdir(parents=True)
    cache.part(file).write_bytes(content.read(0, content.size // 2))
    assert not cache.is_whole(file, COMMIT)
    assert cache.bytes_here(file) == content.size // 2
    assert installed_models(tmp_path / "none", tmp_path / "hub") == []
    assert scan_cache_dir(tmp_path / "hub").size_on_disk == 0


def test_parts_of_a_split_model_get_their_names_last_one_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [Content(bytes([number]) * 10) for number in range(3)]
    files = [_file(f"m-{n:05d}-of-00003.gguf", content) for n, content in enumerate(contents, start=1)]
    cache = HubCache(tmp_path, REPOSITORY)
    for file, content in zip(files, contents, strict=True):
        _put(cache, file, content)
    order: list[str] = []
    real = Path.symlink_to

    def noted(self: Path, target: str) -> None:
        order.append(Path(target).name)
        real(self, target)

    monkeypatch.setattr(Path, "symlink_to", noted)
    cache.place(COMMIT, files)
    assert order == [file.hash for file in reversed(files)]


def test_where_links_cannot_be_made_the_bytes_get_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: str) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    content = Content(b"abc")
    file = _file("m.gguf", content)
    cache = HubCache(tmp_path, REPOSITORY)
    _put(cache, file, content)
    for _ in range(2):
        assert cache.place(COMMIT, [file]).read_bytes() == b"abc"
    assert not cache.blob(file).exists()
    assert cache.is_whole(file, COMMIT)


def test_an_older_snapshot_of_the_same_bytes_is_not_listed_twice(tmp_path: Path) -> None:
    content = Content(write_model(tmp_path / "made.gguf").read_bytes())
    file = _file("m.gguf", content)
    cache = HubCache(tmp_path / "hub", REPOSITORY)
    _put(cache, file, content)
    cache.place("a" * 40, [file])
    newest = cache.place("b" * 40, [file])
    assert list(hub_model_files(tmp_path / "hub")) == [newest]


def test_names_that_lead_out_of_the_cache_are_refused(tmp_path: Path) -> None:
    cache = HubCache(tmp_path, REPOSITORY)
    for commit, path in ((COMMIT, "../../../evil.gguf"), ("../../x", "m.gguf"), (COMMIT, "/etc/evil.gguf")):
        with pytest.raises(ThimbleError):
            cache.pointer(commit, HubFile(path, 1, "a" * 64))
    with pytest.raises(ThimbleError):
        HubCache(tmp_path, "../evil")
    with pytest.raises(ValueError, match="not a hash"):
        cache.part(HubFile("m.gguf", 1, "../" + "a" * 61))


def test_forgetting_parts_leaves_no_trace_and_nothing_of_others(tmp_path: Path) -> None:
    content = Content(b"abc")
    half, other = _file("m.gguf", content), _file("n.gguf", Content(b"xyz"))
    tmp_path /= "hub"
    cache = HubCache(tmp_path, REPOSITORY)
    cache.part(half).parent.mkdir(parents=True)
    cache.part(half).write_bytes(b"a")
    cache.forget_parts([half])
    assert list(tmp_path.iterdir()) == []
    _put(cache, other, Content(b"xyz"))
    placed = cache.place(COMMIT, [other])
    cache.part(half).write_bytes(b"a")
    cache.forget_parts([half])
    assert placed.read_bytes() == b"xyz"


def test_sweeping_takes_our_own_leftovers_only(tmp_path: Path) -> None:
    cache = HubCache(tmp_path, REPOSITORY)
    wanted, left = _file("m.gguf", Content(b"abc")), _file("n.gguf", Content(b"xyz"))
    cache.part(wanted).parent.mkdir(parents=True)
    foreign = cache.part(wanted).with_name("f" * 64 + ".1234abcd.incomplete")
    for path in (cache.part(wanted), cache.part(left), foreign):
        path.write_bytes(b"a")
    assert sweep(tmp_path, [cache.part(wanted)], older_than_s=3600) == []
    assert sweep(tmp_path, [cache.part(wanted)]) == [cache.part(left)]
    assert foreign.exists()
    assert cache.part(wanted).exists()
