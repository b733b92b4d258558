"""timeout_ms, cancel and progress: every long method has them; what stops leaves the state as it was."""

import inspect
import threading
import time

import numpy as np
import pytest
from programs import entangling

import ketsim
from ketsim import (
    Cancelled,
    CancelToken,
    Circuit,
    DeadlineExceeded,
    DensityMatrix,
    Ket,
    Parameter,
    ket,
    run_shots,
    shots_expectations,
    sweep,
)

N = 18
GATES = 4000  # a second or more: far more than the poll's 20 ms on any machine
STOPS = ("timeout_ms", "cancel", "progress")


# Every long method: a call of it on a state with a long queue, or of a long circuit.
METHODS = {
    "Ket.run": lambda q, **stops: q.run(**stops),
    "Ket.apply": lambda q, **stops: q.apply(Circuit(N).H(0), **stops),
    "Ket.apply_gates": lambda q, **stops: q.apply_gates([("H", 0)], **stops),
    "Ket.apply_operator": lambda q, **stops: q.apply_operator([[1, 0], [0, 0.5]], 0, **stops),
    "Ket.run_shot": lambda q, **stops: q.run_shot(Circuit(N, bits=1).measure(0, bits=0), seed=1, **stops),
    "Ket.measure": lambda q, **stops: q.measure(0, seed=1, **stops),
    "Ket.postselect": lambda q, **stops: q.postselect({0: 1}, **stops),
    "Ket.copy": lambda q, **stops: q.copy(**stops),
    "Ket.amplitudes": lambda q, **stops: q.amplitudes(**stops),
    "Ket.amplitude": lambda q, **stops: q.amplitude("0" * N, **stops),
    "Ket.probabilities": lambda q, **stops: q.probabilities(**stops),
    "Ket.sample": lambda q, **stops: q.sample(100, seed=1, **stops),
    "Ket.counts": lambda q, **stops: q.counts(100, seed=1, **stops),
    "Ket.norm": lambda q, **stops: q.norm(**stops),
    "Ket.inner": lambda q, **stops: ket(N).inner(q, **stops),
    "Ket.fidelity": lambda q, **stops: q.fidelity(ket(N), **stops),
    "Ket.expectation": lambda q, **stops: q.expectation("Z0 X1", **stops),
    "Ket.expectations": lambda q, **stops: q.expectations(["Z0", "X1"], **stops),
    "Ket.variance": lambda q, **stops: q.variance("Z0 + X1", **stops),
    "Ket.covariance": lambda q, **stops: q.covariance(["Z0", "X1"], **stops),
    "Ket.matrix_element": lambda q, **stops: q.matrix_element(ket(N), "Z0", **stops),
    "Ket.bloch": lambda q, **stops: q.bloch(**stops),
    "Ket.estimate": lambda q, **stops: q.estimate("Z0", 100, seed=1, **stops),
    "Ket.density_matrix": lambda q, **stops: q.density_matrix([0, 1], **stops),
    "Ket.purity": lambda q, **stops: q.purity([0], **stops),
    "Ket.entropy": lambda q, **stops: q.entropy([0, 1], **stops),
    "Ket.schmidt": lambda q, **stops: q.schmidt([0], **stops),
    "Circuit.gradient": lambda q, **stops: LONG.gradient("Z0", start=q, **stops),
    "Circuit.vjp": lambda q, **stops: LONG.vjp(["Z0"], [1], start=q, **stops),
    "Circuit.metric_tensor": lambda q, **stops: LONG.metric_tensor(start=q, **stops),
    "sweep": lambda q, **stops: sweep(SWEPT, [[0.1]], observables=["Z0"], state=q, **stops),
    "run_shots": lambda q, **stops: run_shots(MEASURED, 10, seed=1, state=q, **stops),
    "shots_expectations": lambda q, **stops: shots_expectations(MEASURED, "Z0", 10, seed=1, state=q, **stops),
}

# Of a density matrix, which has no queue: reads are as long as it is large.
MIXED = {
    "DensityMatrix.apply": lambda rho, **stops: rho.apply(Circuit(rho.nqubits).H(0), **stops),
    "DensityMatrix.to_numpy": lambda rho, **stops: rho.to_numpy(**stops),
    "DensityMatrix.purity": lambda rho, **stops: rho.purity(**stops),
    "DensityMatrix.probabilities": lambda rho, **stops: rho.probabilities([1], **stops),
    "DensityMatrix.sample": lambda rho, **stops: rho.sample(100, seed=1, **stops),
    "DensityMatrix.counts": lambda rho, **stops: rho.counts(100, seed=1, **stops),
    "DensityMatrix.expectation": lambda rho, **stops: rho.expectation("X0 Z1", **stops),
    "DensityMatrix.expectations": lambda rho, **stops: rho.expectations(["X0", "Y1"], **stops),
    "DensityMatrix.fidelity": lambda rho, **stops: rho.fidelity(ket(rho.nqubits), **stops),
    "DensityMatrix.reduced": lambda rho, **stops: rho.reduced([1, 0], **stops),
}

# No queue runs in these; they have tests of their own below and in test_batch.py, test_async.py.
OTHERS = {"Ket.set_amplitudes", "Ket.from_amplitudes", "Ket.product", "Ket.dicke", "Ket.random",
          "run_batch", "Circuit.run_async", "submit", "imap",
          "run_batch_async", "parameter_shift"}  # fmt: skip

# Short whatever the state: no computation that could be stopped, or, as in edit(), that of a queue alone.
SHORT = {"Ket.close", "Ket.discard", "Ket.draw", "Ket.edit", "Ket.share", "Ket.from_shared", "Ket.unitary",
         "Ket.pauli_rotation", "Ket.global_phase", "Ket.diagonal", "Ket.permutation", "Ket.oracle",
         "Ket.permute_qubits", "Circuit.diagonal", "Circuit.permutation", "Circuit.oracle",
         "Circuit.permute_qubits", "Circuit.readout",
         "Circuit.apply_gates", "Circuit.bind", "Circuit.channel", "Circuit.copy", "Circuit.draw",
         "Circuit.evolve", "Circuit.explain", "Circuit.extend", "Circuit.if_", "Circuit.inverse",
         "Circuit.measure", "Circuit.qft", "Circuit.repeat_until", "Circuit.reset", "Circuit.stats",
         "Circuit.unitary", "Circuit.pauli_rotation", "Circuit.global_phase", "health", "stats",
         "prometheus", "pin_workers", "info", "DensityMatrix.copy", "DensityMatrix.trace",
         "DensityMatrix.skewness"}  # fmt: skip

LONG = Circuit(N).apply_gates(entangling(N, 200))
SWEPT = Circuit(N).RX(Parameter("a"), 0).apply_gates(entangling(N, GATES, seed=5))
MEASURED = Circuit(N, bits=1).apply_gates(entangling(N, GATES, seed=6)).measure(0, bits=0)
QUEUE = Circuit(N).apply_gates(entangling(N, GATES, seed=7))
each = pytest.mark.parametrize("name", METHODS)


@pytest.fixture(scope="module")
def start():
    return ket("+" * N).apply_gates(entangling(N, 20))


def queued(start):
    """A state that has a long queue."""
    q = start.copy()
    for name, *arguments in QUEUE:
        getattr(q, name)(*arguments)
    return q


def assert_unchanged(q, start):
    """The queue is there, nothing was committed, and every bit is what it was."""
    assert (q.generation, q.pending) == (1, len(QUEUE))
    assert q.discard().amplitudes().tobytes() == start.amplitudes().tobytes()


def gate_names():
    rows = {name for name in dir(Ket) if name[0].isupper()}
    return {f"{cls}.{name}" for cls in ("Ket", "Circuit") for name in rows}


def callables():
    """Dotted name -> callable: the methods of Ket and Circuit, and the functions of the package."""
    found = {
        name: getattr(ketsim, name) for name in ketsim.__all__ if inspect.isroutine(getattr(ketsim, name))
    }
    for cls in (Ket, Circuit, DensityMatrix):
        for name in dir(cls):
            if not name.startswith("_") and callable(getattr(cls, name)):
                found[f"{cls.__name__}.{name}"] = getattr(cls, name)
    return found


def parameters(function):
    return inspect.signature(function).parameters


def test_every_method_is_long_and_has_the_keywords_or_is_short():
    named = callables()
    assert set(named) - gate_names() == set(METHODS) | set(MIXED) | OTHERS | SHORT
    for name in {**METHODS, **MIXED}:
        assert set(STOPS) <= set(parameters(named[name])), name
    for name in SHORT:
        assert not set(STOPS) & set(parameters(named[name])), name


@each
def test_a_token_raised_before_stops_it(name, start):
    q, token = queued(start), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        METHODS[name](q, cancel=token)
    assert_unchanged(q, start)


@each
def test_a_deadline_stops_it(name, start):
    q = queued(start)
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 1 passed"):
        METHODS[name](q, timeout_ms=1)
    assert_unchanged(q, start)


def ends_with_an_exception_in_progress(method, subject):
    seen = []

    def progress(done):
        seen.append(done)
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        method(subject, progress=progress)
    assert len(seen) == 1
    assert 0 <= seen[0] <= 1


@each
def test_an_exception_in_progress_stops_it_and_comes_out(name, start):
    q = queued(start)
    ends_with_an_exception_in_progress(METHODS[name], q)
    assert_unchanged(q, start)


@each
def test_another_thread_stops_it_on_its_way(name, start):
    q, token, begun = queued(start), CancelToken(), threading.Event()
    failures = []

    def progress(done):
        begun.set()
        while not token.cancelled:  # the main thread does that; then the next look at the token ends it
            pass

    def work():
        with pytest.raises(Cancelled) as caught:
            METHODS[name](q, cancel=token, progress=progress)
        failures.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    token.cancel()
    thread.join(60)
    assert len(failures) == 1
    assert_unchanged(q, start)


@pytest.mark.parametrize("name", [n for n in METHODS if n.startswith(("Ket", "Circuit"))])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"timeout_ms": 0}, ValueError), ({"timeout_ms": "1"}, TypeError), ({"cancel": 1}, TypeError),
     ({"progress": 1}, TypeError), ({"cancels": None}, TypeError)],
)  # fmt: skip
def test_wrong_values_and_names_are_refused(name, wrong, error, start):
    q = start.copy().X(0)
    with pytest.raises(error, match=next(iter(wrong))):
        METHODS[name](q, **wrong)
    assert q.pending == 1


@pytest.mark.parametrize("name", [n for n in METHODS if n.startswith("Ket")])
def test_what_is_not_stopped_gives_the_same_bits(name, start):
    def outcome(**stops):
        q = start.copy().H(3)
        result = METHODS[name](q, **stops)
        result = result.amplitudes() if isinstance(result, Ket) else result
        result = list(result.items()) if isinstance(result, dict) else result
        return np.asarray(result).tobytes(), q.amplitudes().tobytes()

    def ignore(done):
        pass

    assert outcome() == outcome(timeout_ms=60_000, cancel=CancelToken(), progress=ignore)


# ---- amplitudes that come from outside ----


@pytest.fixture(scope="module")
def flat():
    return np.full(1 << 23, 2.0**-11.5, dtype=complex)


MAKERS = [
    ket.from_amplitudes,
    lambda a, **stops: ket(23).set_amplitudes(a, **stops),
    lambda _, normalize=False, **stops: ket.product([(0.6, 0.8)] * 23, normalize, **stops),
    lambda _, normalize=False, **stops: ket.dicke(23, 5, **stops),
    lambda _, normalize=False, **stops: ket.random(23, seed=1, **stops),
]


@pytest.mark.parametrize("make", MAKERS)
def test_taking_amplitudes_is_stopped(make, flat):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        make(flat, cancel=token)
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 1 passed"):
        make(flat, normalize=True, timeout_ms=1)
    assert make(flat, timeout_ms=60_000, cancel=CancelToken()).nqubits == 23


def test_a_short_call_is_refused_by_a_raised_token():
    token = CancelToken()
    token.cancel()
    q = ket("00").H(0)
    for read in (q.norm, q.amplitudes, q.bloch, q.run):
        with pytest.raises(Cancelled):
            read(cancel=token)
    assert q.pending == 1


# ---- density matrices ----

of_mixed = pytest.mark.parametrize("name", MIXED)
SIZE = 5
TERMS = [f"X{k % 9} Z{(k + 1) % 9} Y{(k + 2 + k // 9 % 7) % 9}" for k in range(9)] * 20_000

# What can be made as long as one likes; the work of a second or more.
LONG_MIXED = {
    "apply": lambda rho, **stops: rho.apply(Circuit(9).apply_gates(entangling(9, GATES)), **stops),
    "sample": lambda rho, **stops: rho.sample(10**8, seed=1, **stops),
    "counts": lambda rho, **stops: rho.counts(10**8, seed=1, **stops),
    "expectations": lambda rho, **stops: rho.expectations(TERMS, **stops),
}


@pytest.fixture(scope="module")
def rho():
    return DensityMatrix(SIZE).apply(Circuit(SIZE).apply_gates(entangling(SIZE, 30)))


@of_mixed
def test_a_raised_token_stops_it_and_the_matrix_stays(name, rho):
    matrix, token = rho.copy(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        MIXED[name](matrix, cancel=token)
    assert matrix.to_numpy().tobytes() == rho.to_numpy().tobytes()


@of_mixed
def test_a_matrix_that_is_not_stopped_gives_the_same_bits(name, rho):
    def outcome(**stops):
        result = MIXED[name](rho.copy(), **stops)
        return list(result.items()) if isinstance(result, dict) else np.asarray(result).tobytes()

    stops = {"timeout_ms": 600_000, "cancel": CancelToken(), "progress": lambda done: None}
    assert outcome(**stops) == outcome()


@of_mixed
@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"timeout_ms": 0}, ValueError), ({"timeout_ms": "1"}, TypeError), ({"cancel": 1}, TypeError),
     ({"progress": 1}, TypeError), ({"cancels": None}, TypeError)],
)  # fmt: skip
def test_wrong_values_and_names_are_refused_of_a_matrix(name, wrong, error, rho):
    with pytest.raises(error, match=next(iter(wrong))):
        MIXED[name](rho.copy(), **wrong)


@pytest.mark.parametrize("name", LONG_MIXED)
def test_a_deadline_stops_long_work_on_a_matrix(name):
    matrix = DensityMatrix(9).apply(Circuit(9).apply_gates(entangling(9, 20)))
    before = matrix.to_numpy().tobytes()
    with pytest.raises(DeadlineExceeded, match="timeout_ms = 1 passed"):
        LONG_MIXED[name](matrix, timeout_ms=1)
    assert matrix.to_numpy().tobytes() == before


@pytest.mark.parametrize("name", LONG_MIXED)
def test_an_exception_in_progress_stops_long_work_on_a_matrix(name):
    matrix = DensityMatrix(9).apply(Circuit(9).apply_gates(entangling(9, 20)))
    before = matrix.to_numpy().tobytes()
    ends_with_an_exception_in_progress(LONG_MIXED[name], matrix)
    assert matrix.to_numpy().tobytes() == before


# ---- one deadline for all of a call ----


def test_the_deadline_holds_for_queue_and_read_together(start):
    """Calls of a callback have limits of their own and leave those of the call that they interrupt."""
    q, other = queued(start), start.copy()
    inner = []

    def progress(done):
        inner.append(other.norm(timeout_ms=60_000))
        time.sleep(3.1)  # past the outer deadline

    with pytest.raises(DeadlineExceeded, match="timeout_ms = 3000 passed"):
        q.norm(timeout_ms=3000, cancel=CancelToken(), progress=progress)
    assert len(inner) == 1
    assert_unchanged(q, start)
