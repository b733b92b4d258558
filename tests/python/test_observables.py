"""Observables: what they are made of, their arithmetic, and the values and variances that states give."""

import copy
import math
import pickle

import numpy as np
import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ketsim
from ketsim import Observable, ket

N = 4
PAULIS = {"I": oracle.I2, "X": oracle.X, "Y": oracle.Y, "Z": oracle.Z}
coefficients = st.integers(-4096, 4096).map(lambda c: c / 1024)  # their sums are exact
strings = st.dictionaries(st.integers(0, N - 1), st.sampled_from("IXYZ"), max_size=N)
sums = st.lists(st.tuples(coefficients, strings), max_size=12)


def text(letters):
    return " ".join(f"{letter}{q}" for q, letter in letters.items()) or "I0"


def observable(terms):
    return Observable([(c, text(letters)) for c, letters in terms])


def dense(terms):
    """The matrix of a sum, from Kronecker products."""
    matrix = np.zeros((1 << N, 1 << N), complex)
    for c, letters in terms:
        product = np.eye(1)
        for q in range(N):
            product = np.kron(product, PAULIS[letters.get(q, "I")])
        matrix += c * product
    return matrix


def state_of(seed):
    psi = oracle.random_state(np.random.default_rng(seed), N)
    return ket.from_amplitudes(psi), psi


# ---- values ----------------------------------------------------------------------------------------


@given(sums, st.integers(0, 9))
def test_expectation_and_variance_are_those_of_the_matrix(terms, seed):
    q, psi = state_of(seed)
    image = dense(terms) @ psi
    mean = np.vdot(psi, image).real
    assert q.expectation(observable(terms)) == pytest.approx(mean, abs=1e-13)
    variance = np.vdot(image, image).real - mean**2
    assert q.variance(observable(terms)) == pytest.approx(variance, abs=1e-11)


@given(sums, sums, coefficients)
def test_expectation_is_linear(a, b, factor):
    q, _ = state_of(1)
    x, y = observable(a), observable(b)
    want = factor * q.expectation(x) - q.expectation(y)
    assert q.expectation(factor * x - y) == pytest.approx(want, abs=1e-12)


@given(st.text("01", min_size=1, max_size=8), st.data())
def test_z_on_basis_states(label, data):
    qubits = data.draw(st.sets(st.integers(0, len(label) - 1), min_size=1))
    want = math.prod(1 - 2 * int(label[q]) for q in qubits)
    string = " ".join(f"Z{q}" for q in qubits)
    assert ket(label).expectation(string) == want
    assert ket(label).variance(string) == 0.0


@given(st.lists(sums, max_size=5))
def test_several_in_one_call(many):
    q, _ = state_of(2)
    got = q.expectations([observable(terms) for terms in many])
    assert (got.dtype, got.shape) == (np.float64, (len(many),))
    assert got.tolist() == pytest.approx([q.expectation(observable(terms)) for terms in many], abs=1e-12)


def test_complex64_and_many_qubits(rng):
    psi = oracle.random_state(rng, 13).astype("complex64")
    q = ket.from_amplitudes(psi)
    flipped = oracle.apply(oracle.apply(psi.astype(complex), oracle.Y, [12]), oracle.X, [0])
    want = np.vdot(psi.astype(complex), oracle.apply(flipped, oracle.Z, [5])).real
    assert q.expectation("X0 Z5 Y12") == pytest.approx(want, abs=1e-14)


def test_values_do_not_depend_on_threads(rng):
    psi = oracle.random_state(rng, 14)
    sum_of_many = Observable([(float(c), f"X{c} Z{(c + 5) % 14}") for c in range(14)])
    values = {ket.from_amplitudes(psi, threads=k).expectation(sum_of_many) for k in (1, 2, 3, 5, 8)}
    assert len(values) == 1


def test_reading_runs_the_queue_and_nothing_else():
    q = ket("00").X(1)
    assert (q.expectation("Z0 + 10 Z1"), q.pending, q.generation) == (-9.0, 0, 2)
    assert (q.variance("X0"), q.expectations(["Z1"]).tolist(), q.generation) == (1.0, [-1.0], 2)


def test_what_can_be_evaluated():
    q = ket("01")
    for terms in ("0.5 Z0 - Z1", {"Z0": 0.5, "Z1": -1}, [(0.5, "Z0"), (-1, "Z1")], iter([(1.5, "z0")])):
        assert q.expectation(terms) == 1.5
        assert type(q.expectation(terms if not hasattr(terms, "__next__") else "1.5")) is float
    assert q.expectation(3) == 3.0
    assert q.expectation(np.float32(0.5)) == 0.5


# ---- observables -----------------------------------------------------------------------------------


@given(sums)
def test_text_and_pairs_make_the_same_again(terms):
    a = observable(terms)
    for b in (Observable(str(a)), Observable(list(a)), pickle.loads(pickle.dumps(a)), copy.deepcopy(a)):
        assert a == b
        assert hash(a) == hash(b)
    assert len(a) == len(list(a))


@given(sums, sums)
def test_arithmetic(a, b):
    x, y = observable(a), observable(b)
    assert x + y == y + x == observable(a + b)
    assert x - y == x + -y == -(y - x)
    assert (x - x) == Observable(0)
    assert 2 * x == x * 2 == x + x == x / 0.5
    assert x + 1 == 1 + x
    assert 1 - x == -(x - 1)
    assert +x is x


def test_numpy_numbers_multiply():
    x = Observable("Z0")
    for number in (np.float64(2), np.int32(2), np.float32(2)):
        assert number * x == x * number == Observable("2 Z0")
        assert number + x == Observable("2 + Z0")


def test_equal_strings_are_one_term():
    assert list(Observable("z1 Z0 + Z0*Z1 - 0.5 + I3")) == [(0.5, "I0"), (2.0, "Z0 Z1")]
    assert len(Observable("X0 - X0")) == 0
    assert Observable("Z0") != Observable("Z1")
    assert Observable("Z0") != "Z0"


def test_repr():
    assert repr(Observable("X2 - 1.5 - Y0")) == "Observable('-1.5 - Y0 + X2')"
    many = Observable({f"Z{q}": 1 for q in range(17)})
    assert repr(many) == "<Observable on 17 qubits: 17 terms>"
    assert Observable(str(many)) == many


def test_observables_do_not_change():
    x = Observable("Z0")
    with pytest.raises(AttributeError):
        x.nqubits = 3
    with pytest.raises(TypeError):
        x[0] = (1, "Z1")
    before = x
    x += 1
    assert before == Observable("Z0")


# ---- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ("0.5 Q0", "character 4, 'Q'"),
        ("X0 X0", "character 3, 'X': this qubit"),
        ("Z0 +", "character 4, the end"),
        ("Z41", "character 0, 'Z': qubit out of range"),
        ("1e999", "character 0, '1': a coefficient must be finite"),
        ("Z0 é", "character 3, 0xc3"),
        ("", "character 0, the end"),
        ({"Z0": 1, "W1": 2}, "entry 1: observable, character 0, 'W'"),
        ([(1, "Z0"), (2, "X")], "entry 1: .*character 1, the end"),
    ],
)
def test_malformed_text(terms, message):
    with pytest.raises(ketsim.ParseError, match=message):
        Observable(terms)
    with pytest.raises(ValueError, match=message):
        ket("00").expectation(terms)


@pytest.mark.parametrize("bad", [math.nan, math.inf, 10**400])
def test_coefficients_must_be_finite(bad):
    for terms in (bad, {"Z0": bad}, [(bad, "Z0")]):
        with pytest.raises(ketsim.InvalidArgument, match="finite"):
            Observable(terms)
    with pytest.raises(ketsim.InvalidArgument, match="finite"):
        Observable("Z0") * bad
    with pytest.raises(ketsim.InvalidArgument, match="finite"):
        Observable("1e308 Z0") * 10


@pytest.mark.parametrize(
    "bad", [None, 1j, b"Z0", True, [1], ["Z0"], [("Z0", 1)], {0: 1}, {"Z0": "1"}, [(1, "Z0", 2)], object()]
)
def test_wrong_types(bad):
    for make in (Observable, ket("0").expectation, ket("0").variance):
        with pytest.raises(TypeError):
            make(bad)


def test_wrong_arithmetic():
    x = Observable("Z0")
    for wrong in (lambda: x * x, lambda: x + "Z0", lambda: x * 1j, lambda: 1 / x, lambda: x * None):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(ZeroDivisionError):
        x / 0


def test_too_few_qubits():
    q = ket("000")
    for read in (q.expectation, q.variance, lambda terms: q.expectations(["Z0", terms])):
        with pytest.raises(ketsim.InvalidArgument, match="qubit 3: the state has 3 qubits"):
            read("Z0 Z3")
    assert q.expectation("I39") == 1.0


def test_expectations_wants_a_list():
    for bad in ("Z0", 1, None):
        with pytest.raises(TypeError):
            ket("0").expectations(bad)
    with pytest.raises(ketsim.ParseError, match="entry 1: "):
        ket("0").expectations(["Z0", "Q"])
    assert ket("0").expectations([]).shape == (0,)


def test_closed_state():
    q = ket("0")
    q.close()
    for read in (q.expectation, q.variance, lambda terms: q.expectations([terms])):
        with pytest.raises(ketsim.StateClosedError):
            read("Z0")
