"""What tests of the window that talk to the hub share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from tests.helpers.hub_server import Content, Hub, Repo, hub_server
from thimble.settings import Settings

REPOSITORY = "anna/small-GGUF"


@pytest.fixture
def hub(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The hub on this computer, in the settings, with a model of experts in two sizes and a gated one."""
    monkeypatch.setattr("thimble.library.tokens.load", lambda _host: "")
    small = Content(write_model(tmp_path / "made" / "s.gguf", name="Small", experts=4).read_bytes() + bytes(400_000))
    big = Content(write_model(tmp_path / "made" / "b.gguf", name="Small", experts=16).read_bytes() + bytes(800_000))
    with hub_server() as made:
        files = {"small-Q4_0.gguf": small, "small-Q8_0.gguf": big, "README.md": Content(b"#")}
        made.add(Repo(REPOSITORY, files, downloads=7, facts={"architecture": "llama", "total": 10**9}))
        made.add(Repo("meta/gated-GGUF", {"g-Q4_0.gguf": small}, gated="manual", downloads=3))
        settings.set("files.hub_endpoint", made.url)
        yield made
