"""Chained gates are checked at the call, queued, and run at a look; eager runs give the same bits."""

import numpy as np
import oracle
import pytest
from compare import bits, near
from rows import chain, random_operations

import ketsim
from ketsim import Circuit, Ket, ket


def test_ket_is_the_class():
    assert ket is Ket
    assert isinstance(ket("0"), Ket)


def test_the_sentence_from_the_top_of_the_readme():
    q = ket("00").H(0).CNOT(0, 1)
    near(q, np.array([1, 0, 0, 1]) / np.sqrt(2))


@pytest.mark.parametrize("label", ["0", "1", "01", "10", "+-01rl", "rrll", "1-r"])
def test_label_is_a_product_state(label, dtype):
    q = ket(label, dtype=dtype)
    assert (q.nqubits, q.dtype, q.generation, q.pending) == (len(label), dtype, 1, 0)
    near(q, oracle.from_label(label), dtype)


@pytest.mark.parametrize("n", [1, 2, 7, 15])
def test_number_means_all_zero(n):
    q = ket(n)
    assert q.nqubits == n
    assert np.array_equal(np.asarray(q), np.eye(1, 1 << n)[0])


@pytest.mark.parametrize("given", [np.complex64, np.dtype("complex64"), "complex64"])
def test_dtype_may_be_numpys(given):
    assert ket("0", dtype=given).dtype == "complex64"
    assert np.asarray(ket("0", dtype=given)).dtype == np.complex64


def test_gates_wait_until_run():
    q = ket("00").H(0).CNOT(0, 1)
    assert (q.pending, q.generation) == (2, 1)
    assert q.run() is q
    assert (q.pending, q.generation) == (0, 2)


@pytest.mark.parametrize(
    "look",
    [
        np.asarray,
        memoryview,
        Ket.amplitudes,
        Ket.probabilities,
        Ket.norm,
        Ket.copy,
        Ket.measure,
        repr,
        lambda q: q.amplitude("00"),
        lambda q: q.sample(3, seed=1),
        lambda q: q.counts(3, seed=1),
        lambda q: q.inner(ket("00")),
        lambda q: ket("00").fidelity(q),
    ],
)
def test_looking_runs_the_queue(look):
    q = ket("00").H(0).CNOT(0, 1)
    look(q)
    assert q.pending == 0
    assert q.generation >= 2


@pytest.mark.parametrize("look", ["nqubits", "dtype", "generation", "pending", "closed"])
def test_properties_do_not(look):
    q = ket("00").H(0)
    getattr(q, look)
    assert (q.pending, q.generation) == (1, 1)


def test_discard_drops_the_queue_only():
    q = ket("00").X(0).run().H(0).CNOT(0, 1)
    q.discard()
    assert (q.pending, q.generation) == (0, 2)
    assert np.array_equal(np.asarray(q), oracle.from_label("10"))


def test_eager_runs_every_call():
    q = ket("00", eager=True)
    for generation, step in enumerate(
        [lambda: q.H(0), lambda: q.CNOT(0, 1), lambda: q.unitary(oracle.X, 0)], 2
    ):
        step()
        assert (q.pending, q.generation) == (0, generation)


def test_eager_equals_lazy(rng, dtype):
    for n in (1, 2, 5):
        operations = random_operations(rng, n, 40)
        label = "+-01r"[:n]
        lazy = chain(ket(label, dtype=dtype), operations)
        eager = chain(ket(label, dtype=dtype, eager=True), operations)
        assert (lazy.pending, eager.pending) == (40, 0)
        near(lazy, np.asarray(eager), dtype, factor=40)


def test_chain_and_list_give_the_same_bits_and_a_circuit_does_but_for_roundings(rng):
    for n in (1, 3, 6, 12):
        operations = random_operations(rng, n, 40)
        listed = ket(n).apply_gates(operations)
        assert bits(chain(ket(n), operations)) == bits(listed)
        planned = ket(n).apply(chain(Circuit(n), operations))
        near(planned, np.asarray(listed), factor=40)
        assert n < 12 or bits(planned) == bits(listed)


def test_inplace_gives_the_same_bits(rng, dtype):
    operations = random_operations(rng, 5, 40)
    plain, inplace = ket(5, dtype=dtype), ket(5, dtype=dtype, inplace=True)
    assert bits(plain.apply_gates(operations)) == bits(inplace.apply_gates(operations))
    assert bits(chain(plain, operations)) == bits(chain(inplace, operations))


def test_apply_gates_is_one_commit():
    q = ket("00")
    assert q.apply_gates([("H", 0), ("CNOT", 0, 1), ("RX", 0.3, 1)]) is q
    assert (q.pending, q.generation) == (0, 2)


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda gates: (gate for gate in gates)])
def test_apply_gates_takes_any_iterable(kind):
    gates = [("H", 0), ["CNOT", 0, 1], ("RX", 0.3, 1, {"controls": [0]})]
    want = ket("00").H(0).CNOT(0, 1).RX(0.3, 1, controls=[0])
    assert bits(ket("00").apply_gates(kind(gates))) == bits(want)


def test_empty_lists_change_nothing():
    q = ket("01")
    before = bits(q)
    assert bits(q.apply_gates([])) == before
    assert bits(q.apply(Circuit(2))) == before
    assert bits(q.run()) == before


def test_apply_runs_what_was_queued_first(rng):
    q = ket("0").X(0)
    q.apply_gates([("H", 0)])
    assert q.pending == 0
    near(q, oracle.from_label("-"))
    q.X(0).apply(Circuit(1).H(0))
    near(q, -oracle.from_label("1"))


@pytest.mark.parametrize("bad", [("H", 7), ("CNOT", 0), ("RX", float("nan"), 0), ("NOPE", 0), 5])
@pytest.mark.parametrize("eager", [False, True])
def test_apply_gates_is_all_or_nothing(bad, eager):
    q = ket("00", eager=eager).X(0)
    before = (q.pending, q.generation)
    with pytest.raises((ValueError, TypeError)):
        q.apply_gates([("X", 0), ("X", 1), bad, ("H", 0)])
    assert (q.pending, q.generation) == before
    assert np.array_equal(np.asarray(q), oracle.from_label("10"))


def test_iterable_that_raises_drops_the_list():
    def gates():
        yield ("H", 0)
        raise KeyError("mine")

    q = ket("00").X(1)
    with pytest.raises(KeyError, match="mine"):
        q.apply_gates(gates())
    assert (q.pending, q.generation) == (1, 1)


def test_iterable_that_changes_the_state_meanwhile():
    """The list is complete before anything runs, so a gate queued while it is read comes first."""
    q = ket("0")

    def gates():
        yield ("H", 0)
        q.X(0)

    q.apply_gates(gates())
    near(q, oracle.from_label("-"))


def test_bad_gate_in_a_chain_keeps_the_good_ones():
    q = ket("00").X(0)
    with pytest.raises(ketsim.InvalidArgument):
        q.X(1).CNOT(1, 1).X(0)
    assert q.pending == 2
    assert np.array_equal(np.asarray(q), oracle.from_label("11"))


def test_broadcast_with_a_bad_qubit_queues_none():
    q = ket("000")
    with pytest.raises(ketsim.InvalidArgument):
        q.H(0, 1, 5)
    assert q.pending == 0


def test_circuit_may_change_after_it_was_applied():
    circuit = Circuit(1).X(0)
    q = ket("0").apply(circuit)
    circuit.X(0)
    assert np.array_equal(np.asarray(q), oracle.from_label("1"))


def test_generation_grows_by_one_a_run():
    q = ket("00")
    for generation in range(2, 12):
        q.H(0).H(1).run()
        assert q.generation == generation


def test_queue_longer_than_any_buffer():
    q = ket("0")
    for _ in range(10_001):
        q.X(0)
    assert q.pending == 10_001
    assert np.array_equal(np.asarray(q), oracle.from_label("1"))
