"""Work on many parts, shared out to workers: in order, little at a time, and without sending them the models."""

from __future__ import annotations

import atexit
import contextlib
import copy
import dataclasses
import functools
import itertools
import mmap
import os
import pickle
import shutil
import tempfile
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from joblib import Parallel, delayed, effective_n_jobs
from joblib.parallel import get_active_backend

from newsflag.errors import NewsflagError

if TYPE_CHECKING:
    from newsflag.flagger import Flagger

_AHEAD: Final = 2
"""Parts that are dealt out at once for every worker: while one is worked on the next lies ready."""

_AHEAD_ELSEWHERE: Final = 8
"""The same for backends that can only deal out anew when all is done."""

_OWN: Final = ("loky", "threading")
"""joblib's backends that share their workers among several calls."""

_ALIGNED: Final = 64  # bytes: arrays begin at a multiple of a cache line
_MOST_LENT: Final = 4  # flaggers that a worker keeps
_PICKLE: Final = "flagger.pickle"
_ARRAYS: Final = "flagger.arrays"
_STOP: Final = "stop"

Part = TypeVar("Part")
Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")

_lent: Final[dict[str, Flagger]] = {}
"""Flaggers of this process by what they are lent under."""

_under_way: Final[weakref.WeakSet[Generator[Any, None, None]]] = weakref.WeakSet()


@dataclasses.dataclass(frozen=True)
class Loan:
    """A flagger as it is sent to workers: where it lies, and how to make it where that place can't be reached.

    Parameters
    ----------
    key : str
    folder : str
        Holds its arrays in a file that all workers of a machine map into their memory; empty where none is needed.
    lender : int
        The process that lends it.
    anew : callable
        Makes it on another machine, from the models that are installed there.
    """

    key: str
    folder: str
    lender: int
    anew: Callable[[], Flagger]

    def take(self) -> Flagger:
        """The flagger, read once in every process."""
        flagger = _lent.get(self.key)
        if flagger is None:
            _end_with(self.lender)
            while len(_lent) >= _MOST_LENT:
                _lent.pop(next(iter(_lent)), None)
            flagger = _lent[self.key] = _read(Path(self.folder)) if self._is_here() else self.anew()
        return flagger

    def call_off(self) -> None:
        """Have workers of this machine pass over what they have not begun with."""
        _lent.pop(self.key, None)
        if self.folder:
            with contextlib.suppress(OSError):
                Path(self.folder, _STOP).touch()

    @property
    def is_called_off(self) -> bool:
        """Whether the work has been given up."""
        return Path(self.folder, _STOP).exists() if self.folder else self.key not in _lent

    def _is_here(self) -> bool:
        return bool(self.folder) and Path(self.folder, _PICKLE).is_file()


@contextlib.contextmanager
def lend(flagger: Flagger, anew: Callable[[], Flagger], *, shared_memory: bool) -> Iterator[Loan]:
    """Put a flagger where workers find it, for as long as the context lasts."""
    key = uuid.uuid4().hex
    folder = ""
    watched = False
    if not shared_memory:
        folder = tempfile.mkdtemp(prefix="newsflag-")
    try:
        if folder:
            watched = _watch(folder)
            _write(flagger, Path(folder))
        _lent[key] = flagger
        yield Loan(key, folder, os.getpid(), anew)
    finally:
        _lent.pop(key, None)
        if folder:
            # Where a worker still has it mapped, Windows keeps the file; the watchman tries again at the end.
            shutil.rmtree(folder, ignore_errors=True)
            if watched and not Path(folder).exists():
                _watch(folder, end=True)


@functools.cache
def _end_with(lender: int) -> None:
    """End this process when the one that lends it the flagger, and has started it, is no more.

    joblib's workers would wait five minutes for more to do, and keep whatever reads their output waiting.
    """
    if os.name == "posix" and os.getppid() == lender:
        threading.Thread(target=_wait_for_the_end_of, args=(lender,), daemon=True).start()


def _wait_for_the_end_of(lender: int) -> None:
    while os.getppid() == lender:
        time.sleep(1)
    os._exit(1)


def _watch(folder: str, *, end: bool = False) -> bool:
    """Tell joblib's watchman of a folder, or that it is gone: it outlives us, and takes it away if we are killed."""
    from joblib.externals.loky.backend import resource_tracker

    try:
        (resource_tracker.unregister if end else resource_tracker.register)(folder, "folder")
    except (OSError, ValueError):
        return False  # it takes no long names, and none with letters such as "ü": then nobody watches
    return True


def backend_in_use() -> Any:
    """The backend of joblib of the surrounding ``parallel_config``, by default the one that starts processes."""
    return get_active_backend()[0]


def _closed_at_exit(
    function: Callable[Arguments, Generator[Answer, None, None]],
) -> Callable[Arguments, Generator[Answer, None, None]]:
    """Have generators closed that nobody has closed while Python still has all that it takes."""

    @functools.wraps(function)
    def started(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Generator[Answer, None, None]:
        generator = function(*args, **kwargs)
        _under_way.add(generator)
        return generator

    return started


@atexit.register
def _close_all() -> None:
    for each in list(_under_way):
        with contextlib.suppress(Exception):
            each.close()


@_closed_at_exit
def shared_out(
    work: Callable[[Flagger, Part], Answer],
    flagger: Flagger,
    anew: Callable[[], Flagger],
    parts: Iterable[Part],
    n_jobs: int,
    backend: Any,
) -> Generator[Answer, None, None]:
    """What workers make of parts with a flagger that is lent to them, in the order of the parts."""
    with lend(flagger, anew, shared_memory=bool(getattr(backend, "supports_sharedmem", False))) as loan:
        yield from in_order(functools.partial(_with_flagger, work), loan, parts, n_jobs, backend)


def _with_flagger(work: Callable[[Flagger, Part], Answer], loan: Loan, part: Part) -> Answer:
    return work(loan.take(), part)


def in_order(
    work: Callable[[Loan, Part], Answer], loan: Loan, parts: Iterable[Part], n_jobs: int, backend: Any
) -> Generator[Answer, None, None]:
    """What workers make of parts, in their order.

    Parts are taken as they are needed and no more of them than keep the workers busy: with a consumer that is slow,
    workers wait. When the iterator is closed, it waits for what workers are at, and calls off the rest.
    """
    name = next((name for name in _OWN if type(backend).__name__.lower() == f"{name}backend"), None)
    return_as = "generator" if getattr(backend, "supports_return_generator", False) else "list"
    size = effective_n_jobs(n_jobs) * (_AHEAD if name else _AHEAD_ELSEWHERE)
    # Two rounds are under way at once, so that nobody waits for the last part of a round; a backend that keeps what
    # it is doing in the one object that the caller has set up can only do one.
    most = 2 if name else 1
    rounds: deque[Iterator[Answer]] = deque()
    failures: list[Exception] = []
    parts = _until_failure(parts, failures)
    try:
        while True:
            while len(rounds) < most and (deal := list(itertools.islice(parts, size))):
                # Each round has its own copy, with whatever the caller's parallel_config says of it.
                mine = copy.copy(backend) if name else backend
                parallel = Parallel(n_jobs, backend=mine, pre_dispatch="all", batch_size=1, return_as=return_as)
                rounds.append(iter(parallel(delayed(_do)(work, loan, part) for part in deal)))
            if not rounds:
                break
            for answer in rounds[0]:  # noqa: UP028 - "yield from" would close it, and joblib kill its workers
                yield answer
            rounds.popleft()
        if failures:
            raise failures[0]
    except BrokenProcessPool as error:
        raise NewsflagError(
            "a worker process was ended from outside, most often for want of memory: "
            "take fewer workers (n_jobs) or fewer articles at once (batch_size)"
        ) from error
    finally:
        if rounds:
            _give_up(rounds, loan)


def _until_failure(parts: Iterable[Part], failures: list[Exception]) -> Iterator[Part]:
    """Parts up to where their source fails; what was taken before is worked on before that is told."""
    try:
        yield from parts
    except Exception as error:  # noqa: BLE001 - it is raised again
        failures.append(error)


def _do(work: Callable[[Loan, Part], Answer], loan: Loan, part: Part) -> Answer | None:
    return None if loan.is_called_off else work(loan, part)


def _give_up(rounds: Iterable[Iterator[Any]], loan: Loan) -> None:
    """End rounds that are under way, in peace: workers that joblib kills complain of it."""
    loan.call_off()
    for each in rounds:
        with contextlib.suppress(Exception):
            deque(each, maxlen=0)


def _write(flagger: Flagger, folder: Path) -> None:
    buffers: list[pickle.PickleBuffer] = []
    told = pickle.dumps(flagger, protocol=5, buffer_callback=buffers.append)
    places = []
    with (folder / _ARRAYS).open("wb") as file:
        for buffer in buffers:
            file.write(bytes(-file.tell() % _ALIGNED))
            raw = buffer.raw()
            places.append((file.tell(), raw.nbytes))
            file.write(raw)
    # The last to be written: it says that all is there.
    (folder / _PICKLE).write_bytes(pickle.dumps((told, places)))


def _read(folder: Path) -> Flagger:
    told, places = pickle.loads((folder / _PICKLE).read_bytes())  # noqa: S301 - in a folder that only we can write to
    with (folder / _ARRAYS).open("rb") as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    flagger: Flagger = pickle.loads(told, buffers=[view[at : at + size] for at, size in places])  # noqa: S301 - the same
    return flagger


__all__ = ["Loan", "backend_in_use", "in_order", "lend", "shared_out"]
