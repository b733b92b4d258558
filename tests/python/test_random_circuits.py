"""Random circuits against the oracle, against peers where installed, and on every kernel set."""

import hashlib

import numpy as np
import oracle
import peers
import pytest
from compare import bits
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import python
from rows import BY_NAME, ROWS, chain, random_operations

from ketsim import Circuit, ffi, ket, lib

KNOWN = [row for row in ROWS if row.name in oracle.TEXTBOOK]
ISAS = ("base", "avx2", "avx512", "neon")
angle = st.floats(-1e6, 1e6)


def error(got, want):
    return np.abs(np.asarray(got) - want).max()


def numbers_of(name, size, seed):
    """What comes before the qubits of an operation that is no row."""
    rng = np.random.default_rng(seed)
    if name == "unitary":
        return [oracle.random_unitary(rng, 1 << size)]
    if name == "diagonal":
        return [np.exp(1j * rng.uniform(-4, 4, 1 << size))]
    if name == "permutation":
        return [rng.permutation(1 << size)]
    return [rng.uniform(-7, 7), "".join(rng.choice(list("IXYZ"), size))]


@st.composite
def special(draw, n):
    name = draw(st.sampled_from(sorted(oracle.GIVEN)))
    qubits = draw(st.permutations(range(n)))
    size = draw(st.integers(1, n))
    controls = {q: draw(st.integers(0, 1)) for q in qubits[size : size + draw(st.integers(0, 2))]}
    numbers = numbers_of(name, size, draw(st.integers(0, 2**32)))
    return (name, *numbers, *qubits[:size], *([{"controls": controls}] if controls else []))


@st.composite
def operation(draw, n):
    if draw(st.integers(0, 5)) == 0:
        return draw(special(n))
    row = draw(st.sampled_from([row for row in KNOWN if row.nqubits <= n]))
    qubits = draw(st.permutations(range(n)))
    angles = [draw(angle) for _ in range(row.nangles)]
    spare = qubits[row.nqubits :]
    controls = {q: draw(st.integers(0, 1)) for q in spare[: draw(st.integers(0, min(2, len(spare))))]}
    return (row.name, *angles, *qubits[: row.nqubits], *([{"controls": controls}] if controls else []))


@st.composite
def program(draw):
    """A label and a list of tuples on it."""
    label = draw(st.text("01+-rl", min_size=1, max_size=6))
    return label, draw(st.lists(operation(len(label)), max_size=25))


@settings(max_examples=150)
@given(program())
def test_drawn_circuit_equals_the_oracle(drawn):
    label, operations = drawn
    want = oracle.run(oracle.from_label(label), operations)
    limit = 1e-12 * (1 + len(operations))
    lazy = chain(ket(label), operations)
    assert error(lazy, want) <= limit
    assert error(chain(ket(label, eager=True), operations), want) <= limit
    circuit = Circuit(len(label)).apply_gates(operations)
    assert error(ket(label).apply(circuit), want) <= limit
    assert bits(ket(label).apply_gates(operations)) == bits(lazy)
    assert error(lazy.apply(circuit.inverse()), oracle.from_label(label)) <= 2 * limit


@settings(max_examples=60)
@given(program(), st.data())
def test_drawn_readings_equal_the_oracle(drawn, data):
    label, operations = drawn
    q = chain(ket(label), operations)
    want = oracle.run(oracle.from_label(label), operations)
    limit = 1e-12 * (1 + len(operations))
    qubits = data.draw(st.permutations(range(len(label))))[: data.draw(st.integers(1, len(label)))]
    assert error(q.probabilities(qubits), oracle.probabilities(want, qubits)) <= limit
    assert abs(q.norm() - 1) <= limit
    shots = q.sample(50, qubits=qubits, seed=1)
    assert (oracle.probabilities(want, qubits)[shots.astype(int)] > 1e-15).all()


@pytest.mark.parametrize("n", range(1, 11))
def test_seeded_circuits_equal_the_oracle(n, dtype):
    unit = {"complex128": 1e-12, "complex64": 1e-6}[dtype]
    for seed in range(8):
        rng = np.random.default_rng([n, seed])
        operations = random_operations(rng, n, 60)
        psi = oracle.random_state(rng, n).astype(dtype)
        q = ket.from_amplitudes(psi).apply_gates(operations)
        assert error(q, oracle.run(psi, operations)) <= unit * len(operations), f"n={n} seed={seed}"


@pytest.mark.parametrize("n", [1, 3, 5, 8, 10])
@pytest.mark.parametrize("peer", peers.SIMULATORS)
def test_peers_agree(peer, n):
    simulate = peers.SIMULATORS[peer]
    try:
        simulate(1, [])
    except ImportError as missing:
        pytest.skip(f"{peer}: {missing}")
    for seed in range(10):
        operations = random_operations(np.random.default_rng([7, n, seed]), n, 50)
        want = simulate(n, operations)
        assert error(ket(n).apply_gates(operations), want) <= 1e-12 * len(operations), f"n={n} seed={seed}"


@pytest.fixture
def isa():
    """Selects a kernel set by name, and the one that was in use again at the end."""
    before = ffi.string(lib.ketsim_isa())

    def select(name):
        if not lib.ketsim_isa_available(name.encode()):
            pytest.skip(f"{name}: not on this CPU")
        assert lib.ketsim_set_isa(name.encode()) == lib.KETSIM_OK

    yield select
    assert lib.ketsim_set_isa(before) == lib.KETSIM_OK


@pytest.mark.parametrize("name", ISAS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9])
def test_every_kernel_set_equals_the_oracle(name, n, isa, dtype):
    isa(name)
    unit = {"complex128": 1e-12, "complex64": 1e-6}[dtype]
    for seed in range(6):
        operations = random_operations(np.random.default_rng([9, n, seed]), n, 50)
        want = oracle.run(oracle.from_label("0" * n), operations)
        assert error(ket(n, dtype=dtype).apply_gates(operations), want) <= unit * len(operations)


DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from rows import random_operations
from ketsim import ket
for n, length in ((4, 100), (11, 100), (17, 40)):
    for dtype in ("complex128", "complex64"):
        q = ket(n, dtype=dtype).apply_gates(random_operations(np.random.default_rng(n), n, length))
        print(hashlib.sha256(np.asarray(q)).hexdigest(), q.norm().hex())
"""


def test_kernel_sets_with_fused_multiply_add_give_the_same_bits(request):
    names = [name for name in ISAS if name != "base" and lib.ketsim_isa_available(name.encode())]
    if len(names) < 2:
        pytest.skip(f"only {names} on this CPU")
    here = request.path.parent
    digests = {python(DIGEST, here, KETSIM_ISA=name, KETSIM_PLAN="portable") for name in names}
    assert len(digests) == 1


def test_repeated_runs_give_the_same_bits():
    operations = random_operations(np.random.default_rng(1), 12, 100)
    digests = {hashlib.sha256(bits(ket(12).apply_gates(operations))).hexdigest() for _ in range(20)}
    assert len(digests) == 1


def test_norm_does_not_drift():
    rng = np.random.default_rng(2)
    names = ("U", "CNOT", "RXX", "CSWAP")
    rows = [BY_NAME[name] for name in names]
    q = ket(6)
    for _ in range(20):
        operations = [
            (row.name, *rng.uniform(-7, 7, row.nangles), *(int(k) for k in rng.permutation(6)[: row.nqubits]))
            for row in (rows[k] for k in rng.integers(len(rows), size=1000))
        ]
        q.apply_gates(operations)
    assert abs(q.norm() - 1) < 1e-12
