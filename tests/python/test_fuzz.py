"""Fuzz of what reads lists of gates, texts and labels: each is taken, or refused by a documented exception.

What is refused has changed nothing.
"""

import collections

import hypothesis.strategies as st
import numpy as np
from compare import bits
from hypothesis import given, settings

from ketsim import Circuit, InvalidArgument, Observable, ParseError, ket

N = 3


class Odd(Exception):
    """What an object raises when it is asked for its number."""


class Moody:
    """An object that is a number, or raises, or is none after all."""

    def __init__(self, answer):
        self.answer = answer

    def number(self):
        if self.answer is None:
            raise Odd
        return self.answer

    __index__ = __float__ = number

    def __repr__(self):
        return f"Moody({self.answer!r})"


GOOD = [("H", 0), ("X", 0, 2), ("RX", 0.3, 1), ("U", 1, 2.5, -3, 0), ["CX", 2, 0], ("CSWAP", 0, 1, 2)]
GOOD += [
    ("H", True),
    ("RZZ", np.float64(1), np.int8(0), 1),
    ("P", 1, 1, {"controls": [0]}),
    ("unitary", np.eye(2), 0),
]
names = st.sampled_from([str(name) for name, *_ in GOOD] + ["CCX", "FSIM", "DIAGONAL", "PAULI", "SWAP"])
numbers = (
    st.integers(-2, N + 1)
    | st.integers()
    | st.sampled_from([2**31, 2**63, 2**64, -(2**63), 10**400])
    | st.floats(width=64)
    | st.booleans()
    | st.sampled_from([np.int64(1), np.uint8(2), np.float32(0.5), np.float64("nan"), np.bool_(True)])
)
objects = (
    st.none()
    | st.binary(max_size=3)
    | st.complex_numbers()
    | st.builds(Moody, st.none() | st.integers(0, 2) | st.just("1"))
)
texts = names | st.text(max_size=4) | st.sampled_from(["", "H\0", "h", "\ud800", "H" * 300])
leaves = numbers | numbers | texts | objects
items = leaves | st.lists(leaves, max_size=3) | st.lists(leaves, max_size=2).map(tuple)
extras = st.dictionaries(
    texts | st.sampled_from(["controls", "tolerance"]), items | st.just({0: 1}), max_size=2
)
likely = st.builds(lambda name, numbers: (name, *numbers), names, st.lists(numbers, max_size=5))
entries = likely | st.lists(items | extras, max_size=5).map(tuple) | st.lists(items, max_size=4) | leaves
good = st.sampled_from(GOOD)
lists = st.lists(good, max_size=4) | st.lists(good | entries, max_size=4) | st.lists(entries, max_size=4)


def refusal(call):
    """The documented exception that a call ends with, or None."""
    try:
        call()
    except (InvalidArgument, TypeError, ParseError, OverflowError, Odd) as error:
        return error
    return None


def both_ways(strategy, examples, check):
    """Check so many examples; some must be taken and some refused, or the fuzz sees one side only."""
    seen = collections.Counter()

    @settings(max_examples=examples)
    @given(strategy)
    def each(value):
        error = check(value)
        assert error is None or str(error) or isinstance(error, Odd)
        seen[error is None] += 1

    each()
    assert min(seen[True], seen[False]) > examples / 20, seen


def check_list(given_list):
    q, circuit = ket("+r1"), Circuit(N).H(0)
    before, twin = bits(q), circuit.copy()
    error = refusal(lambda: q.apply_gates(given_list))
    if error is None:
        assert abs(q.norm() - 1) < 1e-12
        assert bits(q) == bits(ket("+r1").apply_gates(Circuit(N).apply_gates(given_list)))
    else:
        assert (bits(q), q.pending, q.generation) == (before, 0, 1)
        assert type(refusal(lambda: circuit.apply_gates(given_list))) is type(error)
        assert circuit == twin
    return error


def check_text(text):
    error = refusal(lambda: Observable(text))
    if error is None:
        assert Observable(str(Observable(text))) == Observable(text)
    return error


def check_label(label):
    if isinstance(label, int) and label > 12:
        return None
    error = refusal(lambda: ket(label))
    assert error is not None or abs(ket(label).norm() - 1) < 1e-12
    return error


def test_lists_of_gates():
    both_ways(lists, 1500, check_list)


def test_texts_of_observables():
    words = st.from_regex(r"[+-]?[0-9.]{0,3}( ?[XYZI][0-4]){1,3}", fullmatch=True)
    both_ways(
        st.text(max_size=12) | st.text("XYZI0123456789 +-*.()eij\n\0", max_size=16) | words, 600, check_text
    )


def test_labels():
    both_ways(st.text(max_size=8) | st.text("01+-rl", max_size=8) | numbers | objects, 500, check_label)
