"""Parameters: arithmetic, circuits of them, binding to the bits of numbers, sweeps, what is refused."""

import copy
import math
import pickle
import threading
import time

import hypothesis.strategies as st
import numpy as np
import pytest
from compare import bits
from hypothesis import given
from rows import ROWS

import ketsim
from ketsim import (
    Cancelled,
    CancelToken,
    Circuit,
    DeadlineExceeded,
    InvalidArgument,
    Linear,
    OutOfMemory,
    Parameter,
    ket,
    sweep,
)

THETA, PHI = Parameter("theta"), Parameter("phi")
FINITE = st.floats(-1e3, 1e3)


def ansatz(n, layers):
    circuit = Circuit(n)
    for layer in range(layers):
        for q in range(n):
            circuit.RY(2 * Parameter(f"t{layer}.{q}") + 0.25, q)
        circuit.apply_gates([("CNOT", q, (q + 1) % n) for q in range(n)])
    return circuit


# ---- expressions ---------------------------------------------------------------------------------


@given(FINITE, FINITE, FINITE, FINITE, FINITE)
def test_arithmetic_is_that_of_numbers(a, b, c, theta, phi):
    by = b if abs(b) > 1e-3 else 1.0
    expression = a * THETA - (PHI / by - c) + THETA - 2 * -PHI
    values = {"theta": theta, "phi": phi}
    got = expression.offset + sum(factor * values[name] for name, factor in expression.terms)
    wanted = a * theta - (phi / by - c) + theta + 2 * phi
    assert got == pytest.approx(wanted, rel=1e-9, abs=1e-6 * (1 + abs(phi / by)))


def test_parameters_are_values():
    assert Parameter("theta") == THETA
    assert hash(Parameter("theta")) == hash(THETA)
    assert THETA != PHI
    assert THETA + THETA == 2 * THETA
    assert hash(THETA + THETA) == hash(2 * THETA)
    assert 1 * THETA == THETA
    assert THETA + PHI == PHI + THETA
    assert np.float64(2) * THETA == 2 * THETA
    assert 1 - THETA == -THETA + 1
    assert repr(2 * THETA - PHI / 2 - 0.5) == "2.0*theta - 0.5*phi - 0.5"
    assert repr(THETA - THETA) == "0.0"
    assert repr(-THETA) == "-1.0*theta"
    for expression in (THETA, 2 * THETA + PHI - 1):
        again = pickle.loads(pickle.dumps(expression))
        assert again == expression
        assert type(again) is type(expression)
        assert copy.deepcopy(expression) is expression
    for name in ("offset", "terms", "name", "other"):
        with pytest.raises(AttributeError):
            setattr(THETA, name, 1.0)


@pytest.mark.parametrize(
    "bad", [lambda: THETA * PHI, lambda: 1 / THETA, lambda: THETA + "x", lambda: True * THETA]
)
def test_only_linear(bad):
    with pytest.raises(TypeError):
        bad()


def test_not_finite():
    for make in (lambda: THETA * math.inf, lambda: THETA + math.nan, lambda: THETA / 5e-324):
        with pytest.raises(InvalidArgument, match="not finite"):
            make()


@pytest.mark.parametrize("name", ["", "x" * 65, "a\0b"])
def test_names(name):
    with pytest.raises(ValueError, match=r"1\.\.64 bytes"):
        Parameter(name)
    with pytest.raises(TypeError, match="must be a str"):
        Parameter(3)


def test_numbers_in_text():
    expression = 2 * THETA - PHI / 3 + math.pi
    assert f"{THETA:.4g}, {-THETA:.4g}, {expression:.4g}" == "theta, -theta, 2*theta - 0.3333*phi + 3.142"
    assert f"{THETA - THETA:.4g}" == "0"
    assert f"{2 * THETA}" == "2.0*theta"


# ---- circuits ------------------------------------------------------------------------------------


def test_pauli_rotations():
    chained = Circuit(3).pauli_rotation(2 * THETA - 1, "XZY", 0, 1, 2).global_phase(PHI + 0.5, controls=[1])
    entries = [
        ("pauli_rotation", 2 * THETA - 1, "XZY", 0, 1, 2),
        ("global_phase", PHI + 0.5, {"controls": [1]}),
    ]
    assert chained == Circuit(3).apply_gates(entries)
    assert chained.parameters == (THETA, PHI)
    assert chained[0] == ("pauli_rotation", 2 * THETA - 1, "XZY", 0, 1, 2)
    assert chained[1] == ("pauli_rotation", -2 * PHI - 1, "", {"controls": {1: 1}})
    assert pickle.loads(pickle.dumps(chained)) == chained.copy() == chained
    assert chained.inverse()[1] == ("pauli_rotation", -2 * THETA + 1, "XZY", 0, 1, 2)
    numbers = Circuit(3).pauli_rotation(-0.5, "XZY", 0, 1, 2).global_phase(1.25, controls=[1])
    assert chained.bind({"theta": 0.25, "phi": 0.75}) == numbers
    bound = ket("010").apply(chained, params=[0.25, 0.75])
    assert bits(bound) == bits(ket("010").apply(numbers))
    states = sweep(chained, [[0.25, 0.75], [0.5, 1.0]], state=ket("010"))
    assert bits(states[0]) == bits(ket("010").apply_gates(list(numbers)))
    for bad in (THETA, [THETA]):
        with pytest.raises((TypeError, ValueError)):
            ket("000").pauli_rotation(bad, "XZY", 0, 1, 2)
    with pytest.raises(InvalidArgument, match=r"Pauli rotation, operation 0: angle 0 is inf"):
        Circuit(1).pauli_rotation(1e308 * THETA, "X", 0).bind([10])


def test_circuits_of_parameters():
    chained = Circuit(2).RX(2 * THETA, 0).CRZ(PHI - 0.5, 0, 1).U(0.1, THETA, PHI, 1)
    entries = [("RX", 2 * THETA, 0), ("CRZ", PHI - 0.5, 0, 1), ("U", 0.1, THETA, PHI, 1)]
    listed = Circuit(2).apply_gates(entries)
    assert chained == listed
    assert chained.parameters == (THETA, PHI)
    assert chained[0] == ("RX", 2 * THETA, 0)
    assert isinstance(chained[2][2], Parameter)
    assert pickle.loads(pickle.dumps(chained)) == copy.copy(chained) == chained.copy() == chained
    assert chained.inverse().inverse() == chained
    assert chained.inverse().parameters == (PHI, THETA)
    assert chained != Circuit(2).RX(THETA, 0).CRZ(PHI - 0.5, 0, 1).U(0.1, THETA, PHI, 1)
    assert Circuit(3).RX(THETA, 0, 2).bind([0.5]) == Circuit(3).RX(0.5, 0, 2)
    assert Circuit(1).RX(THETA - THETA + 1, 0) == Circuit(1).RX(1.0, 0)
    assert repr(Circuit(1).RX(THETA, 0)) == "Circuit(1).apply_gates([('RX', Parameter('theta'), 0)])"
    assert Circuit(2).RX(THETA, 0, controls=[1]).bind({"theta": 1})[0] == ("RX", 1.0, 0, {"controls": {1: 1}})


@pytest.mark.parametrize("row", [row for row in ROWS if row.nangles], ids=lambda row: row.name)
def test_bound_is_as_written_with_numbers(row):
    qubits = range(row.nqubits)
    values = {THETA: 0.3, PHI: -1.7}
    forms = [2 * THETA + 0.1, PHI, THETA - PHI / 3][: row.nangles]
    numbers = [0.1 + 2 * 0.3, -1.7, 0.0 + 0.3 + -1.7 * (-1 / 3)][: row.nangles]
    start = Circuit(3).H(0, 1, 2).T(0, 1, 2)
    circuit = start.copy().apply_gates([(row.name, *forms, *qubits)])
    wanted = start.copy().apply_gates([(row.name, *numbers, *qubits)])
    used = {p: values[p] for p in circuit.parameters}
    assert circuit.bind(used) == wanted
    assert bits(ket("000").apply(circuit, used)) == bits(ket("000").apply(wanted))


def test_unbound_is_refused_by_name():
    circuit = Circuit(1).RX(THETA, 0).RZ(PHI, 0)
    q = ket("0").H(0)
    before = bits(q)
    for run in (
        lambda: q.apply(circuit),
        lambda: q.apply_gates(list(circuit)),
        lambda: circuit.explain(),
        lambda: ketsim.run_batch([circuit], raise_on_error=True),
    ):
        with pytest.raises(InvalidArgument, match="unbound parameters: theta, phi"):
            run()
    with pytest.raises(InvalidArgument, match="only a circuit"):
        q.RX(THETA, 0)
    assert bits(q) == before
    assert not q.pending


@pytest.mark.parametrize(
    ("params", "error", "match"),
    [
        ({THETA: 1}, InvalidArgument, "phi: given no value"),
        ({THETA: 1, PHI: 2, "psi": 3}, InvalidArgument, "no such parameter"),
        ({THETA: 1, PHI: math.nan}, InvalidArgument, "phi is nan"),
        ({THETA: 1, "phi\0": 2}, InvalidArgument, "no such parameter"),
        ([1], InvalidArgument, "theta, phi"),
        ([1, math.inf], InvalidArgument, "phi is inf"),
        ({THETA: 1, PHI: "2"}, TypeError, "real number"),
        ({3: 1}, TypeError, "a Parameter or its name"),
        (7, TypeError, "dict or an iterable"),
        ([1e308, 0], InvalidArgument, "angle 0 is inf"),
    ],
)
def test_bad_values(params, error, match):
    circuit = Circuit(1).RX(2 * THETA, 0).RZ(PHI, 0)
    q, copied = ket("0").H(0), circuit.copy()
    before = bits(q)
    for call in (lambda: circuit.bind(params), lambda: q.apply(circuit, params=params)):
        with pytest.raises(error, match=match):
            call()
    assert bits(q) == before
    assert circuit == copied


def test_a_wrong_gate_names_no_parameter():
    circuit = Circuit(1)
    with pytest.raises(InvalidArgument):
        circuit.apply_gates([("RX", THETA, 0), ("RX", PHI, 1)])
    assert circuit.parameters == ()
    assert len(circuit) == 0


# ---- sweeps --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 6, 12])
def test_rows_are_their_own_runs(n):
    circuit = ansatz(n, 2) if n > 1 else Circuit(1).RX(THETA, 0).RZ(PHI, 0)
    values = np.random.default_rng(n).normal(size=(9, len(circuit.parameters)))
    states = sweep(circuit, values)
    felt = ["Z0", "X0 + 0.5", " ".join(f"X{q}" for q in range(n))]  # the last one by every operation
    means = sweep(circuit, values.tolist(), observables=felt)
    assert states.shape == (9, 2**n)
    assert means.shape == (9, 3)
    for k, row in enumerate(values):
        if n <= 10:
            alone = ket("0" * n).apply_gates(list(circuit.bind(row)))
        else:
            alone = ket("0" * n).apply(circuit, row)
        assert bits(states[k]) == bits(alone)
        assert means[k].tolist() == alone.expectations(felt).tolist()
    for threads in (1, 2):
        assert bits(sweep(circuit, values[2:], max_concurrency=threads)) == bits(states[2:])


@pytest.mark.parametrize(("dtype", "tolerance"), [("complex128", 1e-13), ("complex64", 1e-5)])
@pytest.mark.parametrize("n", [2, 6, 11, 13])
def test_what_no_observable_feels_changes_nothing(n, dtype, tolerance):
    circuit = ansatz(n, 3)
    values = np.random.default_rng(n).normal(size=(7, len(circuit.parameters)))
    for observables in (["Z0"], ["X1"], ["0.5 Z0 Z1 - Y1", f"Z{n - 1}"], ["2"]):
        found = np.asarray(sweep(circuit, values, observables=observables, dtype=dtype))
        for row, means in zip(values, found, strict=True):
            alone = ket("0" * n, dtype=dtype).apply(circuit, row)
            np.testing.assert_allclose(means, alone.expectations(observables), rtol=0, atol=tolerance)
        for threads in (1, 2):
            again = sweep(circuit, values[2:], observables=observables, dtype=dtype, max_concurrency=threads)
            assert bits(again) == bits(found[2:])


def test_angles_of_what_is_left_out_are_checked():
    circuit = Circuit(2).RX(THETA, 0).RY(2 * PHI, 1).RX(THETA, 0)
    with pytest.raises(InvalidArgument, match="row 1: RY, operation 1: angle 0 is inf"):
        sweep(circuit, [[0.1, 0.2], [0.3, 1.7e308]], observables=["Z0"])
    with pytest.raises(InvalidArgument, match="3 values"):
        sweep(circuit, np.ones((2, 3)), observables=["Z0"])
    large = sweep(circuit, [[0.1, 4e307]], observables=["Z0"])
    assert large[0, 0] == pytest.approx(math.cos(0.2))


def test_start_dtype_and_counts():
    circuit = Circuit(2).RX(THETA, 0)
    start = ket("+1", dtype="complex64").CNOT(0, 1)
    states = sweep(circuit, [[0.5]], state=start)
    assert states.dtype == np.complex64
    np.testing.assert_allclose(states[0], start.copy().RX(0.5, 0).amplitudes(), atol=1e-6)
    assert sweep(circuit, [[0.5]], dtype="complex64").dtype == np.complex64
    counts = sweep(circuit, [[0.0], [math.pi / 2]], shots=1000, seed=3)
    assert counts.dtype == np.uint64
    assert counts.sum(axis=1).tolist() == [1000, 1000]
    assert counts[0, 0] == 1000
    assert (counts == sweep(circuit, [[0.0], [math.pi / 2]], shots=1000, seed=3, max_concurrency=1)).all()
    assert sweep(circuit, np.empty((0, 1))).shape == (0, 4)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"values": [[1], [math.nan]]}, InvalidArgument, "row 1: parameter theta is nan"),
        ({"values": [[1], [2, 3]]}, InvalidArgument, "1: 2 values"),
        ({"values": np.ones((2, 3))}, InvalidArgument, "theta"),
        ({"values": [1, 2]}, TypeError, "iterable"),
        ({"values": [[1]], "observables": ["Z1"]}, InvalidArgument, "qubit 1"),
        ({"values": [[1]], "observables": ["Z0"], "shots": 3}, InvalidArgument, "both"),
        ({"values": [[1]], "shots": 0}, InvalidArgument, "shots 0"),
        ({"values": [[1]], "state": "0"}, TypeError, "a Ket"),
        ({"values": [[1]], "memory_limit": 1}, OutOfMemory, "memory_limit"),
        ({"values": [[1]], "progress": 3}, TypeError, "callable"),
    ],
)
def test_bad_sweeps(arguments, error, match):
    with pytest.raises(error, match=match):
        sweep(Circuit(1).RX(THETA, 0), **arguments)


def test_stops():
    circuit = ansatz(10, 10)
    values = np.zeros((40_000, len(circuit.parameters)))
    seen = []
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 20 passed after"):
        sweep(circuit, values, observables=["Z0"], timeout_ms=20)
    with pytest.raises(ZeroDivisionError):
        sweep(circuit, values, observables=["Z0"], progress=lambda done: seen.append(done) or 1 // 0)
    assert len(seen) == 1
    assert 0 <= seen[0] < 1
    token = CancelToken()
    raiser = threading.Timer(0.05, token.cancel)
    raiser.start()
    began = time.monotonic()
    with pytest.raises(Cancelled, match="sweep: stopped after"):
        sweep(circuit, values, observables=["Z0"], cancel=token)
    raiser.join()
    assert time.monotonic() - began < 5


def test_linear_is_public():
    assert isinstance(2 * THETA, Linear)
    assert isinstance(THETA, Linear)
