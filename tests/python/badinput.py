"""What the catalogue of bad input is made of, and what must hold after every entry of it."""

import decimal
import re
from typing import Any, NamedTuple

import numpy as np
import oracle
import pytest

from ketsim import ket

N = 3  # qubits of every state and circuit in the catalogue
RANGE = r"0\.\.2"
TWICE = "different|once|twice|repeat|distinct"
TOO_LARGE = 10**30
BAD_QUBITS = [-1, 3, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**31), TOO_LARGE, -TOO_LARGE]
NOT_QUBITS = [True, 1.0, np.float64(1), "1", b"1", None, 1j, [1], (1,), {1}, object(), decimal.Decimal(1)]
NOT_FINITE = [float("nan"), float("inf"), -float("inf"), np.float32("nan"), np.float64("inf")]
NOT_ANGLES = [True, "0.3", b"0.3", None, 1j, [0.3], (), {0.3}, object(), np.array([0.1, 0.2])]


def type_word(value):
    return re.escape(type(value).__name__)


def short(value):
    return re.sub(r" at 0x\w+", "", repr(value)).replace("\n", " ")[:40]


class Bad(NamedTuple):
    """A call of one gate.  The message must match both expressions."""

    name: str
    arguments: tuple
    error: Any
    given: str = ""
    needed: str = ""
    keywords: dict = {}  # noqa: RUF012 (never changed)

    def __str__(self):
        words = [short(a) for a in self.arguments] + [f"{k}={short(v)}" for k, v in self.keywords.items()]
        return f"{self.name}({', '.join(words)})"


class Call(NamedTuple):
    """A call written as text: q is a state, c a circuit."""

    text: str
    error: Any
    given: str = ""
    needed: str = ""

    def __str__(self):
        return self.text


class List(NamedTuple):
    """An argument of apply_gates."""

    gates: Any
    error: Any
    given: str = ""
    needed: str = ""

    def __str__(self):
        return short(self.gates)


def each(entries):
    return pytest.mark.parametrize("bad", entries, ids=[ascii(str(entry)) for entry in entries])


def check(raised, bad):
    """Exact class and a message of one line with both halves."""
    error, message = raised.value, str(raised.value)
    allowed = bad.error if isinstance(bad.error, tuple) else (bad.error,)
    assert type(error) in allowed, f"{type(error).__name__}: {message}"
    assert re.fullmatch(r"[^\n]+", message), repr(message)
    assert re.search(bad.given, message), f"{message!r} does not say what was given: {bad.given}"
    assert re.search(bad.needed, message), f"{message!r} does not say what is needed: {bad.needed}"


def random_ket(**keywords):
    return ket.from_amplitudes(oracle.random_state(np.random.default_rng(3), N), **keywords)


def fails(call, bad):
    with pytest.raises(Exception) as raised:  # noqa: PT011 (check() wants the exact class)
        call()
    check(raised, bad)


def unchanged(q, call, bad):
    """Run a call that must fail on a state with committed amplitudes and, unless eager, queued gates."""
    committed = np.array(q)
    q.H(0).CNOT(0, 1)
    if q.pending == 0:  # eager: the two have run
        committed = np.array(q)
    before = (q.pending, q.generation)
    fails(lambda: call(q), bad)
    assert (q.pending, q.generation) == before
    q.discard()
    assert np.asarray(q).tobytes() == committed.tobytes()
    q.apply_gates([("H", 0), ("CNOT", 0, 1)])  # the claim is free
