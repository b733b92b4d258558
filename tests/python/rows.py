"""The gate table of the installed library, read through its C API.  No gate is named here."""

from typing import NamedTuple

import numpy as np
import oracle
import pytest

from ketsim import ffi, lib

ANGLES = (0.3, -1.1, 2.5)


class Row(NamedTuple):
    code: int
    name: str
    aliases: tuple
    angle_names: tuple
    ncontrols: int
    ntargets: int
    inverse: int
    inverse_angles: tuple
    generator: str
    doc: str

    @property
    def nangles(self):
        return len(self.angle_names)

    @property
    def nqubits(self):
        return self.ncontrols + self.ntargets

    @property
    def broadcasts(self):
        return self.nqubits == 1

    @property
    def angles(self):
        """Example values for the angles."""
        return ANGLES[: self.nangles]

    def matrix(self, *angles):
        """The library's own matrix, without the controls."""
        size = 1 << self.ntargets
        out = ffi.new("ketsim_complex[]", size * size)
        assert lib.ketsim_gate_matrix(self.code, out, list(angles) or ffi.NULL) == lib.KETSIM_OK
        return np.frombuffer(ffi.buffer(out), complex).reshape(size, size).copy()

    def full_matrix(self, *angles):
        """The textbook's matrix on all qubits of the row; for a row the textbook lacks, the library's."""
        if self.name in oracle.TEXTBOOK:
            return oracle.TEXTBOOK[self.name](*angles)
        return oracle.controlled(self.matrix(*angles), self.ncontrols)


def text(pointer):
    return ffi.string(pointer).decode()


def read_row(code):
    c = lib.ketsim_gate_lookup(code)
    names = tuple(name for name in text(c.angles).split(", ") if name)
    assert len(names) == c.nangles, f"row {text(c.name)}: {c.nangles} angles but names {names}"
    return Row(
        code,
        text(c.name),
        tuple(text(c.aliases).split()),
        names,
        c.ncontrols,
        c.ntargets,
        int(c.inverse),
        tuple(c.inverse_angles)[: c.nangles],
        text(c.generator),
        text(c.doc),
    )


ROWS = [read_row(code) for code in range(lib.KETSIM_GATE_COUNT)]
BY_NAME = {row.name: row for row in ROWS}


def each_row(rows=None):
    rows = ROWS if rows is None else list(rows)
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def random_operation(rng, n, rows=None):
    """One random tuple on n qubits: a row, its angles, distinct qubits and up to two further controls."""
    fitting = [row for row in (rows or ROWS) if row.nqubits <= n]
    row = fitting[rng.integers(len(fitting))]
    qubits = [int(q) for q in rng.permutation(n)]
    angles = [float(a) for a in rng.uniform(-7, 7, row.nangles)]
    own, spare = qubits[: row.nqubits], qubits[row.nqubits :]
    extra = {q: int(rng.integers(2)) for q in spare[: rng.integers(3)]} if rng.random() < 0.3 else {}
    return (row.name, *angles, *own, *([{"controls": extra}] if extra else []))


def random_operations(rng, n, length):
    """A list of tuples for rows that the oracle's textbook knows."""
    known = [row for row in ROWS if row.name in oracle.TEXTBOOK]
    return [random_operation(rng, n, known) for _ in range(length)]


def chain(target, operations):
    """Call the method of every tuple on target, which is a Ket or a Circuit."""
    for name, *rest in operations:
        keywords = rest.pop() if rest and isinstance(rest[-1], dict) else {}
        getattr(target, name)(*rest, **keywords)
    return target
