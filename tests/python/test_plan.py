"""Plans as Python sees them: `Circuit.explain`, and circuits that are planned once however often they run."""

import re
import threading

import numpy as np
import pytest
from compare import bits

import ketsim
from ketsim import Circuit, InvalidArgument, ffi, ket, lib


def brick(n, depth=4):
    """U on every qubit and CZ on neighbors; no two layers alike."""
    circuit = Circuit(n)
    for layer in range(depth):
        for q in range(n):
            circuit.U(0.1 + q, 0.2 + layer, 0.3, q)
        for q in range(layer % 2, n - 1, 2):
            circuit.CZ(q, q + 1)
    return circuit


def looked_up():
    """(hits, misses) so far."""
    counters = ffi.new("ketsim_counters *")
    lib.ketsim_get_counters(counters)
    return counters.plan_hits, counters.plan_misses


def chained(circuit):
    q = ket(circuit.nqubits)
    for name, *arguments in circuit:
        getattr(q, name)(*arguments)
    return q.run()


# ---- explain -------------------------------------------------------------------------------------


def test_explain_streaming():
    circuit = Circuit(3).H(2).X(1, controls={0: 0}).RZ(0.3, 0)
    lines = circuit.explain().splitlines()
    assert lines[0] == "3 operations on 3 qubits, complex128, from any state"
    assert lines[1].startswith("pass 1: streaming, real matrix on qubit 2; 256 bytes, ")
    assert lines[2].startswith("pass 2: streaming, real matrix on qubit 1, where 0=0; ")
    assert lines[3].startswith("pass 3: streaming, diagonal on qubit 0; ")
    assert lines[4].startswith("total: 3 passes, 768 bytes moved, ")
    assert lines[4].endswith(f"expected on one thread, {ketsim.info()['isa']}")


def test_explain_tiles():
    text = brick(16).explain(dtype=np.complex64, start="0" * 16)
    assert text.startswith(f"94 operations on 16 qubits, complex64, from |{'0' * 16}>\n")
    line = r"^pass (\d+): \d+ tiles? of qubits [\d -]+, .* rotations.*; .*, [\d.e+]+ [num]?s$"
    passes = re.findall(line, text, re.MULTILINE)
    assert passes == [str(k + 1) for k in range(len(passes))]
    assert f"total: {len(passes)} passes, " in text
    texts = [brick(16).explain(start=start) for start in ("0" * 16, None)]
    moved = [re.search(r"total: .* ([\d.]+) MiB moved", text)[1] for text in texts]
    assert float(moved[0]) < float(moved[1])


def test_explain_is_of_the_circuit_as_it_is():
    circuit = Circuit(1)
    assert circuit.explain().startswith("0 operations on 1 qubit, ")
    assert "total: 0 passes" in circuit.explain()
    assert circuit.H(0).explain().startswith("1 operation on 1 qubit, ")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start": "00"}, InvalidArgument, "2 characters: must be 3"),
        ({"start": ""}, InvalidArgument, "0 characters"),
        ({"start": "0" * 41}, InvalidArgument, "41 characters"),
        ({"start": "0x0"}, InvalidArgument, "'x'"),
        ({"start": "00\u0660"}, InvalidArgument, "0 1"),
        ({"start": "0\x000"}, InvalidArgument, "0 1"),
        ({"start": 3}, TypeError, "start.*int"),
        ({"dtype": "float64"}, InvalidArgument, "float64"),
        ({"dtype": 7}, TypeError, "dtype"),
        ({"label": "000"}, TypeError, "label"),
    ],
)
def test_explain_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        Circuit(3).H(0).explain(**arguments)


def test_explain_takes_no_positional_arguments():
    with pytest.raises(TypeError):
        Circuit(3).explain("000")


# ---- planned once --------------------------------------------------------------------------------


def test_what_runs_again_is_not_planned_again():
    circuit = brick(12)
    lib.ketsim_plan_cache_clear()
    hits, misses = looked_up()
    first = bits(ket(12).apply(circuit))
    assert looked_up() == (hits, misses + 1)
    assert bits(ket(12).apply(circuit.copy())) == first
    assert bits(ket(12).apply_gates(list(circuit))) == first
    assert bits(chained(circuit)) == first
    assert looked_up() == (hits + 3, misses + 1)
    lib.ketsim_plan_cache_clear()
    assert bits(ket(12).apply(circuit)) == first


def test_lists_on_few_qubits_have_the_same_bits_whatever_the_cache_holds():
    circuit = brick(6)
    lib.ketsim_plan_cache_clear()
    before = looked_up()
    first = bits(ket(6).apply_gates(list(circuit)))
    assert bits(chained(circuit)) == first
    assert looked_up() == before
    ket(6).apply(circuit)
    assert bits(ket(6).apply_gates(list(circuit))) == first


def test_another_angle_is_another_plan():
    lib.ketsim_plan_cache_clear()
    hits, _ = looked_up()
    results = {bits(ket(3).apply(brick(3).RX(0.1 * k, 0))) for k in range(5)}
    assert len(results) == 5
    assert looked_up()[0] == hits


def test_threads_share_plans():
    circuits = [brick(5, depth) for depth in range(2, 6)]
    expected = [bits(ket(5).apply(circuit)) for circuit in circuits]
    wrong = []

    def work():
        for k in range(200):
            if bits(ket(5).apply(circuits[k % 4])) != expected[k % 4]:
                wrong.append(k)
            if k % 50 == 0:
                lib.ketsim_plan_cache_clear()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
