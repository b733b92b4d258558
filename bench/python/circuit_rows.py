"""Which rows the circuits bench has, and in which order they are measured: what matters most comes first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from peers import PEERS
from workloads import WORKLOADS

STARTS = ("zero", "arbitrary")
SIZES = (22, 20, 16, 12, 8, 4, 24, 26)
QUICK_SIZES = (22, 16, 8)
LARGE = 24  # from here on, only some workloads, and peers from |0...0> on all threads only
LARGE_WORKLOADS = ("ghz", "qft", "brick", "ansatz")
QUICK_WORKLOADS = ("brick", "ansatz", "qaoa", "qft", "ghz")
FIRST = ("brick", "ansatz", "qaoa", "qft", "volume", "grid", "heisenberg", "ghz")
ORDER = (*FIRST, *(name for name in WORKLOADS if name not in FIRST))


@dataclass(frozen=True)
class Row:
    """One time: a simulator on a workload, from |0...0> or from random amplitudes."""

    workload: str
    n: int
    threads: int
    dtype: str
    start: str
    peer: str

    @property
    def key(self) -> str:
        """Its name in the JSON file."""
        return f"{self.workload} {self.n} {self.threads} {self.dtype} {self.start} {self.peer}"


@dataclass(frozen=True)
class Group:
    """Rows that are measured one after the other, because they will be compared."""

    workload: str
    n: int
    threads: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Choice:
    """What the command line asks for; threads and sizes in the order in which they are measured."""

    sizes: tuple[int, ...]
    workloads: tuple[str, ...]
    threads: tuple[int, ...]
    peers: tuple[str, ...]
    ours_at_fewer: bool = False  # fewer threads for ketsim only


def _rows(group: tuple[str, int, int], peers: Iterable[str], starts: Iterable[str]) -> Iterator[Row]:
    workload, n, threads = group
    for start in starts:
        for peer in peers:
            if n <= PEERS[peer].most_qubits and (start == "zero" or PEERS[peer].loads):
                yield from (Row(workload, n, threads, dtype, start, peer) for dtype in PEERS[peer].dtypes)


def _group(choice: Choice, workload: str, n: int, threads: int) -> Group:
    """On most threads: everything, and our rows on fewer, which are compared too. On fewer: the peers."""
    ours = [name for name in choice.peers if PEERS[name].ours]
    others = [name for name in choice.peers if not PEERS[name].ours]
    is_first = threads == choice.threads[0]
    rows = [*_rows((workload, n, threads), ours, STARTS)]
    if is_first or n < LARGE:
        rows += _rows((workload, n, threads), others, ["zero"])
    if is_first and n < LARGE:
        rows += _rows((workload, n, threads), others, ["arbitrary"])
    for fewer in choice.threads[1:] if is_first else ():
        rows += _rows((workload, n, fewer), ours, STARTS)
    return Group(workload, n, threads, tuple(rows))


def plan(choice: Choice) -> list[Group]:
    """All groups; a row may occur twice, and is then measured once."""
    groups = []
    for threads in choice.threads[:1] if choice.ours_at_fewer else choice.threads:
        for n in choice.sizes:
            for workload in choice.workloads:
                if n < LARGE or workload in LARGE_WORKLOADS:
                    groups.append(_group(choice, workload, n, threads))
    return groups
