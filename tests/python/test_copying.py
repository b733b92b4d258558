"""Copies, pickles and the end of a state."""

import copy
import gc
import pickle

import numpy as np
import oracle
import pytest
from compare import bits

import ketsim
from ketsim import ket

# ---- copies --------------------------------------------------------------------------------------


def check_twin(twin, q):
    assert bits(twin) == bits(q)
    assert (twin.nqubits, twin.dtype) == (q.nqubits, q.dtype)
    before = bits(q)
    twin.RX(0.3, 0).run()
    assert bits(q) == before != bits(twin)


def test_copy_shares_until_written(random):
    q, _ = random
    twin = q.copy()
    assert np.shares_memory(np.asarray(twin), np.asarray(q))
    check_twin(twin, q)
    assert not np.shares_memory(np.asarray(twin), np.asarray(q))


def test_copy_runs_the_queue_first(dtype):
    q = ket("00", dtype=dtype).H(0)
    twin = q.copy()
    assert q.pending == twin.pending == 0
    check_twin(twin, q)


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_copy_module(make, random):
    check_twin(make(random[0]), random[0])


def test_copy_of_an_inplace_state_is_safe(rng):
    q = ket("00", inplace=True).H(0)
    twin = q.copy()
    before = bits(twin)
    q.X(1).Z(0).run()
    assert bits(twin) == before


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol, n, rng, dtype):
    psi = oracle.random_state(rng, n).astype(dtype)
    q = ket.from_amplitudes(psi).H(0)
    twin = pickle.loads(pickle.dumps(q, protocol))
    assert q.pending == 0
    check_twin(twin, q)


def test_pickle_holds_the_amplitudes_once(rng):
    q = ket.from_amplitudes(oracle.random_state(rng, 12))
    assert len(pickle.dumps(q, 5)) < 1.1 * 16 * 2**12
    aside = []
    small = pickle.dumps(q, 5, buffer_callback=aside.append)
    if aside:
        assert len(small) < 1000
    assert bits(pickle.loads(small, buffers=aside)) == bits(q)


def aside(q):
    """The pickle of a state, and the bytes that were kept out of it."""
    buffers = []
    return pickle.dumps(q, 5, buffer_callback=buffers.append), buffers[0].raw().tobytes()


@pytest.mark.parametrize("shift", [0, 1, 4, 8])
def test_pickle_takes_amplitudes_from_anywhere_in_memory(shift, rng, dtype):
    q = ket.from_amplitudes(oracle.random_state(rng, 6).astype(dtype))
    stored, data = aside(q)
    moved = bytearray(shift) + data
    assert bits(pickle.loads(stored, buffers=[memoryview(moved)[shift:]])) == bits(q)


def test_pickle_keeps_a_norm_that_is_not_one(dtype):
    q = ket("00", dtype=dtype)
    with q.edit() as psi:
        psi[:] = [3, 4j, 0, 12]
    twin = pickle.loads(pickle.dumps(q, 5))
    assert twin.amplitudes().tolist() == [3, 4j, 0, 12]
    check_twin(twin, q)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pickle_of_what_is_no_state_is_refused(value, dtype):
    stored, data = aside(ket("00", dtype=dtype))
    broken = np.frombuffer(data, dtype).copy()
    broken[1] = value
    with pytest.raises(ValueError, match="norm is"):
        pickle.loads(stored, buffers=[broken.tobytes()])


AFTER_CLOSE = {
    "gate": lambda q: q.H(0),
    "unitary": lambda q: q.unitary(oracle.X, 0),
    "run": lambda q: q.run(),
    "apply_gates": lambda q: q.apply_gates([("H", 0)]),
    "apply": lambda q: q.apply(ketsim.Circuit(2)),
    "asarray": lambda q: memoryview(q),
    "edit": lambda q: q.edit().__enter__(),
    "amplitudes": lambda q: q.amplitudes(),
    "amplitude": lambda q: q.amplitude("00"),
    "probabilities": lambda q: q.probabilities(),
    "sample": lambda q: q.sample(1),
    "counts": lambda q: q.counts(1),
    "measure": lambda q: q.measure(0),
    "norm": lambda q: q.norm(),
    "inner": lambda q: q.inner(ket("00")),
    "inner, as the other": lambda q: ket("00").inner(q),
    "fidelity": lambda q: q.fidelity(ket("00")),
    "copy": lambda q: q.copy(),
    "pickle": lambda q: pickle.dumps(q),
    "discard": lambda q: q.discard(),
}


@pytest.mark.parametrize("call", AFTER_CLOSE)
def test_closed_state_says_so(call):
    q = ket("00").H(0)
    q.close()
    q.close()
    assert q.closed
    assert (q.nqubits, q.dtype) == (2, "complex128")
    with pytest.raises(ketsim.StateClosedError, match="closed"):
        AFTER_CLOSE[call](q)


def test_closing_one_copy_leaves_the_other(bell):
    twin = bell.copy()
    bell.close()
    assert twin.counts(10, seed=1)
    assert bell.closed
    assert not twin.closed


def test_states_in_cycles_are_collected():
    class Holder:
        def __del__(self):
            self.q.X(0).run()

    for _ in range(10):
        holder = Holder()
        holder.me, holder.q = holder, ket(10).H(0)
    del holder
    gc.collect()
