"""Gradients through Python: shifts of angles, threads, weights, stops and bad input."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rows import ROWS

import ketsim
from ketsim import (
    CancelToken,
    Circuit,
    DensityMatrix,
    Observable,
    Parameter,
    ket,
    noise,
    parameter_shift,
    shots_expectations,
)

HAMILTONIAN = Observable("0.5 Z0 Z1 + X2 - 0.3 Y1 X3 + 0.2 Z3")
N = 4

# By the distance of a generator's eigenvalues: one difference for the rotations, two under a control.
TWO_TERMS = [(math.pi / 2, 0.5)]
FOUR_TERMS = [
    (math.pi / 2, (math.sqrt(2) + 1) / (4 * math.sqrt(2))),
    (3 * math.pi / 2, -(math.sqrt(2) - 1) / (4 * math.sqrt(2))),
]
GATES = [
    ("RX", 1, TWO_TERMS),
    ("RY", 1, TWO_TERMS),
    ("RZ", 1, TWO_TERMS),
    ("P", 1, TWO_TERMS),
    ("RXX", 2, TWO_TERMS),
    ("RYY", 2, TWO_TERMS),
    ("RZZ", 2, TWO_TERMS),
    ("CP", 2, TWO_TERMS),
    ("CRX", 2, FOUR_TERMS),
    ("CRY", 2, FOUR_TERMS),
    ("CRZ", 2, FOUR_TERMS),
]


def ansatz(angles: list[float]) -> Circuit:
    circuit = Circuit(N)
    for q in range(N):
        circuit.H(q).T(q)
    for k, ((name, nqubits, _), angle) in enumerate(zip(GATES * 2, angles, strict=True)):
        qubits = [(k + j * (1 + k % 3)) % N for j in range(nqubits)]
        getattr(circuit, name)(angle, *qubits)
        circuit.CNOT(k % N, (k + 2) % N)
    return circuit


def angles_of(seed: int) -> list[float]:
    return list(np.random.default_rng(seed).uniform(-3, 3, 2 * len(GATES)))


def shifted(angles: list[float], k: int, shift: float) -> float:
    moved = list(angles)
    moved[k] += shift
    return ket("0" * N).apply(ansatz(moved)).expectation(HAMILTONIAN)


def test_parameter_shift() -> None:
    angles = angles_of(1)
    value, gradient = ansatz(angles).gradient(HAMILTONIAN)
    assert isinstance(value, float)
    assert value == pytest.approx(shifted(angles, 0, 0), abs=1e-13)
    assert gradient.shape == (len(angles),)
    assert gradient.dtype == np.float64
    for k, (_, _, rule) in enumerate(GATES * 2):
        slope = sum(c * (shifted(angles, k, s) - shifted(angles, k, -s)) for s, c in rule)
        assert gradient[k] == pytest.approx(slope, abs=1e-10)


def test_rotations_about_strings() -> None:
    def circuit(angles: list[float]) -> Circuit:
        made = Circuit(N).H(0).T(0).SX(1).T(1).H(2).T(2).SX(2).T(3)
        for angle, letters in zip(angles, ("XYZX", "IYZ", "X"), strict=True):
            made.pauli_rotation(angle, letters, *range(len(letters))).CNOT(0, 2)
        return made

    def value(angles: list[float]) -> float:
        return ket("0" * N).apply(circuit(angles)).expectation(HAMILTONIAN)

    angles = [0.3, -1.2, 2.1]
    gradient = circuit(angles).gradient(HAMILTONIAN)[1]
    for k in range(3):
        up, down = (
            value([a + s * (j == k) for j, a in enumerate(angles)]) for s in (math.pi / 2, -math.pi / 2)
        )
        assert gradient[k] == pytest.approx((up - down) / 2, abs=1e-12)
    assert np.abs(gradient).max() > 0.01


def test_starts() -> None:
    circuit = ansatz(angles_of(2))
    state = ket("01+r").RY(0.3, 0)
    _, first = circuit.gradient(HAMILTONIAN, start="01+r")
    _, second = circuit.gradient(HAMILTONIAN, start=state)
    assert not np.array_equal(first, second)
    assert state.amplitudes() == pytest.approx(ket("01+r").RY(0.3, 0).amplitudes(), abs=1e-15)
    single = ket("0" * N, dtype="complex64")
    assert circuit.gradient(HAMILTONIAN, start=single)[1] == pytest.approx(
        circuit.gradient(HAMILTONIAN)[1], abs=1e-5
    )


def test_threads_give_the_same_bits() -> None:
    circuit = Circuit(15)
    for layer in range(3):
        for q in range(15):
            circuit.RY(0.1 * q + layer, q).RZ(0.2 * q, q)
        for q in range(14):
            circuit.CNOT(q, q + 1)
    results = [circuit.gradient("Z0 Z14 + X7", threads=t) for t in (1, 2, 3, 8)]
    for value, gradient in results:
        assert value == results[0][0]
        assert gradient.tobytes() == results[0][1].tobytes()


def test_vjp_is_the_weighted_sum() -> None:
    circuit = ansatz(angles_of(3))
    terms = ["Z0", "X1 Z2", HAMILTONIAN]
    weights = [0.5, -1, 2]
    values, together = circuit.vjp(terms, weights)
    alone = [circuit.gradient(term) for term in terms]
    assert values.tolist() == [value for value, _ in alone]
    total = sum(w * gradient for w, (_, gradient) in zip(weights, alone, strict=True))
    assert together == pytest.approx(total, abs=1e-13)
    values, together = circuit.vjp([], [])
    assert len(values) == 0
    assert not together.any()


def shifted_state(angles: list[float], k: int, shift: float) -> np.ndarray:
    moved = list(angles)
    moved[k] += shift
    return ket("0" * N).apply(ansatz(moved)).amplitudes()


def test_metric_tensor_by_differences() -> None:
    angles = angles_of(4)
    metric = ansatz(angles).metric_tensor()
    assert metric.shape == (len(angles), len(angles))
    assert metric.dtype == np.float64
    h = 1e-3
    slopes = np.array(
        [
            8 * (shifted_state(angles, k, h) - shifted_state(angles, k, -h))
            - (shifted_state(angles, k, 2 * h) - shifted_state(angles, k, -2 * h))
            for k in range(len(angles))
        ]
    ) / (12 * h)
    along = slopes.conj() @ shifted_state(angles, 0, 0)
    expected = (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real
    assert metric == pytest.approx(expected, abs=1e-10)
    assert np.array_equal(metric, metric.T)
    assert np.linalg.eigvalsh(metric).min() > -1e-12


def test_metric_tensor_of_a_phase_is_zero() -> None:
    metric = Circuit(2).RZ(0.3, 0).P(0.4, 1).RY(0.5, 0).metric_tensor()
    expected = np.diag([0, 0, 0.25])
    assert metric == pytest.approx(expected, abs=1e-14)
    assert Circuit(1).P(0.3, 0).metric_tensor(start="+") == pytest.approx(np.array([[0.25]]), abs=1e-14)


def test_metric_tensor_stops_and_bad_input() -> None:
    circuit = deep(13)
    with pytest.raises(ketsim.DeadlineExceeded, match="timeout_ms = 1"):
        circuit.metric_tensor(timeout_ms=1)
    token = CancelToken()
    token.cancel()
    with pytest.raises(ketsim.Cancelled):
        circuit.metric_tensor(cancel=token)

    def stop(done: float) -> None:
        assert 0 <= done < 1  # 0 while it plans
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        circuit.metric_tensor(progress=stop)
    with pytest.raises(TypeError, match="start: must be a Ket, a label"):
        circuit.metric_tensor(start=1)  # type: ignore[arg-type]
    with pytest.raises(ketsim.InvalidArgument, match="must have at most 1"):
        Circuit(2).metric_tensor(start="0")
    with pytest.raises(ketsim.InvalidArgument, match="threads"):
        circuit.metric_tensor(threads=0)


# ---- by parameters ----

NAMES = tuple(Parameter(name) for name in ("a", "b", "c"))
POINT = [0.4, -1.1, 0.7]


def of_parameters(seed: int) -> Circuit:
    """Every row with angles, each a random linear form of three parameters."""
    rng = np.random.default_rng(seed)
    circuit = Circuit(N).H(0).SX(1).T(1).H(3)
    for row in (row for row in ROWS if row.nangles):
        forms = [
            sum((float(f) * p for f, p in zip(rng.integers(-2, 3, 3), NAMES, strict=True)), start=0.1 * k)
            for k in range(row.nangles)
        ]
        getattr(circuit, row.name)(*forms, *map(int, rng.permutation(N)[: row.nqubits]))
    circuit.pauli_rotation(NAMES[0] - 2 * NAMES[2], "XYZ", 0, 1, 3).global_phase(NAMES[1])
    return circuit


def moved(point: list[float], k: int, by: float) -> list[float]:
    return [x + by * (j == k) for j, x in enumerate(point)]


def derivative(value: Callable[[list[float]], Any], k: int) -> Any:
    """By differences of fourth order."""
    h = 1e-3
    near, far = (value(moved(POINT, k, s)) - value(moved(POINT, k, -s)) for s in (h, 2 * h))
    return (8 * near - far) / (12 * h)


@pytest.mark.parametrize("seed", range(5))
def test_gradients_by_parameters_are_differences(seed: int) -> None:
    circuit = of_parameters(seed)
    order = [NAMES.index(p) for p in circuit.parameters]

    def value(point: list[float]) -> float:
        return ket("0" * N).apply(circuit.bind(dict(zip(NAMES, point, strict=True)))).expectation(HAMILTONIAN)

    found, gradient = circuit.gradient(HAMILTONIAN, params=dict(zip(NAMES, POINT, strict=True)))
    assert found == pytest.approx(value(POINT), abs=1e-13)
    assert gradient == pytest.approx(np.array([derivative(value, k) for k in order]), abs=1e-7)
    listed = circuit.gradient(HAMILTONIAN, params=[POINT[k] for k in order])[1]
    assert listed.tobytes() == gradient.tobytes()
    values, together = circuit.vjp([HAMILTONIAN, "Z1"], [2, 0], params=[POINT[k] for k in order])
    assert values[0] == found
    assert together == pytest.approx(2 * gradient, abs=1e-12)


def test_the_metric_by_parameters_is_that_of_differences() -> None:
    circuit = of_parameters(9)
    point = [POINT[NAMES.index(p)] for p in circuit.parameters]

    def state(at: list[float]) -> np.ndarray:
        bound = circuit.bind(dict(zip(NAMES, at, strict=True)))
        return ket("0" * N).apply(bound).amplitudes()

    slopes = np.array([derivative(state, NAMES.index(p)) for p in circuit.parameters])
    along = slopes.conj() @ state(POINT)
    expected = (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real
    metric = circuit.metric_tensor(params=point)
    assert metric == pytest.approx(expected, abs=1e-7)
    assert np.array_equal(metric, metric.T)


def test_parameters_that_no_angle_feels_and_repeated_ones() -> None:
    a, b = NAMES[:2]
    circuit = Circuit(1).RZ(b, 0).RY(2 * a - a, 0).RY(a, 0)
    value, gradient = circuit.gradient("Z0", params={"a": 0.3, "b": 5.0})
    assert value == pytest.approx(math.cos(0.6), abs=1e-15)
    assert gradient == pytest.approx(np.array([0, -2 * math.sin(0.6)]), abs=1e-14)
    assert Circuit(1).RX(0.2, 0).gradient("Z0", params=[])[1].shape == (0,)
    assert Circuit(1).RX(0.2, 0).metric_tensor(params={}).shape == (0, 0)


def test_values_of_parameters_are_checked() -> None:
    circuit = Circuit(1).RY(2 * NAMES[0], 0)
    for call in (
        lambda params: circuit.gradient("Z0", params=params),
        lambda params: circuit.vjp(["Z0"], [1], params=params),
        lambda params: circuit.metric_tensor(params=params),
    ):
        with pytest.raises(ketsim.InvalidArgument, match="unbound parameters: a"):
            call(None)
        with pytest.raises(ketsim.InvalidArgument, match="2 values: the circuit has 1 parameters"):
            call([1, 2])
        with pytest.raises(ketsim.InvalidArgument, match="finite"):
            call([math.nan])
        with pytest.raises(TypeError):
            call(1)
        with pytest.raises(ketsim.InvalidArgument, match="b"):
            call({"b": 1})


# ---- parameter shift, for everything that is a mean ----


def exactly(circuit: Circuit) -> float:
    return ket("0" * N).apply(circuit).expectation(HAMILTONIAN)


@pytest.mark.parametrize("row", [row for row in ROWS if row.nangles], ids=lambda row: row.name)
@pytest.mark.parametrize("controls", [{}, {3: 0}])
def test_parameter_shift_is_the_gradient_of_every_row(row: Any, controls: dict[int, int]) -> None:
    circuit = Circuit(N).H(0).T(0).SX(1).T(1).RY(0.4, 2).RX(0.7, 3)
    getattr(circuit, row.name)(*(0.3 + k for k in range(row.nangles)), *range(row.nqubits), controls=controls)
    circuit.CNOT(0, 3).RXX(0.3, 1, 2).SX(3)
    wanted = circuit.gradient(HAMILTONIAN)[1]
    assert parameter_shift(circuit, exactly) == pytest.approx(wanted, abs=1e-10)


def test_parameter_shift_of_strings_and_phases() -> None:
    circuit = Circuit(N).H(0).T(0).SX(1).RY(0.4, 2).RX(0.7, 3).pauli_rotation(0.3, "XIYZ", 0, 1, 2, 3)
    circuit.pauli_rotation(0.5, "ZY", 1, 2, controls={0: 0}).global_phase(0.2, controls=[1]).SX(1)
    circuit.global_phase(0.4).H(1)
    wanted = circuit.gradient(HAMILTONIAN)[1]
    assert parameter_shift(circuit, exactly) == pytest.approx(wanted, abs=1e-10)


def test_parameter_shift_of_noise_and_measurements_is_differences() -> None:
    def circuit(angles: list[float]) -> Circuit:
        made = Circuit(3, bits=1).H(0).RY(angles[0], 1).channel(noise.amplitude_damping(0.3), 1).CNOT(0, 1)
        made.CRX(angles[1], 1, 2).channel(noise.depolarizing(0.2, 2), 0, 2).measure(0).RX(angles[2], 0)
        return made.reset(1).FSIM(angles[3], angles[4], 2, 0)

    def value(made: Circuit) -> np.ndarray:
        return DensityMatrix(3).apply(made).expectations(["Z0 Z2", "X2 + 0.5 Y0"])

    at, h = [0.4, 0.9, -0.7, 1.3, 0.2], 1e-4
    found = parameter_shift(circuit(at), value)
    assert found.shape == (5, 2)
    for k in range(5):
        up, down = (value(circuit(moved(at, k, s))) for s in (h, -h))
        assert found[k] == pytest.approx((up - down) / (2 * h), abs=1e-7)


def test_parameter_shift_from_shots_is_within_its_error() -> None:
    circuit = Circuit(2, bits=2).RY(0.6, 0).CNOT(0, 1).RX(0.8, 1).channel(noise.bit_flip(0.1), 1)
    exact = parameter_shift(circuit, lambda c: DensityMatrix(2).apply(c).expectation("Z0 Z1"))
    found = parameter_shift(circuit, lambda c: shots_expectations(c, "Z0 Z1", 20_000, seed=3).values[0])
    assert found == pytest.approx(exact, abs=5 / math.sqrt(20_000))


def test_parameter_shift_counts_its_calls_and_refuses() -> None:
    calls = []

    def count(circuit: Circuit) -> float:
        calls.append(circuit)
        return 0.0

    parameter_shift(Circuit(2).RX(0.1, 0).P(0.2, 1).CRX(0.3, 0, 1).H(0).global_phase(0.1), count)
    assert len(calls) == 2 + 2 + 4
    assert parameter_shift(Circuit(2).H(0), count).shape == (0,)
    with pytest.raises(ketsim.InvalidArgument, match="unbound parameters: a"):
        parameter_shift(Circuit(1).RX(NAMES[0], 0), count)
    body = Circuit(1).RX(0.1, 0)
    with pytest.raises(ketsim.InvalidArgument, match="operation 1: its body has angles"):
        parameter_shift(Circuit(1, bits=1).measure(0).if_(0, body), count)


def test_no_angles() -> None:
    assert Circuit(2).H(0).metric_tensor().shape == (0, 0)
    value, gradient = Circuit(2).H(0).CNOT(0, 1).gradient("Z0 Z1")
    assert value == pytest.approx(1)
    assert gradient.shape == (0,)


def deep(n: int) -> Circuit:
    circuit = Circuit(n)
    for layer in range(40):
        for q in range(n):
            circuit.RY(0.1 * q + layer, q)
        for q in range(n - 1):
            circuit.CZ(q, q + 1)
    return circuit


def test_stops() -> None:
    circuit = deep(16)
    with pytest.raises(ketsim.DeadlineExceeded, match="timeout_ms = 1"):
        circuit.gradient("Z0", timeout_ms=1)
    token = CancelToken()
    token.cancel()
    with pytest.raises(ketsim.Cancelled):
        circuit.gradient("Z0", cancel=token)

    def stop(done: float) -> None:
        assert 0 <= done < 1  # 0 while it plans
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deep(20).gradient("Z0", progress=stop)  # takes long enough to be asked


def test_bad_input() -> None:
    circuit = Circuit(2).RX(0.5, 1)
    with pytest.raises(ketsim.InvalidArgument, match="observable acts on qubit 2"):
        circuit.gradient("Z2")
    with pytest.raises(ketsim.ParseError, match="character 0"):
        circuit.gradient("Q2")
    with pytest.raises(ketsim.InvalidArgument, match="circuit on 2 qubits: must have at most 1"):
        circuit.gradient("Z0", start="0")
    with pytest.raises(ketsim.InvalidArgument, match="must be one of 0 1"):
        circuit.gradient("Z0", start="0x")
    with pytest.raises(TypeError, match="start: must be a Ket, a label"):
        circuit.gradient("Z0", start=1)  # type: ignore[arg-type]
    with pytest.raises(ketsim.InvalidArgument, match="1 weights: must be 2"):
        circuit.vjp(["Z0", "Z1"], [1])
    with pytest.raises(ketsim.InvalidArgument, match="finite"):
        circuit.vjp(["Z0"], [math.nan])
    with pytest.raises(TypeError):
        circuit.vjp(["Z0"], ["1"])  # type: ignore[list-item]
    with pytest.raises(ketsim.InvalidArgument, match="threads"):
        circuit.gradient("Z0", threads=0)
    closed = ket("00")
    closed.close()
    with pytest.raises(ketsim.StateClosedError):
        circuit.gradient("Z0", start=closed)
