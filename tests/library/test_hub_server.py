"""The tests' hub pleases the real `huggingface_hub`: what Thimble is tested against is what the world uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.hub_server import COMMIT, Content, Fault, Hub, Repo, hub_server

huggingface_hub = pytest.importorskip("huggingface_hub")
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_download, hf_hub_url  # noqa: E402
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError  # noqa: E402

MODEL = Content.big(300_000)
README = Content(b"# A model\n")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server() as made:
        made.users["key"] = "somebody"
        made.add(Repo("anna/small-GGUF", {"small.Q4_0.gguf": MODEL, "README.md": README}, downloads=5))
        made.add(Repo("anna/other", {"model.bin": README}, tags=("pytorch",)))
        made.add(Repo("meta/gated-GGUF", {"gated.gguf": MODEL}, gated="manual", tokens=frozenset({"key"})))
        made.add(Repo("anna/hidden-GGUF", {"hidden.gguf": MODEL}, private=True, tokens=frozenset({"key"})))
        yield made


@pytest.fixture
def api(hub: Hub) -> HfApi:
    return HfApi(endpoint=hub.url, token=False)


def test_model_info_has_files_with_sizes_and_hashes(hub: Hub, api: HfApi) -> None:
    info = api.model_info("anna/small-GGUF", files_metadata=True)
    assert info.sha == COMMIT
    file = next(sibling for sibling in info.siblings or [] if sibling.rfilename.endswith(".gguf"))
    assert file.lfs is not None
    assert (file.size, file.lfs.sha256) == (MODEL.size, MODEL.sha256)


def test_search_filters_sorts_and_pages(hub: Hub, api: HfApi) -> None:
    for number in range(5):
        hub.add(Repo(f"bob/model-{number}-GGUF", {"x.gguf": MODEL}, downloads=10 + number))
    found = [model.id for model in api.list_models(filter="gguf", search="gguf", sort="downloads", limit=4)]
    assert found == [f"bob/model-{number}-GGUF" for number in (4, 3, 2, 1)]
    everything = list(api.list_models(filter="gguf"))
    assert {model.id for model in everything} >= {"anna/small-GGUF", "meta/gated-GGUF"}
    assert not any(model.id in {"anna/other", "anna/hidden-GGUF"} for model in everything)


def test_a_files_metadata_comes_from_the_redirect(hub: Hub) -> None:
    url = hf_hub_url("anna/small-GGUF", "small.Q4_0.gguf", endpoint=hub.url)
    metadata = get_hf_file_metadata(url, token=False)
    assert (metadata.commit_hash, metadata.etag, metadata.size) == (COMMIT, MODEL.sha256, MODEL.size)
    assert metadata.location.startswith("http://localhost:")


def test_files_are_downloaded_whole(hub: Hub, tmp_path: Path) -> None:
    for name, content in (("small.Q4_0.gguf", MODEL), ("README.md", README)):
        path = hf_hub_download("anna/small-GGUF", name, endpoint=hub.url, cache_dir=tmp_path, token=False)
        assert Path(path).read_bytes() == content.read(0, content.size)


def test_gated_hidden_and_missing_are_told_apart(hub: Hub, api: HfApi, tmp_path: Path) -> None:
    with pytest.raises(GatedRepoError):
        hf_hub_download("meta/gated-GGUF", "gated.gguf", endpoint=hub.url, cache_dir=tmp_path, token=False)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("anna/hidden-GGUF")
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("anna/none")
    assert api.model_info("anna/hidden-GGUF", token="key").private
    path = hf_hub_download("meta/gated-GGUF", "gated.gguf", endpoint=hub.url, cache_dir=tmp_path, token="key")
    assert Path(path).stat().st_size == MODEL.size


def test_the_token_names_its_owner(hub: Hub, api: HfApi) -> None:
    assert api.whoami(token="key")["name"] == "somebody"
    with pytest.raises(HfHubHTTPError):
        api.whoami(token="wrong")


def test_a_busy_hub_is_an_error_of_its_status(hub: Hub, api: HfApi) -> None:
    hub.faults.append(Fault("api", status=429, retry_after=1, times=9))
    with pytest.raises(HfHubHTTPError, match="429"):
        api.model_info("anna/small-GGUF")
