"""`thimble models --get`: the wanted model first, and nothing of the queue when it is here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.hub_server import COMMIT, Content, Fault, Hub, Repo
from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library.choices import HubFile
from thimble.library.connection import Access
from thimble.library.downloads import Downloads
from thimble.library.get import get_model
from thimble.library.orders import Order, read_orders, write_orders
from thimble.modelfile.projectors import beside
from thimble.settings import Settings

REPOSITORY = "anna/small-GGUF"
DATA = Content.big(200_000)
FILE = HubFile("m-Q4_0.gguf", DATA.size, DATA.sha256)


@pytest.fixture
def settings(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr("thimble.library.tokens.load", lambda _host: "")
    hub.add(Repo(REPOSITORY, {FILE.path: DATA}))
    made = Settings.load(tmp_path / "settings.json")
    made.set("files.hub_endpoint", hub.url)
    made.set("files.hub_cache", str(tmp_path / "hub"))
    return made


def test_a_model_that_is_here_needs_no_queue(settings: Settings, hub: Hub) -> None:
    path = get_model(settings, REPOSITORY, lambda _status: None)
    elsewhere = Downloads(paths.downloads_file(), access=Access(hub.url))
    assert elsewhere.start()
    try:
        assert get_model(settings, REPOSITORY, lambda _status: None) == path
        path.resolve().unlink()
        with pytest.raises(ThimbleError) as raised:
            get_model(settings, REPOSITORY, lambda _status: None)
        assert raised.value.problem.code == Code.DOWNLOADS_ELSEWHERE
    finally:
        elsewhere.close()


def test_the_projector_comes_with_the_model_also_later(settings: Settings, hub: Hub) -> None:
    path = get_model(settings, REPOSITORY, lambda _status: None)
    assert beside(path) == []
    eyes = Content.big(50_000, b"eyes")
    hub.add(Repo(REPOSITORY, {FILE.path: DATA, "mmproj-F16.gguf": eyes}))
    again = get_model(settings, REPOSITORY, lambda _status: None)
    assert again == path
    (projector,) = beside(path)
    assert (projector.name, projector.stat().st_size) == ("mmproj-F16.gguf", eyes.size)


def test_what_was_asked_for_comes_before_the_queue(settings: Settings, hub: Hub) -> None:
    others = []
    for name in "abc":
        big = Content.big(300_000, name.encode())
        hub.add(Repo(f"anna/{name}-GGUF", {"o.gguf": big}))
        file = HubFile("o.gguf", big.size, big.sha256)
        others.append(Order(f"anna/{name}-GGUF", COMMIT, "Q4_0", (file,), str(settings.hub_cache())))
    write_orders(paths.downloads_file(), others)
    hub.faults.append(Fault("data", bytes_per_second=100_000, times=99))
    get_model(settings, REPOSITORY, lambda _status: None)
    begun = [seen.path for seen in hub.of("data")[:2]]  # two come at a time
    assert f"/content/{REPOSITORY}/{FILE.path}" in begun
    orders, _ = read_orders(paths.downloads_file())
    assert [order.id for order in orders] == [order.id for order in others]
