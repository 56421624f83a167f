"""The hub over a real socket: what is found, what is refused, and where the token goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from tests.helpers.hub_server import COMMIT, Content, Fault, Repo
from tests.helpers.hub_server import Hub as Server
from thimble.errors import Code, ThimbleError
from thimble.library.connection import LONGEST_WAIT_S, Access, Connection, clean_endpoint, retry_after
from thimble.library.hub import Hub, page_url

MODEL = Content.big(50_000)
FACTS = {"architecture": "smallthinker", "total": 4_266_000_000, "context_length": 32768}


@pytest.fixture(autouse=True)
def published(hub: Server) -> None:
    hub.users["key"] = "somebody"
    files = {"m-Q4_0.gguf": MODEL, "m-Q8_0-00001-of-00002.gguf": MODEL, "m-Q8_0-00002-of-00002.gguf": MODEL}
    hub.add(Repo("anna/small-GGUF", {**files, "README.md": Content(b"#")}, downloads=5, facts=FACTS))
    hub.add(Repo("bob/big-GGUF", {"big.gguf": MODEL}, downloads=9))
    hub.add(Repo("meta/gated-GGUF", {"gated.gguf": MODEL}, gated="manual", tokens=frozenset({"key"})))
    hub.add(Repo("anna/hidden-GGUF", {"hidden.gguf": MODEL}, private=True, tokens=frozenset({"key"})))


_opened: list[Connection] = []


@pytest.fixture(autouse=True)
def closed_afterwards() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def _connection(access: Access) -> Connection:
    _opened.append(Connection(access))
    return _opened[-1]


def _hub(server: Server, token: str = "", *, offline: bool = False) -> Hub:
    return Hub(_connection(Access(server.url, offline, token)))


def _code(raised: pytest.ExceptionInfo[ThimbleError]) -> str:
    return raised.value.problem.code


def test_search_finds_by_words_most_downloaded_first(hub: Server) -> None:
    found = _hub(hub).search("  gguf ")
    assert [model.repository for model in found[:2]] == ["bob/big-GGUF", "anna/small-GGUF"]
    small = found[1]
    assert (small.architecture, small.parameters, small.context) == ("smallthinker", 4_266_000_000, 32768)
    assert small.licence == "apache-2.0"
    assert small.changed == "2026-06-01"
    assert next(model for model in found if model.repository == "meta/gated-GGUF").gated
    assert _hub(hub).search("no such thing") == []


def test_a_name_that_could_leave_its_folder_is_not_among_the_results(hub: Server) -> None:
    hub.add(Repo("../../etc", {"m.gguf": MODEL}, downloads=100))
    assert all(".." not in model.repository for model in _hub(hub).search(""))


def test_a_repository_has_a_commit_and_choices(hub: Server) -> None:
    found = _hub(hub).repository("anna/small-GGUF")
    assert found.commit == COMMIT
    assert [(choice.label, len(choice.files)) for choice in found.choices] == [("Q4_0", 1), ("Q8_0", 2)]
    assert found.choices[0].files[0].hash == MODEL.sha256
    assert _hub(hub).repository("anna/small-GGUF", COMMIT) == found
    assert page_url(Access(hub.url), "anna/small-GGUF") == f"{hub.url}/anna/small-GGUF"


def test_a_files_place_comes_with_size_hash_and_commit(hub: Server) -> None:
    place = _hub(hub).locate("anna/small-GGUF", COMMIT, "m-Q4_0.gguf")
    assert place.url.startswith("http://localhost:")
    assert (place.size, place.hash, place.commit) == (MODEL.size, MODEL.sha256, COMMIT)


def test_a_renamed_repository_is_followed(hub: Server) -> None:
    hub.renamed["old/small-GGUF"] = "anna/small-GGUF"
    found = _hub(hub).repository("old/small-GGUF")
    assert (found.model.repository, found.commit) == ("old/small-GGUF", COMMIT)
    assert _hub(hub).locate("old/small-GGUF", COMMIT, "m-Q4_0.gguf").hash == MODEL.sha256


@pytest.mark.parametrize("name", ["nobody/nothing", "anna/hidden-GGUF"])
def test_what_is_not_there_or_not_shown_is_said(hub: Server, name: str) -> None:
    with pytest.raises(ThimbleError) as raised:
        _hub(hub).repository(name)
    assert _code(raised) == Code.NOT_FOUND
    assert name in raised.value.problem.sentence


def test_gated_files_need_a_token_that_its_authors_know(hub: Server) -> None:
    hub.users["other"] = "somebody else"
    for token, action in (("", "then enter your access token"), ("other", "with the account your token belongs to")):
        with pytest.raises(ThimbleError) as raised:
            _hub(hub, token).locate("meta/gated-GGUF", "main", "gated.gguf")
        assert _code(raised) == Code.HUB_GATED
        assert action in raised.value.problem.action
    assert _hub(hub, "key").locate("meta/gated-GGUF", "main", "gated.gguf").size == MODEL.size


def test_the_token_names_its_owner_or_is_refused(hub: Server) -> None:
    assert _hub(hub, "key").whoami() == "somebody"
    with pytest.raises(ThimbleError) as raised:
        _hub(hub, "wrong").whoami()
    assert _code(raised) == Code.UNAUTHORIZED


def test_the_token_goes_to_its_own_host_only(hub: Server) -> None:
    connection = _connection(Access(hub.url, token="key"))
    place = Hub(connection).locate("meta/gated-GGUF", "main", "gated.gguf")
    with connection.stream("GET", place.url, what="it") as response:
        assert b"".join(connection.pieces(response)) == MODEL.read(0, MODEL.size)
    with connection.stream("GET", f"{hub.url}/meta/gated-GGUF/resolve/main/gated.gguf", what="it") as response:
        assert len(b"".join(connection.pieces(response))) == MODEL.size
    assert {seen.token for seen in hub.of("data")} == {""}
    assert {seen.token for seen in hub.of("resolve")} == {"key"}


def test_a_token_never_goes_unencrypted_over_a_network() -> None:
    connection = _connection(Access("http://mirror.example", token="key"))
    assert not connection._may_have_token("http://mirror.example/api/models")
    assert _connection(Access("https://mirror.example", token="key"))._may_have_token("https://mirror.example/x")


def test_a_proxy_of_the_environment_is_used(hub: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    monkeypatch.setenv("http_proxy", hub.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    found = Hub(_connection(Access("http://mirror.example"))).search("small")
    assert [model.repository for model in found] == ["anna/small-GGUF"]
    assert hub.of("api")[-1].host == "mirror.example"


def test_offline_no_connection_is_opened(hub: Server) -> None:
    for call in (lambda h: h.search("x"), lambda h: h.repository("anna/small-GGUF"), lambda h: h.whoami()):
        with pytest.raises(ThimbleError) as raised:
            call(_hub(hub, offline=True))
        assert _code(raised) == Code.OFFLINE
    assert hub.seen == []


def test_a_hub_that_is_not_there_is_named_with_what_helps() -> None:
    with pytest.raises(ThimbleError) as raised:
        Hub(_connection(Access("http://127.0.0.1:9"))).search("x")
    assert _code(raised) == Code.NO_NETWORK
    assert "127.0.0.1:9" in raised.value.problem.sentence
    assert "mirror" in raised.value.problem.action


@pytest.mark.parametrize(("status", "code"), [(429, Code.HUB_BUSY), (503, Code.HUB_FAILED)])
def test_a_hub_in_trouble_says_so(hub: Server, status: int, code: str) -> None:
    hub.faults.append(Fault("api", status=status))
    with pytest.raises(ThimbleError) as raised:
        _hub(hub).search("x")
    assert _code(raised) == code


def test_a_silent_hub_can_be_left_at_once(hub: Server) -> None:
    hub.faults.append(Fault("api", silent=True))
    connection = _connection(Access(hub.url))
    errors: list[ThimbleError] = []

    def ask() -> None:
        try:
            Hub(connection).search("x")
        except ThimbleError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    asked = threading.Event()
    while not hub.of("api"):
        asked.wait(0.005)
    connection.interrupt()
    thread.join(5)
    assert not thread.is_alive()
    assert [error.problem.code for error in errors] == [Code.CANCELLED]


def test_a_page_that_is_no_hub_makes_no_sense(hub: Server) -> None:
    with pytest.raises(ThimbleError) as raised:
        Hub(_connection(Access(f"{hub.url}/anna/small-GGUF/resolve/main/README.md?"))).search("x")
    assert _code(raised) in {Code.HUB_FAILED, Code.NOT_FOUND}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", "https://huggingface.co"),
        (" hf-mirror.example/ ", "https://hf-mirror.example"),
        ("http://h:8", "http://h:8"),
    ],
)
def test_an_address_as_people_type_it(typed: str, meant: str) -> None:
    assert clean_endpoint(typed) == meant


@pytest.mark.parametrize("typed", ["ftp://x", "https://", "https://user:word@x", "http://x:no"])
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(ThimbleError):
        clean_endpoint(typed)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0.5", 0.5), ("", 0), ("soon", 0), ("-3", 0), ("nan", 0), ("99999999", LONGEST_WAIT_S)],
)
def test_how_long_a_server_asks_to_wait(text: str, seconds: float) -> None:
    assert retry_after(text) == seconds


def test_a_date_until_which_a_server_asks_to_wait() -> None:
    later = formatdate(time.time() + 100, usegmt=True)
    assert 90 < retry_after(later) <= 100
    assert retry_after(formatdate(0, usegmt=True)) == 0
