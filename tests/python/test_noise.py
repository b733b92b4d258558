"""Channels, models and readout of ``ketsim.noise`` against their definitions."""

import copy
import itertools
import pickle

import mixed
import numpy as np
import pytest

from ketsim import Circuit, DensityMatrix, InvalidArgument, ket, noise, run_shots

E, X, Y, Z = (mixed.PAULIS[letter] for letter in "IXYZ")
PS = [0, 1e-9, 0.1, 0.5, 0.75, 1]
NAN, INF = float("nan"), float("inf")


def flip(p, pauli):
    return [np.sqrt(1 - p) * E, np.sqrt(p) * pauli]


def damping(gamma, excited=0.0):
    """Nielsen and Chuang, equations 8.108 and 8.117."""
    down = [np.diag([1, np.sqrt(1 - gamma)]), np.array([[0, np.sqrt(gamma)], [0, 0]])]
    up = [np.diag([np.sqrt(1 - gamma), 1]), np.array([[0, 0], [np.sqrt(gamma), 0]])]
    return [np.sqrt(1 - excited) * k for k in down] + [np.sqrt(excited) * k for k in up]


def phase_damping(lam):
    """Nielsen and Chuang, equations 8.127."""
    return [np.diag([1, np.sqrt(1 - lam)]), np.diag([0, np.sqrt(lam)])]


def thermal(t1, t2, time, excited):
    """Damping, and then what is left of the loss of coherence."""
    rest = np.exp(-2 * time * (1 / t2 - 1 / (2 * t1)))
    return [a @ b for a in phase_damping(1 - rest) for b in damping(1 - np.exp(-time / t1), excited)]


def reset(p0, p1):
    k0 = [np.array([[1, 0], [0, 0]]), np.array([[0, 1], [0, 0]])]
    k1 = [np.array([[0, 0], [1, 0]]), np.array([[0, 0], [0, 1]])]
    return [np.sqrt(1 - p0 - p1) * E, *(np.sqrt(p0) * k for k in k0), *(np.sqrt(p1) * k for k in k1)]


CASES = [
    *((noise.depolarizing(p), mixed.depolarizing(p, 1)) for p in PS),
    *((noise.depolarizing(p, 2), mixed.depolarizing(p, 2)) for p in PS),
    *((noise.bit_flip(p), flip(p, X)) for p in PS),
    *((noise.phase_flip(p), flip(p, Z)) for p in PS),
    *((noise.bit_phase_flip(p), flip(p, Y)) for p in PS),
    *((noise.amplitude_damping(p), damping(p)) for p in PS),
    *((noise.generalized_amplitude_damping(p, e), damping(p, e)) for p in PS for e in PS),
    *((noise.phase_damping(p), phase_damping(p)) for p in PS),
    *(
        (noise.thermal_relaxation(t1, t2, t, e), thermal(t1, t2, t, e))
        for t1, t2 in [(1, 2), (1, 1), (1, 0.5), (3, 1e-3)]
        for t in [0, 1e-6, 0.3, 2]
        for e in [0, 0.2, 0.5, 1]
    ),
    *((noise.reset(p0, p1), reset(p0, p1)) for p0, p1 in [(0, 0), (0.2, 0), (0, 0.3), (0.25, 0.75), (1, 0)]),
    (
        noise.pauli({"X": 0.2, "Y": 0.3, "Z": 0.1}),
        [k * w**0.5 for k, w in [(E, 0.4), (X, 0.2), (Y, 0.3), (Z, 0.1)]],
    ),
]


@pytest.mark.parametrize(("channel", "kraus"), CASES)
def test_named_channels_are_what_they_are_defined_as(channel, kraus):
    np.testing.assert_allclose(channel.superoperator, mixed.superoperator(kraus), atol=2e-15)


@pytest.mark.parametrize("channel", [channel for channel, _ in CASES])
def test_what_holds_of_every_channel(channel):
    dim = 2**channel.nqubits
    np.testing.assert_allclose(sum(k.conj().T @ k for k in channel.kraus), np.eye(dim), atol=4e-15)
    np.testing.assert_allclose(channel.superoperator, mixed.superoperator(channel.kraus), atol=1e-15)
    assert len(channel) == len(channel.kraus)
    assert channel.is_mixed_unitary == (channel.probabilities is not None)
    if not channel.is_mixed_unitary:
        assert channel.unitaries is None
        return
    assert sum(channel.probabilities) == pytest.approx(1, abs=1e-15)
    for p, u, k in zip(channel.probabilities, channel.unitaries, channel.kraus, strict=True):
        np.testing.assert_allclose(u @ u.conj().T, np.eye(dim), atol=1e-14)
        np.testing.assert_allclose(np.sqrt(p) * u, k, atol=1e-14)


@pytest.mark.parametrize(
    "name", ["depolarizing", "bit_flip", "phase_flip", "bit_phase_flip", "phase_damping"]
)
def test_mixtures_are_found(name):
    assert getattr(noise, name)(0.2).is_mixed_unitary


def test_others_are_no_mixtures():
    for channel in (noise.amplitude_damping(0.2), noise.reset(0.2), noise.thermal_relaxation(1, 1, 1)):
        assert not channel.is_mixed_unitary


@pytest.mark.parametrize("n", [1, 2, 3])
def test_pauli_strings(n):
    for word in map("".join, itertools.product("IXYZ", repeat=n)):
        channel = noise.pauli({word: 0.3})
        expected = [np.sqrt(0.7) * np.eye(2**n), np.sqrt(0.3) * mixed.string(word)]
        np.testing.assert_allclose(channel.superoperator, mixed.superoperator(expected), atol=1e-15)


@pytest.mark.parametrize(("nqubits", "count"), [(1, 1), (1, 4), (1, 9), (2, 3), (2, 16)])
def test_kraus_sets(nqubits, count):
    rng = np.random.default_rng(count)
    kraus = mixed.random_kraus(nqubits, count, rng)
    channel = noise.Channel(kraus)
    assert channel.nqubits == nqubits
    np.testing.assert_array_equal(channel.kraus, kraus)
    np.testing.assert_allclose(channel.superoperator, mixed.superoperator(kraus), atol=1e-14)
    assert channel.is_mixed_unitary == (count == 1)


@pytest.mark.parametrize("nqubits", [1, 2])
def test_compose(nqubits):
    rng = np.random.default_rng(nqubits)
    first, second = (noise.Channel(mixed.random_kraus(nqubits, 5, rng)) for _ in range(2))
    both = first.compose(second)
    np.testing.assert_allclose(both.superoperator, second.superoperator @ first.superoperator, atol=1e-14)
    assert len(both) <= 4**nqubits


def test_composed_mixtures_are_mixtures():
    both = noise.depolarizing(0.1).compose(noise.bit_flip(0.2))
    assert both.is_mixed_unitary
    assert len(both) == 4


def test_equality_hash_pickle_copy():
    rng = np.random.default_rng(3)
    channels = [
        noise.bit_flip(0.1),
        noise.bit_flip(0.2),
        noise.depolarizing(0.1, 2),
        noise.amplitude_damping(0.1),
    ]
    channels.append(noise.Channel(mixed.random_kraus(2, 4, rng)).compose(noise.depolarizing(0.1, 2)))
    channels.append(
        noise.Channel([np.float32(0.6) * np.eye(2, dtype=np.float32), np.float32(0.8) * X.real.astype("f")])
    )
    for a, b in itertools.product(range(len(channels)), repeat=2):
        assert (channels[a] == channels[b]) == (a == b)
    for channel in channels:
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            other = pickle.loads(pickle.dumps(channel, protocol))
            assert other == channel
            assert hash(other) == hash(channel)
        assert copy.copy(channel) is channel
        assert copy.deepcopy(channel) is channel
    assert channels[0] != "bit_flip"
    assert noise.Channel(channels[0]) is channels[0]


def test_repr():
    assert repr(noise.bit_flip(0.1)) == "<Channel on 1 qubit: 2 unitary operators>"
    assert repr(noise.bit_flip(0)) == "<Channel on 1 qubit: 1 unitary operator>"
    assert repr(noise.amplitude_damping(0.1)) == "<Channel on 1 qubit: 2 Kraus operators>"


# ---- what is refused ----

BAD = [
    (lambda: noise.Channel([E, 0.1 * X]), "= 0.01: must be at most 1e-10"),
    (lambda: noise.Channel([0.9 * E]), r"\|sum K\* K - 1\| = 0.19"),
    (lambda: noise.Channel([]), "0 Kraus operators"),
    (lambda: noise.Channel([E, np.eye(4)]), "entry 1"),
    (lambda: noise.Channel([np.eye(3)]), "shape"),
    (lambda: noise.Channel([np.ones((2, 3))]), "shape"),
    (lambda: noise.Channel([[[1, 0], [0, NAN]]]), "must be finite"),
    (lambda: noise.depolarizing(0.1, 3), "on 3 qubits"),
    (lambda: noise.reset(0.6, 0.5), "add up to 1.1"),
    (lambda: noise.thermal_relaxation(1, 2.5, 1), "T2 is 2.5 with T1 = 1"),
    (lambda: noise.thermal_relaxation(0, 1, 1), "t1 is 0"),
    (lambda: noise.thermal_relaxation(1, NAN, 1), "t2 is nan"),
    (lambda: noise.thermal_relaxation(1, 1, -1), "time is -1"),
    (lambda: noise.thermal_relaxation(1, 1, INF), "time is inf"),
    (lambda: noise.thermal_relaxation(1, 1, 1, 1.5), "excited is 1.5"),
    (lambda: noise.pauli({"X": 0.6, "Y": 0.6}), "add up to 1.2"),
    (lambda: noise.pauli({"X": NAN}), "0..1"),
    (lambda: noise.pauli({"XA": 0.1}), "letter 1"),
    (lambda: noise.pauli({"X": 0.1, "XX": 0.1}), "as many as the first"),
    (lambda: noise.pauli({"XXXX": 0.1}), "1..3 letters"),
    (lambda: noise.bit_flip(0.1).compose(noise.depolarizing(0.1, 2)), "on 1 and on 2"),
    (lambda: noise.NoiseModel().add(noise.bit_flip(0.1), gates="Hadamard"), "'Hadamard'"),
    (lambda: noise.NoiseModel().add_idle(noise.depolarizing(0.1, 2)), "on 2 qubits"),
    (lambda: noise.ReadoutError([[1, 0], [0.5, 0.6]]), "row 1 adds up to 1.1"),
    (lambda: noise.ReadoutError([[1.5, -0.5], [0, 1]]), "entry"),
    (lambda: noise.ReadoutError([[NAN, 1], [0, 1]]), "entry"),
    (lambda: noise.ReadoutError([1, 0]), "shape"),
    (lambda: noise.ReadoutError({2: np.eye(3)}), "of qubit 2"),
]
for name in (
    "depolarizing",
    "bit_flip",
    "phase_flip",
    "bit_phase_flip",
    "amplitude_damping",
    "phase_damping",
):
    for p in (-0.01, 1.01, NAN, INF):
        BAD.append((lambda name=name, p=p: getattr(noise, name)(p), "must be 0..1"))


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: noise.Channel(1),
        lambda: noise.Channel("XX"),
        lambda: noise.bit_flip("0.1"),
        lambda: noise.bit_flip(None),
        lambda: noise.pauli({1: 0.1}),
        lambda: noise.bit_flip(0.1).compose(None),
        lambda: noise.NoiseModel().add("X"),
    ],
)
def test_bad_types(call):
    with pytest.raises(TypeError):
        call()


def test_circuits_refuse_what_does_not_fit():
    circuit = Circuit(2)
    for qubits in [(0, 1), (2,), (), (-1,)]:
        with pytest.raises(InvalidArgument):
            circuit.channel(noise.bit_flip(0.1), *qubits)
    with pytest.raises(InvalidArgument):
        circuit.channel(noise.depolarizing(0.1, 2), 1, 1)
    assert len(circuit) == 0


# ---- models ----


def names(circuit):
    return [(entry[0], *(e for e in entry[1:] if isinstance(e, (int, noise.Channel)))) for entry in circuit]


def test_model_puts_channels_behind_gates():
    one, two = noise.bit_flip(0.1), noise.depolarizing(0.1, 2)
    model = (
        noise.NoiseModel().add(one, gates=["H", "CX"]).add(two, qubits=[0, 1]).add(one, gates="X", qubits=[1])
    )
    circuit = Circuit(3).H(0).CNOT(0, 1).CNOT(1, 2).X(0, 1).RZ(0.1, 2)
    assert names(model.apply(circuit)) == [
        ("H", 0),
        ("channel", one, 0),
        ("CNOT", 0, 1),
        ("channel", one, 0),
        ("channel", one, 1),
        ("channel", two, 0, 1),
        ("CNOT", 1, 2),
        ("channel", one, 1),
        ("channel", one, 2),
        ("X", 0),
        ("X", 1),
        ("channel", one, 1),
        ("RZ", 2),
    ]
    assert len(circuit) == 6


def test_model_sees_further_controls_and_keeps_what_is_no_gate():
    one = noise.bit_flip(0.1)
    circuit = Circuit(3, bits=2).X(0, controls={2: 0}).measure(0, bits=1).reset(1).channel(one, 2)
    noisy = noise.NoiseModel().add(one).apply(circuit)
    assert noisy.nbits == 2
    assert [entry for entry in noisy if entry[0] != "channel"] == [e for e in circuit if e[0] != "channel"]
    assert names(noisy)[1:3] == [("channel", one, 0), ("channel", one, 2)]
    assert len(noisy) == len(circuit) + 2


def test_model_reaches_into_bodies():
    one = noise.bit_flip(0.1)
    body = Circuit(1).X(0)
    circuit = Circuit(2, bits=1).measure(0, bits=0).if_(0, body)
    noisy = noise.NoiseModel().add(one).add_idle(noise.phase_flip(0.1)).apply(circuit)
    expected = Circuit(1).X(0).channel(one, 0)
    bodies = [item for entry in noisy for item in entry if isinstance(item, Circuit)]
    assert bodies == [expected]


def test_model_on_idle_qubits():
    wait = noise.phase_damping(0.1)
    circuit = Circuit(3).H(0).CNOT(0, 1).CNOT(1, 2)
    noisy = noise.NoiseModel().add_idle(wait, qubits=[0, 2]).apply(circuit)
    assert names(noisy) == [
        ("H", 0),
        ("CNOT", 0, 1),
        ("channel", wait, 2),
        ("channel", wait, 2),
        ("CNOT", 1, 2),
        ("channel", wait, 0),
    ]


def test_model_equality_and_repr():
    a, b = (noise.NoiseModel().add(noise.bit_flip(0.1), gates="H") for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)
    assert a != noise.NoiseModel()
    assert pickle.loads(pickle.dumps(a)) == a
    assert repr(a) == "<NoiseModel: 1 rule>"


# ---- readout ----

TABLES = {0: [[0.9, 0.1], [0.3, 0.7]], 2: [[0.75, 0.25], [0.5, 0.5]]}


def confused(p, qubits):
    """By the product of tables."""
    k = len(qubits)
    out = np.zeros(2**k)
    for actual, read in itertools.product(range(2**k), repeat=2):
        factor = 1.0
        for position, q in enumerate(qubits):
            shift = k - 1 - position
            factor *= np.asarray(TABLES.get(q, np.eye(2)))[actual >> shift & 1, read >> shift & 1]
        out[read] += factor * p[actual]
    return out


@pytest.mark.parametrize("qubits", [[0, 1, 2], [2, 0], [1], [2]])
def test_readout_probabilities(qubits):
    q = ket("000").RX(0.7, 0).RY(1.1, 1).CNOT(1, 2)
    readout = noise.ReadoutError(TABLES)
    expected = confused(q.probabilities(qubits), qubits)
    np.testing.assert_allclose(readout.probabilities(q, qubits), expected, atol=1e-15)
    np.testing.assert_allclose(readout.probabilities(DensityMatrix(q), qubits), expected, atol=1e-14)


def test_readout_samples():
    shots = 100_000
    q = ket("000").RX(0.7, 0).RY(1.1, 1).CNOT(1, 2)
    readout = noise.ReadoutError(TABLES)
    outcomes = readout.sample(q, shots, seed=5)
    np.testing.assert_array_equal(outcomes, readout.sample(q, shots, seed=5))
    expected = readout.probabilities(q)
    counts = np.bincount(outcomes.astype(int), minlength=8)
    assert (abs(counts - shots * expected) < 5 * np.sqrt(shots * expected * (1 - expected)) + 1e-9).all()
    by_label = readout.counts(q, shots, seed=5)
    assert by_label == {format(k, "03b"): c for k, c in enumerate(counts.tolist()) if c}
    assert list(by_label.values()) == sorted(by_label.values(), reverse=True)


def test_readout_of_shots():
    readout = noise.ReadoutError([[0, 1], [1, 0]])
    circuit = Circuit(2, bits=2).X(0).measure()
    assert run_shots(circuit, 3) == {"10": 3}
    assert readout.apply([0b10] * 3, range(2)).tolist() == [0b01] * 3


def test_readout_equality_and_repr():
    readout = noise.ReadoutError(TABLES)
    assert readout == noise.ReadoutError(TABLES) == pickle.loads(pickle.dumps(readout))
    assert readout != noise.ReadoutError([[1, 0], [0, 1]])
    assert eval(repr(readout), {"ReadoutError": noise.ReadoutError}) == readout
