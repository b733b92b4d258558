"""Circuits under asyncio: the workers of the library run them, and a thread tells the event loop."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from ._futures import CircuitFuture, submit
from ._ketsim import BatchResult, Circuit, CircuitResult, QueueFullError, run_batch

_ROOM_SECONDS = 0.005  # between two tries where thousands of circuits wait already


async def _submit(circuit: Circuit, options: dict[str, Any]) -> CircuitFuture:
    while True:
        try:
            return submit(circuit, wait=False, **options)
        except QueueFullError:
            await asyncio.sleep(_ROOM_SECONDS)


async def run_async(circuit: Circuit, **options: Any) -> CircuitResult:
    """Do what `Circuit.run_async` does."""
    return await asyncio.wrap_future(await _submit(circuit, options))


class _Stopped(Exception):
    """Out of a progress callback, to stop the batch."""


async def run_batch_async(
    circuits: Iterable[Circuit],
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    *,
    progress: Callable[[float], object] | None = None,
    **options: Any,
) -> BatchResult:
    """Run many circuits, as `run_batch` does, while the asyncio event loop goes on.

    Cancelling the task that awaits this stops the batch, and waits until it has stopped.

    Parameters
    ----------
    circuits, max_concurrency, timeout_ms, options
        As `run_batch` takes them.
    progress : callable, optional
        Called by the event loop with the fraction of circuits done, about every 20 ms; an exception in it
        goes to the loop's exception handler.

    Returns
    -------
    BatchResult

    Raises
    ------
    InvalidArgument, TypeError
        An argument is wrong; nothing was run.

    Examples
    --------
    >>> import asyncio
    >>> from ketsim import Circuit, run_batch_async
    >>> asyncio.run(run_batch_async([Circuit(1).X(0)], shots=9)).results[0].counts
    {'1': 9}
    """
    loop = asyncio.get_running_loop()
    stopped = False

    def report(fraction: float) -> None:
        if stopped:
            raise _Stopped
        if progress is not None:
            loop.call_soon_threadsafe(progress, fraction)

    work = asyncio.ensure_future(
        asyncio.to_thread(run_batch, tuple(circuits), max_concurrency, timeout_ms, progress=report, **options)
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stopped = True
        await asyncio.gather(work, return_exceptions=True)
        raise
