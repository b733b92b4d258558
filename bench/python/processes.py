"""A loop in several processes, which live through all repetitions."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

Run = Callable[[], float | None]  # gives the CPU time of other processes


def _serve(pipe: Connection, loop: Callable[[], object]) -> None:
    """Run the loop whenever asked; answer with the CPU time that it took."""
    while pipe.recv():
        before = time.process_time()
        loop()
        pipe.send(time.process_time() - before)


def in_processes(loops: Sequence[Callable[[], object]]) -> Run:
    """All of them at once, a process each."""
    context, pipes = multiprocessing.get_context("fork"), []
    for loop in loops:
        ours, theirs = context.Pipe()
        context.Process(target=_serve, args=(theirs, loop), daemon=True).start()
        pipes.append(ours)

    def run() -> float:
        for pipe in pipes:
            pipe.send(True)
        return float(sum(pipe.recv() for pipe in pipes))

    return run
