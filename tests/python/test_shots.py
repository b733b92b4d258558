"""Dynamic circuits through Python: shots against their definition in NumPy, distributions against all
branches, teleportation, what is refused, pickles and pictures."""

import copy
import math
import pickle
import threading

import numpy as np
import oracle
import pytest
from test_rng import philox

import ketsim
from ketsim import Cancelled, CancelToken, Circuit, DeadlineExceeded, InvalidArgument, ket, noise, run_shots

SHOT = 5  # the function in the random numbers of shots
JOINT_MEASURE, JOINT_RESET = 20, 8
CHANNELS = [
    noise.depolarizing(0.3),
    noise.bit_flip(0.1),
    noise.amplitude_damping(0.4),
    noise.depolarizing(0.5, 2),
    noise.pauli({"XY": 0.3, "ZI": 0.7}),
    noise.thermal_relaxation(1.0, 0.7, 0.5, 0.2),
]


# ---- the definition ------------------------------------------------------------------------------


def words(seed, shot, ordinal):
    """Of the random operation number ordinal of a shot, as numbers in [0, 1)."""
    return [(word >> 11) * 2.0**-53 for word in philox([shot, ordinal, 0, SHOT], [seed, 0])]


def drawn(probabilities, u):
    return int(np.searchsorted(np.cumsum(probabilities), u * np.sum(probabilities), side="right"))


def is_identity(unitary):
    return bool(np.allclose(unitary, np.eye(len(unitary)), atol=1e-14))


def joined(entries):
    """Measurements of other qubits into other bits that follow each other are one; resets are cut."""
    found = []
    for entry in entries:
        name, *rest = entry
        if name == "reset":
            found += [("reset", *rest[k : k + JOINT_RESET]) for k in range(0, len(rest), JOINT_RESET)]
        elif name == "measure":
            qubits, bits = tuple(rest[:-1]), tuple(rest[-1]["bits"])
            last = found[-1] if found and found[-1][0] == "measured" else ("", (), ())
            apart = not set(last[1]) & set(qubits) and not set(last[2]) & set(bits)
            if last[0] and apart and len(last[1]) + len(qubits) <= JOINT_MEASURE:
                found[-1] = ("measured", last[1] + qubits, last[2] + bits)
            else:
                found.append(("measured", qubits, bits))
        else:
            found.append(entry)
    return found


class Shot:
    """One shot, alone, by dense linear algebra."""

    def __init__(self, circuit, psi, seed, number):
        self.psi, self.bits = np.array(psi, complex), [0] * circuit.nbits
        self.seed, self.number, self.ordinal = seed, number, 0
        self.u, self.clean = None, 1.0
        self.run(circuit)

    def words(self):
        self.ordinal += 1
        return words(self.seed, self.number, self.ordinal - 1)

    def run(self, circuit):
        for name, *rest in joined(circuit):
            if name in ("measured", "reset", "if_", "repeat_until", "channel", "readout"):
                getattr(self, name)(*rest)
            else:
                self.psi = oracle.run(self.psi, [(name, *rest)])

    def project(self, qubits):
        p = oracle.probabilities(self.psi, list(qubits))
        outcome = drawn(p, self.words()[0])
        for k, qubit in enumerate(qubits):
            one = outcome >> (len(qubits) - 1 - k) & 1
            self.psi = oracle.apply(self.psi, np.diag([1 - one, one]).astype(complex), [qubit])
        self.psi /= math.sqrt(p[outcome])
        return [outcome >> (len(qubits) - 1 - k) & 1 for k in range(len(qubits))]

    def measured(self, qubits, bits):
        for bit, one in zip(bits, self.project(qubits), strict=True):
            self.bits[bit] = one

    def reset(self, *qubits):
        for qubit, one in zip(qubits, self.project(qubits), strict=True):
            if one:
                self.psi = oracle.apply(self.psi, oracle.X, [qubit])

    def readout(self, confusion, *bits):
        numbers = [u for _ in range(0, len(bits), 4) for u in self.words()]
        for bit, u in zip(bits, numbers, strict=False):
            self.bits[bit] ^= u < confusion[self.bits[bit]][1 - self.bits[bit]]

    def holds(self, bits, value):
        return int("".join(str(self.bits[b]) for b in bits), 2) == value

    def if_(self, bits, body, value):
        if self.holds(bits, value):
            self.run(body)

    def repeat_until(self, body, bits, value, limit):
        for _ in range(limit):
            self.run(body)
            if self.holds(bits, value):
                break

    def channel(self, channel, *qubits):
        if channel.unitaries is None:
            after = [oracle.apply(self.psi, k, list(qubits)) for k in channel.kraus]
            p = [np.linalg.norm(psi) ** 2 for psi in after]
            k = drawn(p, self.words()[0])
            self.psi = after[k] / math.sqrt(p[k])
            return
        errs = [not is_identity(u) for u in channel.unitaries]
        if self.u is None:
            self.u = self.words()[0]
        self.clean *= sum(p for p, err in zip(channel.probabilities, errs, strict=True) if not err)
        if self.u < self.clean:
            return
        choice, self.u, *_ = self.words()
        self.clean = 1.0
        p = [p if err else 0.0 for p, err in zip(channel.probabilities, errs, strict=True)]
        self.psi = oracle.apply(self.psi, channel.unitaries[drawn(p, choice)], list(qubits))


# ---- random circuits -----------------------------------------------------------------------------


def random_circuit(rng, n, nbits, length, depth=2):
    circuit = Circuit(n, bits=nbits)
    for _ in range(length):
        for _ in range(rng.integers(4)):
            circuit.RY(rng.uniform(-3, 3), int(rng.integers(n))).T(int(rng.integers(n)))
            if n > 1:
                circuit.CNOT(*map(int, rng.permutation(n)[:2]))
        kind = rng.integers(8 if depth else 6)
        count = int(rng.integers(1, min(n, nbits, 3) + 1))
        qubits, bits = map(int, rng.permutation(n)[:count]), rng.permutation(nbits)[:count].tolist()
        if kind < 2:
            channel = CHANNELS[rng.integers(len(CHANNELS))]
            if channel.nqubits <= n:
                circuit.channel(channel, *map(int, rng.permutation(n)[: channel.nqubits]))
        elif kind == 2:
            circuit.reset(*qubits)
        elif kind < 5:
            circuit.measure(*qubits, bits=bits)
        elif kind == 5:
            p, q = rng.uniform(0, 0.5), rng.uniform(0, 1)
            some = rng.permutation(nbits)[: rng.integers(1, nbits + 1)].tolist()
            circuit.readout([[1 - p, p], [q, 1 - q]], *some)
        else:
            body, value = random_circuit(rng, n, nbits, 2, depth - 1), int(rng.integers(2**count))
            if kind == 6:
                circuit.if_(bits, body, value)
            else:
                circuit.repeat_until(body, bits, value, limit=int(rng.integers(1, 4)))
    return circuit


def test_a_readout_of_many_bits_takes_four_numbers_an_event():
    circuit = Circuit(1, bits=11).X(0).measure(0, bits=4).readout([[0.6, 0.4], [0.7, 0.3]])
    circuit.readout([[0.5, 0.5], [0.5, 0.5]], 3, 1)
    memory = run_shots(circuit, 200, seed=9, memory=True)
    for number in range(200):
        assert memory[number].tolist() == Shot(circuit, [1, 0], 9, number).bits


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_shot_is_what_the_definition_says(n, rng):
    for _ in range(6):
        circuit = random_circuit(rng, n, 3, 6)
        seed = int(rng.integers(2**62))
        memory = run_shots(circuit, 25, seed=seed, memory=True)
        for number in range(25):
            want = Shot(circuit, oracle.from_label("0" * n), seed, number)
            assert memory[number].tolist() == want.bits
            q = ket("0" * n)
            assert q.run_shot(circuit, seed=seed, shot=number) == "".join(map(str, want.bits))
            assert abs(np.vdot(want.psi, q.amplitudes())) == pytest.approx(1, abs=1e-12)
            assert np.allclose(q.amplitudes(), want.psi, atol=1e-12)


def test_from_a_state_of_more_qubits(rng):
    psi = oracle.random_state(rng, 4)
    circuit = random_circuit(rng, 3, 3, 6)
    start = ket.from_amplitudes(psi)
    memory = run_shots(circuit, 40, seed=8, state=start, memory=True)
    for number in range(40):
        assert memory[number].tolist() == Shot(circuit, psi, 8, number).bits
    assert np.array_equal(start.amplitudes(), psi)


# ---- distributions -------------------------------------------------------------------------------


def branches(circuit, rho, bits):
    """All (bits, unnormalized density matrix) that a circuit ends with, a dict."""
    found = {bits: rho}
    n = circuit.nqubits
    for name, *rest in circuit:
        after = {}

        def add(key, part, after=after):
            after[key] = after.get(key, 0) + part

        for key, part in found.items():
            if name == "measure":
                *qubits, extras = rest
                for outcome in np.ndindex((2,) * len(qubits)):
                    new, projected = list(key), part
                    for qubit, bit, one in zip(qubits, extras["bits"], outcome, strict=True):
                        new[bit] = one
                        projected = both(projected, np.diag([1 - one, one]).astype(complex), [qubit], n)
                    add(tuple(new), projected)
            elif name == "reset":
                for qubit in rest:
                    down = np.array([[0, 1], [0, 0]], complex)
                    part = both(part, np.diag([1, 0]).astype(complex), [qubit], n) + both(
                        part, down, [qubit], n
                    )
                add(key, part)
            elif name == "channel":
                channel, *qubits = rest
                add(key, sum(both(part, k, qubits, n) for k in channel.kraus))
            elif name == "if_":
                where, body, value = rest
                holds = int("".join(str(key[b]) for b in where), 2) == value
                for new, inner in branches(body, part, key).items() if holds else [(key, part)]:
                    add(new, inner)
            elif name == "readout":
                confusion, *where = rest
                for read in np.ndindex((2,) * len(where)):
                    new, p = list(key), 1.0
                    for bit, one in zip(where, read, strict=True):
                        p *= confusion[key[bit]][one]
                        new[bit] = one
                    add(tuple(new), p * part)
            else:
                add(key, both_sides(part, [(name, *rest)], n))
        found = after
    return found


def both(rho, matrix, qubits, n):
    """K rho K* by K on the rows, and conj(K) on the columns."""
    flat = rho.reshape(-1)
    rows = oracle.apply(flat, matrix, list(qubits))
    return oracle.apply(rows, matrix.conj(), [q + n for q in qubits]).reshape(rho.shape)


def both_sides(rho, operations, n):
    u = np.array([oracle.run(column.astype(complex), operations) for column in np.eye(2**n)]).T
    return u @ rho @ u.conj().T


def test_distribution_of_bits_is_that_of_all_branches(rng):
    """Chi-square with p > 1e-6: below mean + 6 sigma, generously for few degrees of freedom."""
    shots = 20_000
    for trial in range(12):
        n = 1 + trial % 3
        circuit = random_circuit(rng, n, 3, 5, depth=1)
        if any(entry[0] == "repeat_until" for entry in circuit):
            continue
        rho = np.zeros((2**n, 2**n), complex)
        rho[0, 0] = 1
        want = {
            "".join(map(str, bits)): np.trace(part).real
            for bits, part in branches(circuit, rho, (0, 0, 0)).items()
        }
        assert sum(want.values()) == pytest.approx(1, abs=1e-12)
        counts = run_shots(circuit, shots, seed=trial)
        assert all(want.get(label, 0) > 1e-14 for label in counts)
        likely = {label: p for label, p in want.items() if p * shots > 5}
        square = sum((counts.get(label, 0) - p * shots) ** 2 / (p * shots) for label, p in likely.items())
        freedom = max(len(likely) - 1, 1)
        assert square < freedom + 6 * math.sqrt(2 * freedom) + 12


def test_noise_gives_the_density_matrix(rng):
    """Populations after noise alone, of 40,000 trajectories, within 5 sigma."""
    shots, n = 40_000, 3
    circuit = Circuit(n, bits=n).H(0).CNOT(0, 1).RY(0.7, 2)
    for channel in CHANNELS:
        circuit.channel(channel, *range(channel.nqubits)).CNOT(1, 2).RX(0.4, 0)
    rho = np.zeros((2**n, 2**n), complex)
    rho[0, 0] = 1
    (want,) = branches(circuit, rho, (0, 0, 0)).values()
    counts = run_shots(circuit.measure(), shots, seed=3)
    for k, p in enumerate(np.diag(want).real):
        assert abs(counts.get(f"{k:03b}", 0) - shots * p) < 5 * math.sqrt(shots * p * (1 - p)) + 1


# ---- what people do with it ----------------------------------------------------------------------


def test_teleportation_is_exact():
    alice = (0.6, 0.8j)
    start = ket.from_amplitudes(np.kron(alice, [1, 0, 0, 0]))
    circuit = Circuit(3, bits=2).H(1).CNOT(1, 2).CNOT(0, 1).H(0).measure(0, 1)
    circuit.if_(1, Circuit(3).X(2)).if_(0, Circuit(3).Z(2))
    seen = set()
    for shot in range(40):
        q = start.copy()
        bits = q.run_shot(circuit, seed=2, shot=shot)
        seen.add(bits)
        assert np.allclose(q.amplitudes().reshape(4, 2)[int(bits, 2)], alice, atol=1e-15)
    assert len(seen) == 4


def test_same_bits_on_any_number_of_threads(rng):
    for n in (3, 8, 12):
        circuit = random_circuit(rng, n, 5, 12)
        want = run_shots(circuit, 500, seed=4, max_concurrency=1, memory=True)
        for threads in (2, 3, 8):
            assert np.array_equal(run_shots(circuit, 500, seed=4, max_concurrency=threads, memory=True), want)
        alone = [run_shots(circuit, 1, seed=4, first=k, memory=True)[0] for k in range(0, 500, 50)]
        assert np.array_equal(want[::50], alone)


def test_gates_run_from_other_threads_meanwhile():
    circuit = Circuit(10, bits=10).H(*range(10)).measure()
    results = [None] * 4

    def work(k):
        results[k] = run_shots(circuit, 2000, seed=k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [run_shots(circuit, 2000, seed=k) for k in range(4)]


# ---- what is refused -----------------------------------------------------------------------------

BODY = Circuit(2).X(1)
BAD = [
    (lambda c: c.measure(2), InvalidArgument, "qubit 2: must be 0..1"),
    (lambda c: c.measure(0, 0, bits=(0, 1)), InvalidArgument, "qubit 0: given twice"),
    (lambda c: c.measure(0, bits=3), InvalidArgument, "bit 3: must be below 2"),
    (lambda c: c.measure(0, bits=64), InvalidArgument, "bit"),
    (lambda c: c.measure(0, bits=(0, 1)), InvalidArgument, "2 bits for 1 qubits"),
    (lambda c: c.measure(0, 1, bits=(0, 0)), InvalidArgument, "bit 0: given twice"),
    (lambda c: c.measure(0.5), TypeError, "qubit: must be an integer"),
    (lambda c: c.measure(0, bits="0"), TypeError, "bits: must be"),
    (lambda c: c.reset(5), InvalidArgument, "qubit 5: must be 0..1"),
    (lambda c: c.if_(0, "X"), TypeError, "body: must be a Circuit"),
    (lambda c: c.if_(0, Circuit(3)), InvalidArgument, "circuit on 3 qubits: must have at most 2"),
    (lambda c: c.if_(0, Circuit(2, bits=3)), InvalidArgument, "3 classical bits: must have at most 2"),
    (lambda c: c.if_(0, BODY, 2), InvalidArgument, "value 2: must be 0..1"),
    (lambda c: c.if_((), BODY), InvalidArgument, "given no bits"),
    (lambda c: c.readout([[0.5, 0.6], [0, 1]], 0), InvalidArgument, "row 0 adds up to 1.1"),
    (lambda c: c.readout([[1, 0], [0, math.nan]], 0), InvalidArgument, "is nan: must be 0..1"),
    (lambda c: c.readout([[1, 0], [-0.5, 1.5]], 0), InvalidArgument, "is -0.5: must be 0..1"),
    (lambda c: c.readout([[1, 0, 0], [0, 1]], 0), InvalidArgument, "row of 3: must be of shape"),
    (lambda c: c.readout([[1, 0]], 0), InvalidArgument, "1 rows: must be of shape"),
    (lambda c: c.readout(0.1, 0), TypeError, "confusion: must be a table"),
    (lambda c: c.readout([[1, 0], ["0", 1]], 0), TypeError, "confusion: must be"),
    (lambda c: c.readout(np.eye(2), 2), InvalidArgument, "bit 2: must be below 2"),
    (lambda c: c.readout(np.eye(2), 1, 1), InvalidArgument, "bit 1: given twice"),
    (lambda c: c.readout(), TypeError, "0 arguments given"),
    (lambda c: c.apply_gates([("readout",)]), InvalidArgument, "entry 0: tuple: must be"),
    (lambda c: c.repeat_until(BODY, 0, limit=0), InvalidArgument, "limit"),
    (lambda c: c.channel("X", 0), TypeError, "channel: must be"),
    (lambda c: c.channel(noise.bit_flip(0.1), 0, 1), InvalidArgument, "given 2 qubits: takes 1"),
    (lambda c: c.channel(), TypeError, "channel"),
    (lambda c: c.extend(Circuit(2, bits=3)), InvalidArgument, "3 classical bits"),
    (lambda c: c.apply_gates([("measure", 0, {"bit": 0})]), InvalidArgument, "entry 0: tuple: must be"),
    (lambda c: c.apply_gates([("if_", 0)]), InvalidArgument, "entry 0: tuple: must be"),
]


@pytest.mark.parametrize(("bad", "error", "message"), BAD)
def test_bad_operations_leave_the_circuit(bad, error, message):
    circuit = Circuit(2, bits=2).H(0).measure(0)
    before = circuit.copy()
    with pytest.raises(error, match=message.replace("(", r"\(")):
        bad(circuit)
    assert circuit == before


REFUSING = [
    lambda c, q: q.apply(c),
    lambda c, q: c.inverse(),
    lambda c, q: c.gradient("Z0"),
    lambda c, q: ketsim.sweep(c, [[]]),
    lambda c, q: q.apply_gates([("reset", 0)]),
]


@pytest.mark.parametrize("refusing", REFUSING)
def test_what_works_on_gates_alone_refuses(refusing):
    q = ket("+0").T(0).run()
    before, generation = q.amplitudes(), q.generation
    with pytest.raises(InvalidArgument, match=r"not gates, the first a|has no inverse"):
        refusing(Circuit(2, bits=1).measure(0, bits=0), q)
    assert np.array_equal(q.amplitudes(), before)
    assert q.generation == generation


def test_a_batch_says_which_circuit_it_cannot_run():
    result = ketsim.run_batch([Circuit(1).H(0), Circuit(1, bits=1).measure(0)])
    assert result.results[0] is not None
    assert result.results[1] is None
    assert "shots must be given" in result.errors[0]["message"]


def test_bad_calls():
    circuit = Circuit(2, bits=1).measure(0, bits=0)
    for bad, error in (
        (lambda: run_shots(circuit, -1), InvalidArgument),
        (lambda: run_shots(circuit, 1.5), TypeError),
        (lambda: run_shots(circuit, 2, first=2**64 - 1), InvalidArgument),
        (lambda: run_shots("circuit", 1), TypeError),
        (lambda: run_shots(circuit, 1, state="00"), TypeError),
        (lambda: run_shots(circuit, 1, state=ket("0")), InvalidArgument),
        (lambda: run_shots(circuit, 1, cancel=1), TypeError),
        (lambda: ket("0").run_shot(circuit), InvalidArgument),
        (lambda: ket("00").run_shot(circuit, shot=-1), InvalidArgument),
        (lambda: Circuit(2, bits=65), InvalidArgument),
    ):
        with pytest.raises(error):
            bad()


def endless():
    body = Circuit(8, bits=2).H(0).measure(0, bits=0)
    return Circuit(8, bits=2).repeat_until(body, 1, limit=2**60)


def test_stops():
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 20"):
        run_shots(endless(), 10, timeout_ms=20)
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Cancelled):
        run_shots(endless(), 10, cancel=token)

    def fail(done):
        raise ZeroDivisionError(done)

    with pytest.raises(ZeroDivisionError):
        run_shots(endless(), 10, progress=fail)


# ---- as values -----------------------------------------------------------------------------------


def test_copies_pickles_and_tuples_are_equal(rng):
    for _ in range(20):
        circuit = random_circuit(rng, 3, 3, 6)
        for other in (
            pickle.loads(pickle.dumps(circuit)),
            copy.deepcopy(circuit),
            circuit.copy(),
            Circuit(3, bits=3).apply_gates(list(circuit)),
            Circuit(3, bits=3).extend(circuit),
        ):
            assert other == circuit
            assert run_shots(other, 20, seed=1) == run_shots(circuit, 20, seed=1)
    assert Circuit(2, bits=1) != Circuit(2)
    assert (
        repr(Circuit(1, bits=1).measure(0))
        == "Circuit(1, bits=1).apply_gates([('measure', 0, {'bits': (0,)})])"
    )


def nested(a, b, c):
    """Parameters, or numbers, in bodies of bodies."""
    inner = Circuit(2, bits=2).RX(2 * b, 0).RY(a, 1).measure(0)
    outer = Circuit(2, bits=2).if_(1, inner, 0).RX(a - c, 1)
    return Circuit(2, bits=2).RY(c + 0.5, 0).repeat_until(outer, 0, limit=3).RX(b, 1).measure()


def test_parameters_in_bodies(rng):
    a, b, c = map(ketsim.Parameter, "abc")
    circuit = nested(a, b, c)
    assert [p.name for p in circuit.parameters] == ["c", "b", "a"]
    for other in (pickle.loads(pickle.dumps(circuit)), Circuit(2, bits=2).apply_gates(list(circuit))):
        assert other == circuit
        assert other.parameters == circuit.parameters
    for _ in range(5):
        values = dict(zip("abc", rng.uniform(-3, 3, 3), strict=True))
        bound = circuit.bind(values)
        assert bound == nested(**values)
        assert bound.parameters == ()
        want = run_shots(bound, 200, seed=4)
        assert run_shots(circuit, 200, seed=4, params=values) == want
        assert run_shots(circuit, 200, seed=4, params=[values[name] for name in "cba"]) == want
        bits = ket("00").run_shot(circuit, seed=4, shot=7, params=values)
        assert bits == ket("00").run_shot(bound, seed=4, shot=7)
    assert len(circuit.parameters) == 3


def test_parameters_must_have_values():
    circuit = nested(*map(ketsim.Parameter, "abc"))
    for call, message in (
        (lambda: run_shots(circuit, 1), "unbound parameters: c, b, a"),
        (lambda: ket("00").run_shot(circuit), "unbound parameters: c, b, a"),
        (lambda: run_shots(circuit, 1, params=[1.0]), "1 values: the circuit has 3"),
        (lambda: run_shots(circuit, 1, params={"a": 1, "b": 2}), "parameter c: given no value"),
        (lambda: circuit.bind([1, math.inf, 1]), "must be finite"),
        (lambda: circuit.bind([0, 1.7e308, 0]), "angle 0 is inf"),
    ):
        with pytest.raises(InvalidArgument, match=message):
            call()


def test_bind_keeps_what_is_not_a_gate():
    theta = ketsim.Parameter("theta")
    circuit = Circuit(1, bits=1).RX(theta, 0).measure(0).if_(0, Circuit(1).X(0))
    with pytest.raises(InvalidArgument, match="unbound parameters: theta"):
        run_shots(circuit, 1)
    assert run_shots(circuit.bind([math.pi]), 10) == {"1": 10}


def test_pictures_and_numbers():
    circuit = Circuit(2, bits=1).H(0).measure(0, bits=0).if_(0, Circuit(2).X(1)).reset(0)
    circuit.channel(noise.bit_flip(0.1), 1)
    assert str(circuit.draw(width=80)).splitlines() == [
        "0: ─H─M→0────|0>───────",
        "",
        "1: ───────[if 0=1 X]─≈─",
    ]
    assert circuit.stats().gates == 6  # that of the condition among them
    read = Circuit(2, bits=2).H(0).measure(0, bits=1).readout(np.eye(2), 1, 0).X(0)
    assert str(read.draw(width=80)).splitlines()[0] == "0: ─H─M→1─≈→1─X─"
    assert read.stats().depth == 3
    assert circuit.stats().counts == {"H": 1, "measure": 1, "if_": 1, "X": 1, "reset": 1, "channel": 1}
