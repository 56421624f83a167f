"""A file comes whole or not at all, through every fault that a hub and a network can have."""

from __future__ import annotations

import hashlib
import threading
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.hub_server import COMMIT, PIECE, Content, Fault, Hub, Repo
from thimble.errors import Code, ThimbleError
from thimble.library import transfer
from thimble.library.choices import HubFile
from thimble.library.connection import Access, AskedToWaitError, Connection
from thimble.library.hub_cache import HubCache
from thimble.library.transfer import Watch, fetch

REPOSITORY = "anna/small-GGUF"
BIG = Content.big(3_000_000)
FILE = HubFile("m.gguf", BIG.size, BIG.sha256)


@pytest.fixture(autouse=True)
def published(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add(Repo(REPOSITORY, {"m.gguf": BIG}))
    monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.001)


@pytest.fixture
def connection(hub: Hub) -> Iterator[Connection]:
    with Connection(Access(hub.url)) as made:
        yield made


@pytest.fixture
def cache(tmp_path: Path) -> HubCache:
    return HubCache(tmp_path / "hub", REPOSITORY)


class Course:
    """Notes the progress; ends the transfer at a byte if it is told to."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.points: list[tuple[int, bool]] = []
        self.stopped = threading.Event()
        self._stop_at = stop_at

    def watch(self) -> Watch:
        return Watch(self._progress, self.stopped)

    def _progress(self, done: int, checking: bool) -> None:
        self.points.append((done, checking))
        if self._stop_at is not None and done >= self._stop_at:
            self.stopped.set()


def _fetch(connection: Connection, cache: HubCache, course: Course | None = None, file: HubFile = FILE) -> None:
    fetch(connection, cache, REPOSITORY, COMMIT, file, (course or Course()).watch())


def _is_whole(cache: HubCache) -> bool:
    return hashlib.sha256(cache.blob(FILE).read_bytes()).hexdigest() == BIG.sha256 and not cache.part(FILE).exists()


def test_a_file_comes_whole_and_is_not_fetched_twice(hub: Hub, connection: Connection, cache: HubCache) -> None:
    course = Course()
    _fetch(connection, cache, course)
    assert _is_whole(cache)
    assert course.points[-1] == (BIG.size, False)
    _fetch(connection, cache)
    assert len(hub.of("data")) == 1


def test_what_was_stopped_goes_on_at_the_same_byte(hub: Hub, connection: Connection, cache: HubCache) -> None:
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache, Course(stop_at=1_000_000))
    assert raised.value.problem.code == Code.CANCELLED
    here = cache.part(FILE).stat().st_size
    assert here >= 1_000_000
    course = Course()
    _fetch(connection, cache, course)
    assert _is_whole(cache)
    assert hub.of("data")[1].range == f"bytes={here}-"
    assert (here, True) in course.points


@pytest.mark.parametrize("cut", [0, 1, PIECE, PIECE + 1, 1_234_567])
def test_a_cut_connection_goes_on_where_it_was_cut(hub: Hub, connection: Connection, cache: HubCache, cut: int) -> None:
    hub.faults.append(Fault("data", cut_after=cut, times=2))
    _fetch(connection, cache)
    assert _is_whole(cache)
    assert [seen.start for seen in hub.of("data")] == [0, cut, 2 * cut]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("data", status=503, times=3),
        Fault("resolve", status=500, times=3),
        Fault("resolve", status=429, retry_after=1, times=2),
        Fault("data", status=403, times=2),
        Fault("data", status=416, times=1),
    ],
)
def test_refusals_that_pass_are_waited_for(hub: Hub, connection: Connection, cache: HubCache, fault: Fault) -> None:
    hub.faults.append(fault)
    _fetch(connection, cache)
    assert _is_whole(cache)


def test_a_hub_that_stays_away_is_an_error_and_what_came_is_kept(
    hub: Hub, connection: Connection, cache: HubCache
) -> None:
    hub.faults += [Fault("data", cut_after=500_000), Fault("resolve", status=503, times=99, skip=1)]
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.HUB_FAILED
    assert cache.part(FILE).stat().st_size == 500_000


def test_a_server_without_ranges_begins_anew_and_ends_whole(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.faults += [Fault("data", cut_after=700_000), Fault("data", ignore_range=True)]
    _fetch(connection, cache)
    assert _is_whole(cache)


def test_wrong_bytes_are_noticed_and_removed(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.faults.append(Fault("data", corrupt_at=2_000_000))
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.DOWNLOAD_DAMAGED
    assert not cache.blob(FILE).exists()
    assert not cache.part(FILE).exists()
    _fetch(connection, cache)
    assert _is_whole(cache)


def test_wrong_bytes_on_the_disk_are_noticed(connection: Connection, cache: HubCache) -> None:
    cache.part(FILE).parent.mkdir(parents=True)
    cache.part(FILE).write_bytes(bytes(1_000_000))  # what a power cut may leave
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.DOWNLOAD_DAMAGED


def test_a_range_at_another_place_is_refused(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.faults += [Fault("data", cut_after=100_000), Fault("data", other_start=True)]
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.DOWNLOAD_DAMAGED
    assert cache.part(FILE).stat().st_size == 100_000


def test_another_file_under_the_same_name_is_refused(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.repos[REPOSITORY].files["m.gguf"] = Content.big(3_000_000, b"other")
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.DOWNLOAD_DAMAGED
    assert hub.of("data") == []


def test_a_part_that_is_too_long_begins_anew(connection: Connection, cache: HubCache) -> None:
    cache.part(FILE).parent.mkdir(parents=True)
    cache.part(FILE).write_bytes(bytes(BIG.size + 1))
    _fetch(connection, cache)
    assert _is_whole(cache)


def test_a_small_file_outside_lfs_is_checked_by_its_git_hash(hub: Hub, connection: Connection, cache: HubCache) -> None:
    text = b"# A model\n"
    good = hashlib.sha1(b"blob %d\0" % len(text) + text, usedforsecurity=False).hexdigest()
    hub.repos[REPOSITORY].files["README.md"] = Content(text)
    file = HubFile("README.md", len(text), good)
    _fetch(connection, cache, file=file)
    assert cache.blob(file).read_bytes() == text


def test_a_silent_server_can_be_left_at_once(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.faults.append(Fault("data", silent=True))
    course = Course()
    errors: list[str] = []

    def work() -> None:
        try:
            _fetch(connection, cache, course)
        except ThimbleError as error:
            errors.append(error.problem.code)

    thread = threading.Thread(target=work)
    thread.start()
    pause = threading.Event()
    while not hub.of("data"):
        pause.wait(0.005)
    course.stopped.set()
    connection.interrupt()
    thread.join(5)
    assert errors == [Code.CANCELLED]


def test_two_programs_fetch_a_file_once(hub: Hub, cache: HubCache) -> None:
    def work() -> None:
        with Connection(Access(hub.url)) as own:
            _fetch(own, cache)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _is_whole(cache)
    assert len(hub.of("data")) == 1


_Usage = namedtuple("_Usage", "total used free")


def test_a_disk_that_is_getting_full_stops_it_and_what_came_is_kept(
    hub: Hub, connection: Connection, cache: HubCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "LOOK_AT_DISK_BYTES", 500_000)
    free = iter([10**12, 1000])
    monkeypatch.setattr("thimble.library.transfer.shutil.disk_usage", lambda _: _Usage(1, 1, next(free)))
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, cache)
    assert raised.value.problem.code == Code.DISK_FULL
    assert "kept" in raised.value.problem.sentence
    assert 500_000 <= cache.part(FILE).stat().st_size < BIG.size


def test_a_folder_that_cannot_be_written_is_named(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("a file is in the way")
    with pytest.raises(ThimbleError) as raised:
        _fetch(connection, HubCache(tmp_path / "hub", REPOSITORY))
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE


def test_a_longer_wait_that_the_hub_asks_for_is_the_queues(hub: Hub, connection: Connection, cache: HubCache) -> None:
    hub.faults.append(Fault("data", status=429, retry_after=90, times=1))
    with pytest.raises(AskedToWaitError) as asked:
        _fetch(connection, cache)
    assert asked.value.seconds == 90
    assert len(hub.of("data")) == 1
