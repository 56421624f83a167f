"""The queue: several at once, paused, taken back, and going on after a kill as if nothing had been."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from huggingface_hub import try_to_load_from_cache

from tests.benchmarks.killed_download import kill_again_and_again
from tests.helpers.hub_server import COMMIT, Content, Fault, Hub, Repo
from thimble.disks import mount_of
from thimble.errors import Code, ThimbleError
from thimble.library import downloads as module
from thimble.library import transfer
from thimble.library.choices import Choice, HubFile
from thimble.library.connection import Access
from thimble.library.download_jobs import DownloadStatus
from thimble.library.downloads import Downloads
from thimble.library.hub_cache import HubCache
from thimble.library.orders import Order, read_orders, write_orders
from thimble.library.speed import Speed
from thimble.library.stages import Stage

REPOSITORY = "anna/small-GGUF"
BIG = Content.big(2_000_000)
SLOW = Fault("data", bytes_per_second=100_000, times=99)


def _choice(*contents: Content, name: str = "m") -> Choice:
    many = len(contents)
    paths = [f"{name}-{n:05d}-of-{many:05d}.gguf" if many > 1 else f"{name}.gguf" for n in range(1, many + 1)]
    return Choice("Q4_0", tuple(HubFile(p, c.size, c.sha256) for p, c in zip(paths, contents, strict=True)))


def _publish(hub: Hub, choice: Choice, contents: list[Content], repository: str = REPOSITORY) -> None:
    files = {file.path: content for file, content in zip(choice.files, contents, strict=True)}
    hub.add(Repo(repository, {**(hub.repos[repository].files if repository in hub.repos else {}), **files}))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(module, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr("thimble.library.tokens.load", lambda _host: "")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hub"


@pytest.fixture
def make(hub: Hub, tmp_path: Path) -> Iterator[Callable[..., Downloads]]:
    made: list[Downloads] = []

    def one(**more: object) -> Downloads:
        made.append(Downloads(tmp_path / "downloads.json", access=Access(hub.url), **more))  # type: ignore[arg-type]
        assert made[-1].start()
        return made[-1]

    yield one
    for queue in made:
        queue.close()


def _until(queue: Downloads, identity: str, seen: Callable[[DownloadStatus], bool]) -> DownloadStatus:
    pause = threading.Event()
    for _ in range(4000):
        for status in queue.statuses():
            if status.id == identity and seen(status):
                return status
        pause.wait(0.005)
    raise AssertionError(queue.statuses())


def test_a_model_of_several_parts_comes_and_has_its_place(
    hub: Hub, make: Callable[..., Downloads], cache: Path
) -> None:
    contents = [Content.big(400_000, bytes([n])) for n in range(3)]
    choice = _choice(*contents)
    _publish(hub, choice, contents)
    queue = make()
    status = queue.wait(queue.add(REPOSITORY, COMMIT, choice, cache), 20)
    assert status is not None
    assert (status.stage, status.done, status.total) == (Stage.DONE, 1_200_000, 1_200_000)
    assert status.path == try_to_load_from_cache(REPOSITORY, choice.path, cache_dir=cache)
    for file, content in zip(choice.files, contents, strict=True):
        path = HubCache(cache, REPOSITORY).pointer(COMMIT, file)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == content.sha256
    assert read_orders(cache.parent / "downloads.json") == ([], True)


def test_so_many_at_a_time_the_others_wait(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    hub.faults.append(SLOW)
    queue = make(parallel=2)
    identities = []
    for name in "abc":
        choice = _choice(BIG, name=name)
        _publish(hub, choice, [BIG], f"anna/{name}-GGUF")
        identities.append(queue.add(f"anna/{name}-GGUF", COMMIT, choice, cache))
    for identity in identities[:2]:
        _until(queue, identity, lambda status: status.stage == Stage.LOADING)
    assert queue.statuses()[2].stage == Stage.QUEUED
    queue.pause(identities[0])
    _until(queue, identities[2], lambda status: status.stage == Stage.LOADING)
    assert [status.stage for status in queue.statuses()] == [Stage.PAUSED, Stage.LOADING, Stage.LOADING]


def test_pause_holds_over_a_restart_and_resume_goes_on(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(Fault("data", bytes_per_second=500_000))
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    _until(queue, identity, lambda status: status.done > 100_000)
    queue.pause(identity)
    queue.close()
    again = make()
    (status,) = again.statuses()
    assert status.stage == Stage.PAUSED
    assert 100_000 < status.done < BIG.size
    again.resume(identity)
    done = again.wait(identity, 20)
    assert done is not None
    assert done.stage == Stage.DONE
    assert sum(seen.sent for seen in hub.of("data")[1:]) <= BIG.size - 100_000


def test_a_lost_network_is_waited_for(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(Fault("resolve", status=503, times=9))
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    waiting = _until(queue, identity, lambda status: status.stage == Stage.WAITING)
    assert waiting.problem is not None
    done = queue.wait(identity, 20)
    assert done is not None
    assert (done.stage, done.problem) == (Stage.DONE, None)


def test_offline_nothing_comes_and_online_it_goes_on(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(SLOW)
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    _until(queue, identity, lambda status: status.stage == Stage.LOADING)
    queue.configure(Access(hub.url, offline=True))
    _until(queue, identity, lambda status: status.stage == Stage.QUEUED)
    with pytest.raises(ThimbleError) as raised:
        queue.add(REPOSITORY, COMMIT, choice, cache)
    assert raised.value.problem.code == Code.OFFLINE
    hub.faults.clear()
    queue.configure(Access(hub.url))
    done = queue.wait(identity, 20)
    assert done is not None
    assert done.stage == Stage.DONE


def test_what_cannot_be_had_fails_with_its_sentence(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.repos[REPOSITORY].gated = "manual"
    queue = make()
    status = queue.wait(queue.add(REPOSITORY, COMMIT, choice, cache), 20)
    assert status is not None
    assert status.stage == Stage.FAILED
    assert status.problem is not None
    assert status.problem.code == Code.HUB_GATED


def test_removed_and_taken_back_it_goes_on_discarded_it_leaves_nothing(
    hub: Hub, make: Callable[..., Downloads], cache: Path
) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(Fault("data", bytes_per_second=500_000, times=2))
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    _until(queue, identity, lambda status: status.done > 100_000)
    order = queue.remove(identity)
    assert order is not None
    assert queue.statuses() == []
    queue.take_back(order)
    _until(queue, identity, lambda status: status.stage == Stage.LOADING and status.done > 100_000)
    order = queue.remove(identity)
    assert order is not None
    _until_gone(queue)
    queue.discard(order)
    assert not HubCache(cache, REPOSITORY).folder.exists()


def _until_gone(queue: Downloads) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("download "):
            thread.join(5)


def test_two_windows_have_one_queue(hub: Hub, make: Callable[..., Downloads], cache: Path, tmp_path: Path) -> None:
    make()
    other = Downloads(tmp_path / "downloads.json", access=Access(hub.url))
    assert not other.start()
    with pytest.raises(ThimbleError) as raised:
        other.add(REPOSITORY, COMMIT, _choice(BIG), cache)
    assert raised.value.problem.code == Code.DOWNLOADS_ELSEWHERE
    other.close()


def test_a_disk_that_is_too_small_is_said_before_anything_comes(
    hub: Hub, make: Callable[..., Downloads], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "disk_free", lambda _path: 1_000_000)
    with pytest.raises(ThimbleError) as raised:
        make().add(REPOSITORY, COMMIT, _choice(BIG), cache)
    assert raised.value.problem.code == Code.DISK_FULL
    assert hub.seen == []


def test_a_name_that_leads_out_of_the_folder_is_refused(make: Callable[..., Downloads], cache: Path) -> None:
    evil = Choice("Q4_0", (HubFile("../../evil.gguf", 5, "a" * 64),))
    with pytest.raises(ThimbleError):
        make().add(REPOSITORY, COMMIT, evil, cache)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"orders": 3}', '{"orders": [{"repository": "../x"}, 5]}'])
def test_a_damaged_list_of_downloads_is_set_aside_and_nothing_is_swept(
    make: Callable[..., Downloads], cache: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "downloads.json").write_text(text)
    part = HubCache(cache, REPOSITORY).part(HubFile("m.gguf", 5, "a" * 64))
    part.parent.mkdir(parents=True)
    part.write_bytes(b"much")
    os.utime(part, (0, 0))
    for _ in range(2):  # the next start does not know either what was wanted
        queue = make()
        assert queue.statuses() == []
        queue.sweep(cache)
        queue.close()
        assert part.exists()
    assert (tmp_path / "downloads.json.damaged").read_text() == text
    assert read_orders(tmp_path / "downloads.json") == ([], True)


def test_of_a_list_with_one_damaged_entry_the_others_are_kept(
    make: Callable[..., Downloads], cache: Path, tmp_path: Path
) -> None:
    order = Order(REPOSITORY, COMMIT, "Q4_0", (HubFile("m.gguf", 5, "a" * 64),), str(cache), paused=True)
    write_orders(tmp_path / "downloads.json", [order])
    data = json.loads((tmp_path / "downloads.json").read_text())
    (tmp_path / "downloads.json").write_text(json.dumps({"orders": [5, *data["orders"]]}))
    assert [status.id for status in make().statuses()] == [order.id]
    assert read_orders(tmp_path / "downloads.json") == ([order], True)


def test_the_window_can_look_while_the_disk_is_slow(
    make: Callable[..., Downloads], cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queue = make()
    writing, go_on = threading.Event(), threading.Event()

    def slow(path: Path, orders: list[Order]) -> None:
        writing.set()
        assert go_on.wait(20)
        write_orders(path, orders)

    monkeypatch.setattr(module, "write_orders", slow)
    order = Order(REPOSITORY, COMMIT, "Q4_0", (HubFile("m.gguf", 5, "a" * 64),), str(cache), paused=True)
    saver = threading.Thread(target=queue.take_back, args=(order,))
    saver.start()
    assert writing.wait(20)
    seen: list[DownloadStatus] = []
    looker = threading.Thread(target=lambda: seen.extend(queue.statuses()))
    looker.start()
    looker.join(2)
    looked = list(seen)
    go_on.set()
    saver.join(20)
    looker.join(20)
    assert [status.id for status in looked] == [order.id]
    assert read_orders(tmp_path / "downloads.json") == ([order], True)


def test_a_change_that_could_not_be_saved_is_saved_at_the_end(
    make: Callable[..., Downloads], cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queue = make()
    order = Order(REPOSITORY, COMMIT, "Q4_0", (HubFile("m.gguf", 5, "a" * 64),), str(cache), paused=True)

    def full(_path: Path, _orders: list[Order]) -> None:
        raise ThimbleError(Code.DISK_FULL, "Full.")

    monkeypatch.setattr(module, "write_orders", full)
    with pytest.raises(ThimbleError):
        queue.take_back(order)
    monkeypatch.setattr(module, "write_orders", write_orders)
    queue.close()
    assert read_orders(tmp_path / "downloads.json") == ([order], True)


def test_the_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed()
    assert speed.value(0.0) == 0.0
    for second in range(20):
        speed.add(float(second), second * 1000)
    assert speed.value(19.0) == pytest.approx(1000)
    assert speed.value(23.0) < 800  # a stall shows
    assert speed.value(40.0) == 0.0


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
def test_killed_again_and_again_it_is_one_whole_file_and_nothing_came_twice(tmp_path: Path) -> None:
    found = kill_again_and_again(tmp_path, 200 * 2**20, kills=8)
    assert found.kills == 8
    assert found.hash_is_right
    assert found.files == 1
    # Each run asked for the byte after the last one on the disk, so that nothing written was fetched again; what was
    # in a killed program's hands is at most a piece.
    assert found.starts == found.sizes_on_disk
    assert read_orders(tmp_path / "downloads.json") == ([], True)


def test_a_download_waits_as_long_as_the_hub_asks(
    hub: Hub, make: Callable[..., Downloads], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(Fault("resolve", status=429, retry_after=90))
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    waiting = _until(queue, identity, lambda status: status.stage == Stage.WAITING)
    assert waiting.problem is not None
    assert queue._jobs[identity].next_try - time.monotonic() > 60
    queue.resume(identity)  # a person may be faster
    done = queue.wait(identity, 20)
    assert done is not None
    assert done.stage == Stage.DONE


def test_a_download_whose_disk_is_unplugged_waits_and_goes_on_when_it_is_back(
    hub: Hub, make: Callable[..., Downloads], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    there = [False]
    monkeypatch.setattr(module, "is_there", lambda _mount: there[0])
    queue = make()
    identity = queue.add(REPOSITORY, COMMIT, choice, cache)
    waiting = _until(queue, identity, lambda status: status.stage == Stage.WAITING)
    assert waiting.problem is not None
    assert waiting.problem.code == Code.DISK_MISSING
    assert hub.of("data") == []
    there[0] = True
    done = queue.wait(identity, 20)
    assert done is not None
    assert done.stage == Stage.DONE


def test_nothing_is_begun_on_the_mount_point_of_a_disk_that_is_away(
    hub: Hub, make: Callable[..., Downloads], cache: Path
) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    queue = make(disk_of=lambda _folder: "/media/anna/usb")
    with pytest.raises(ThimbleError) as caught:
        queue.add(REPOSITORY, COMMIT, choice, cache)
    assert caught.value.problem.code == Code.DISK_MISSING
    assert "/media/anna/usb" in caught.value.problem.sentence
    assert queue.statuses() == []
    assert not cache.exists()


def test_the_disk_of_a_download_is_remembered(hub: Hub, make: Callable[..., Downloads], cache: Path) -> None:
    choice = _choice(BIG)
    _publish(hub, choice, [BIG])
    hub.faults.append(Fault("resolve", status=503, times=99))
    queue = make()
    queue.add(REPOSITORY, COMMIT, choice, cache)
    orders, sound = read_orders(queue._file)
    assert sound
    assert [order.mount for order in orders] == [mount_of(cache)]
