"""The queue of downloads: what is wanted, what comes, what waits; it survives kills, restarts and lost networks.

Free of Qt: the window asks for `statuses()` as often as it draws. What is wanted is in a file; how far each download
is, the bytes on the disk say.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import filelock

from thimble.disks import is_there, mount_of
from thimble.errors import Code, Problem, ThimbleError
from thimble.library import tokens
from thimble.library.choices import Choice
from thimble.library.connection import Access, AskedToWaitError, Connection
from thimble.library.copying import SPACE_LEFT_OVER, make_folder
from thimble.library.download_jobs import DownloadStatus, Job, bytes_here, disk_away, disk_missing, parts_of
from thimble.library.hub_cache import LEFTOVER_S, HubCache, sweep
from thimble.library.orders import Order, lately_damaged, read_orders, set_aside, write_orders
from thimble.library.speed import Speed
from thimble.library.stages import GOING, Stage
from thimble.library.transfer import Watch, disk_full, fetch
from thimble.probe import disk_free

log = logging.getLogger(__name__)

PARALLEL: Final = 2
FIRST_RETRY_S: Final = 5.0  # doubled each time
LONGEST_RETRY_S: Final = 60.0
CLOSE_SECONDS: Final = 2.0
_WAIT_FOR: Final = frozenset({Code.NO_NETWORK, Code.HUB_BUSY, Code.HUB_FAILED, Code.DISK_MISSING})


class Downloads:
    """The queue of this user; one process at a time works on it.

    Args:
        file: where the queue is kept.
        on_change: called, from any thread, when a download's stage has changed or one was added or removed.
        access: of the hub, until `configure` tells another.
        parallel: how many files come at the same time.
        disk_of: the mount point of the disk that a folder belongs to, also while that is unplugged.
    """

    def __init__(
        self,
        file: Path,
        on_change: Callable[[], None] | None = None,
        *,
        access: Access | None = None,
        parallel: int = PARALLEL,
        disk_of: Callable[[Path], str] = mount_of,
    ) -> None:
        self._file = file
        self._on_change = on_change or (lambda: None)
        self._parallel = parallel
        self._disk_of = disk_of
        self._access = access or Access(offline=True)
        self._lock = threading.RLock()  # the window takes it four times a second: nothing is written under it
        self._saving = threading.Lock()  # taken before, never under, `_lock`
        self._unsaved = False
        self._given_up = False
        self._wake = threading.Condition(self._lock)
        self._jobs: dict[str, Job] = {}
        self._leaving: set[threading.Thread] = set()  # workers of downloads that were removed
        # Taken in one thread and given back in another.
        self._owner = filelock.FileLock(file.with_name(f"{file.name}.lock"), thread_local=False)
        self._keeper: threading.Thread | None = None
        self._closed = False

    # --- what the window and the terminal call ------------------------------------------------------------------

    def start(self) -> bool:
        """Takes the queue up where it was left; False when another window has it.

        Raises:
            ThimbleError: FILE_NOT_WRITABLE: a damaged list could not be set aside.
        """
        with self._lock:
            if self._keeper is not None:
                return True
            if not self._take_up():
                return False
        self._save()
        self._on_change()
        return True

    def configure(self, access: Access) -> None:
        """Uses another hub from now on; going offline stops what comes, coming back goes on with it."""
        with self._lock:
            before, self._access = self._access, access
            if before == access:
                return
            for job in self._jobs.values():
                if job.stage in GOING and (access.offline or access.endpoint != before.endpoint):
                    self._stop(job, Stage.QUEUED)
                job.next_try = 0.0
            self._wake.notify_all()
        self._on_change()

    def add(self, repository: str, commit: str, choice: Choice, cache: Path, *, first: bool = False) -> str:
        """Wants a model.

        Args:
            repository: "author/name".
            commit: that the files belong to.
            choice: the quantization.
            cache: the download folder; made when it is not there.
            first: whether it comes before what is in the queue already.

        Returns:
            the download's id. One that is in the queue already goes on.

        Raises:
            ThimbleError: DISK_FULL or DISK_MISSING before anything has come, OFFLINE, DOWNLOADS_ELSEWHERE,
                FILE_NOT_WRITABLE, or HUB_FAILED for names that lead out of the folder.
        """
        with self._lock:
            if self._access.offline:
                raise ThimbleError(
                    Code.OFFLINE,
                    "Nothing is downloaded, because Thimble is set to work offline.",
                    "Turn “Work offline” off in the settings.",
                )
            if self._keeper is None and not self._take_up():
                raise ThimbleError(
                    Code.DOWNLOADS_ELSEWHERE,
                    "Another Thimble window is in charge of the downloads.",
                    "Start the download there, or close that window.",
                )
            mount = self._disk_of(cache)
            if mount != mount_of(cache):
                raise disk_away(mount, cache)
            order = Order(repository, commit, choice.label, choice.wanted, str(cache), mount=mount)
            hub_cache = HubCache(cache, repository)
            for file in order.files:
                hub_cache.pointer(commit, file)
            old = self._jobs.get(order.id)
            if old is not None and old.stage != Stage.DONE:
                job = old
                self._resume(job)
            else:
                self._check_space(order, hub_cache)
                job = Job(order)
                job.done = bytes_here(order)
            if first:
                self._jobs = {order.id: job, **{name: one for name, one in self._jobs.items() if one is not old}}
            else:
                self._jobs[order.id] = job
            self._changed()
        self._save()
        self._on_change()
        return order.id

    def pause(self, identity: str) -> None:
        """Stops a download; what has come is kept, also over restarts."""
        with self._lock:
            job = self._jobs.get(identity)
            if job is None or job.stage == Stage.DONE:
                return
            self._set(job, Stage.PAUSED, paused=True)
        self._save()
        self._on_change()

    def resume(self, identity: str) -> None:
        """Goes on with a download that was paused, waits or has failed."""
        with self._lock:
            job = self._jobs.get(identity)
            if job is None or not self._resume(job):
                return
        self._save()
        self._on_change()

    def remove(self, identity: str) -> Order | None:
        """Takes a download out of the queue; what has come stays until `sweep`, so that it can be taken back.

        Returns:
            what `take_back` needs; None when there is no such download, or it is over.
        """
        with self._lock:
            job = self._jobs.get(identity)
            if job is None:
                return None
            over = job.stage == Stage.DONE
            self._stop(job, Stage.PAUSED)
            self._leaving = {thread for thread in self._leaving if thread.is_alive()}
            if job.thread is not None:
                self._leaving.add(job.thread)
            del self._jobs[identity]
            self._changed()
        self._save()
        self._on_change()
        return None if over else job.order

    def take_back(self, order: Order) -> None:
        """Undoes `remove`: goes on where it was."""
        with self._lock:
            if order.id in self._jobs or self._closed:
                return
            job = Job(order)
            job.done = bytes_here(order)
            self._jobs[order.id] = job
            self._changed()
        self._save()
        self._on_change()

    def discard(self, order: Order) -> None:
        """Removes what has come of a download that was taken out of the queue."""
        with self._lock:
            if order.id in self._jobs or not self._keeper:
                return
            wanted = {str(path) for job in self._jobs.values() for path in parts_of(job.order)}
        cache = HubCache(Path(order.cache), order.repository)
        cache.forget_parts(file for file in order.files if str(cache.part(file)) not in wanted)

    def sweep(self, cache: Path) -> None:
        """Removes old leftovers in a download folder that no download wants."""
        with self._lock:
            if self._keeper is None or lately_damaged(self._file):
                return
            wanted = [path for job in self._jobs.values() for path in parts_of(job.order)]
        for path in sweep(cache, wanted, older_than_s=LEFTOVER_S):
            log.info("left over from an earlier download, removed: %s", path)

    def statuses(self) -> list[DownloadStatus]:
        """All downloads, in the order in which they were wanted."""
        with self._lock:
            return [self._status(job) for job in self._jobs.values()]

    def wait(self, identity: str, seconds: float | None = None) -> DownloadStatus | None:
        """Blocks until a download is done, paused or has failed; its status then, None when it was removed."""
        deadline = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            while True:
                job = self._jobs.get(identity)
                over = job is None or job.stage in {Stage.FAILED, Stage.PAUSED}
                if job is None or over or (job.stage == Stage.DONE and not job.working):  # and the list is saved
                    return self._status(job) if job else None
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return self._status(job)
                self._wake.wait(left)

    def close(self) -> None:
        """Stops everything; the next start goes on. Takes at most some seconds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            workers = [job.thread for job in self._jobs.values() if job.thread is not None] + list(self._leaving)
            for job in self._jobs.values():
                self._stop(job, job.stage)
            keeper = self._keeper
            self._wake.notify_all()
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in [*workers, *([keeper] if keeper else [])]:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._save_for_certain()
        with self._saving:  # another window writes from now on
            self._given_up = True
            self._owner.release()

    # --- inside -------------------------------------------------------------------------------------------------

    def _own(self) -> bool:
        make_folder(self._file.parent)
        try:
            self._owner.acquire(timeout=0)
        except filelock.Timeout:
            return False
        return True

    def _take_up(self) -> bool:
        """Reads the queue and starts to work on it; False when another window has it. Under the lock."""
        if self._closed or not self._own():
            return False
        orders, sound = read_orders(self._file)
        if not sound:
            try:
                set_aside(self._file)
            except ThimbleError:
                self._owner.release()
                raise
            self._unsaved = True
        for order in orders:
            job = Job(order)
            job.done = bytes_here(order)
            self._jobs[order.id] = job
        self._keeper = threading.Thread(target=self._keep, name="downloads", daemon=True)
        self._keeper.start()
        return True

    def _changed(self) -> None:
        """What is wanted is different now; under the lock, `_save` follows outside of it."""
        self._unsaved = True
        self._wake.notify_all()

    def _save(self) -> None:
        """Writes the list as it is now, unless another thread has. Not under the lock: a slow disk takes a second.

        Raises:
            ThimbleError: FILE_NOT_WRITABLE or DISK_FULL.
        """
        with self._saving:
            with self._lock:
                if not self._unsaved or self._keeper is None or self._given_up:
                    return
                self._unsaved = False
                orders = [job.order for job in self._jobs.values() if job.stage != Stage.DONE]
            try:
                write_orders(self._file, orders)
            except ThimbleError:
                with self._lock:
                    self._unsaved = True
                raise

    def _save_for_certain(self) -> None:
        try:
            self._save()
        except ThimbleError as error:  # what is whole, the next start finds and says so
            log.warning("%s (%s)", error, error.problem.detail)

    def _resume(self, job: Job) -> bool:
        """Goes on with it unless it goes or is over; under the lock."""
        if (job.stage in GOING and job.stage != Stage.WAITING) or job.stage == Stage.DONE:
            return False
        job.tries, job.next_try = 0, 0.0
        self._set(job, Stage.QUEUED, paused=False)
        return True

    def _set(self, job: Job, stage: Stage, *, paused: bool) -> None:
        self._stop(job, stage)
        job.order = replace(job.order, paused=paused)
        job.stage, job.problem = stage, None
        self._changed()

    def _stop(self, job: Job, stage: Stage) -> None:
        """Ends a job's worker, which finds itself no longer the job's; under the lock."""
        job.stopped.set()
        if job.connection is not None:
            job.connection.interrupt()
        job.connection, job.stopped, job.speed = None, threading.Event(), Speed()
        if job.stage in GOING:
            job.stage = stage

    def _check_space(self, order: Order, cache: HubCache) -> None:
        make_folder(cache.cache)
        missing = order.size - bytes_here(order)
        others = sum(
            job.order.size - job.done
            for job in self._jobs.values()
            if job.stage != Stage.DONE and job.order.cache == order.cache
        )
        free = disk_free(cache.cache) - others
        if free < missing + SPACE_LEFT_OVER:
            raise disk_full(max(0, free), missing, cache.cache, kept=False)

    def _keep(self) -> None:
        """Starts workers while there are places; wakes up when a waiting download is due."""
        while True:
            with self._lock:
                if self._closed:
                    return
                now = time.monotonic()
                waiting = [
                    job
                    for job in self._jobs.values()
                    if job.stage in {Stage.QUEUED, Stage.WAITING} and not job.working and not self._access.offline
                ]
                places = self._parallel - sum(job.working for job in self._jobs.values())
                for job in [job for job in waiting if job.next_try <= now][: max(0, places)]:
                    self._begin(job)
                later = [job.next_try - now for job in waiting if job.next_try > now]
                self._wake.wait(min(later, default=None))

    def _begin(self, job: Job) -> None:
        job.stage, job.problem, job.working = Stage.CHECKING, None, True
        job.thread = threading.Thread(
            target=self._work, args=(job, self._access, job.stopped), name=f"download {job.order.label}", daemon=True
        )
        job.thread.start()

    def _work(self, job: Job, access: Access, stopped: threading.Event) -> None:
        try:
            self._do(job, access, stopped)
        finally:
            with self._lock:
                job.working = False
                self._wake.notify_all()
        self._on_change()

    def _do(self, job: Job, access: Access, stopped: threading.Event) -> None:
        order = job.order
        try:
            if not access.token:
                access = replace(access, token=tokens.load(access.host))
            with Connection(access) as connection:
                with self._lock:
                    if stopped.is_set():
                        return
                    job.connection = connection
                if not is_there(order.mount):
                    raise disk_missing(order)
                cache = HubCache(Path(order.cache), order.repository)
                before = 0
                for file in order.files:
                    watch = Watch(self._progress(job, stopped, before), stopped)
                    fetch(connection, cache, order.repository, order.commit, file, watch)
                    before += file.size
            path = cache.place(order.commit, order.files)
        except ThimbleError as error:
            asked = error.seconds if isinstance(error, AskedToWaitError) else 0.0
            # Unplugged in mid-write: what the system says of that is many things.
            problem = error.problem if is_there(order.mount) else disk_missing(order).problem
            self._failed(job, stopped, problem, asked)
        except Exception as error:
            log.warning("download of %s failed", order.repository, exc_info=True)
            self._failed(
                job,
                stopped,
                Problem(Code.INTERNAL, "The download failed; what has come is kept.", "Try again.", repr(error)),
            )
        else:
            with self._lock:
                if stopped.is_set():
                    return
                job.stage, job.done, job.path, job.connection = Stage.DONE, order.size, str(path), None
                self._changed()
            self._save_for_certain()

    def _progress(self, job: Job, stopped: threading.Event, before: int) -> Callable[[int, bool], None]:
        def progress(done: int, checking: bool) -> None:
            if stopped.is_set():
                return
            job.done = before + done
            stage = Stage.CHECKING if checking else Stage.LOADING
            if not checking:
                job.tries = 0
                job.speed.add(time.monotonic(), job.done)
            if job.stage != stage and job.stage in GOING:
                job.stage = stage

        return progress

    def _failed(self, job: Job, stopped: threading.Event, problem: Problem, asked: float = 0.0) -> None:
        """A worker's end: waits (at least as long as a server asked to), or stays for a person."""
        with self._lock:
            if stopped.is_set() or problem.code == Code.CANCELLED:
                return
            job.connection, job.problem, job.speed = None, problem, Speed()
            job.done = bytes_here(job.order)
            if problem.code in _WAIT_FOR:
                wait = max(asked, min(LONGEST_RETRY_S, FIRST_RETRY_S * 2**job.tries))
                job.tries, job.next_try = job.tries + 1, time.monotonic() + wait
                job.stage = Stage.WAITING
            else:
                job.stage = Stage.FAILED
        log.warning("download of %s: %s (%s)", job.order.repository, problem, problem.detail)

    def _status(self, job: Job) -> DownloadStatus:
        order = job.order
        speed = job.speed.value(time.monotonic()) if job.stage == Stage.LOADING else 0.0
        return DownloadStatus(
            id=order.id,
            repository=order.repository,
            label=order.label,
            stage=job.stage,
            done=job.done,
            total=order.size,
            speed=speed,
            seconds_left=(order.size - job.done) / speed if speed > 0 else None,
            problem=job.problem,
            path=job.path,
        )
