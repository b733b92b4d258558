"""Plans as Python sees them: `Circuit.explain`, and circuits that are planned once however often they run."""

import re
import threading

import numpy as np
import pytest
from compare import bits

import ketsim
from ketsim import Circuit, InvalidArgument, Parameter, ffi, ket, lib, noise


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


# ---- shots and observables ----


def test_explain_shots():
    body = Circuit(3, bits=3).X(2).measure(2)
    circuit = Circuit(3, bits=3).H(0, 1).channel(noise.depolarizing(0.4), 0).CNOT(0, 1)
    circuit.measure(0, 1).readout([[0.9, 0.1], [0.25, 0.75]], 1).if_((0, 1), body, 2)
    circuit.channel(noise.amplitude_damping(0.5), 1).repeat_until(body, 2, limit=4).reset(0)
    assert circuit.explain().splitlines() == [
        "10 operations on 3 qubits and 3 classical bits, complex128, shot by shot",
        "1. segment 1: 3 operations, without a plan; 1 channel of unitaries, where 3 may come in, none with "
        "probability 0.7",
        "2. measure qubits 0 1 into bits 0 1; up to 4 branches",
        "3. readout of bit 1, 0 as 1 with probability 0.1 and 1 as 0 with 0.25",
        "4. go on at step 7 unless 0=1 1=0",
        "5. segment 2: 1 operation, without a plan",
        "6. measure qubit 2 into bit 2; up to 2 branches",
        "7. channel on qubit 1, whose 2 Kraus operators are chosen by the state; up to 2 branches",
        "8. segment 3: 1 operation, without a plan",
        "9. measure qubit 2 into bit 2; up to 2 branches",
        "10. go back to step 8 until 2=1, 4 times at most",
        "11. reset qubit 0; up to 2 branches",
        "total: 3 segments, 4 measurements, 2 channels; the tree of shots has at most 256 leaves, each loop "
        "counted once",
    ]


def test_explain_counts_planned_passes():
    circuit = Circuit(14, bits=1).extend(brick(14)).measure(0, bits=0)
    segment, measurement, total = circuit.explain(dtype="complex64").splitlines()[1:]
    passes = int(segment.split(", ")[1].split()[0])
    assert f"1. segment 1: {len(circuit) - 1} operations, {passes} pass" in segment
    assert measurement == "2. measure qubit 0 into bit 0; up to 2 branches"
    assert f"total: 1 segment of {passes} planned passes, 1 measurement, 0 channels" in total


@pytest.mark.parametrize(
    ("observables", "line"),
    [
        ("Z0 + Z1 + 2 Z0 Z1 + 1", "1 observable, 4 terms in 1 X mask and 1 group; regions of 2^12"),
        (["X0", "Y0 + X0 Z1"], "2 observables, 3 terms in 1 X mask and 2 groups; regions of 2^12"),
    ],
)
def test_explain_observables(observables, line):
    text = Circuit(16).H(0).explain(observables=observables)
    assert text.splitlines()[-1].startswith(line)
    assert text.startswith(Circuit(16).H(0).explain().splitlines()[0])


def test_explain_passes_over_regions():
    """Masks inside a region take one pass together, each distance between regions one more."""
    circuit = Circuit(16).H(0)
    inside, far = "Z0 + X15 + X14 X15", " + X0 + X0 X15 + X1"
    assert circuit.explain(observables=inside).endswith("read in 1 pass\n")
    assert circuit.explain(observables=inside + far).endswith("read in 3 passes\n")


def test_explain_refuses():
    theta = Parameter("theta")
    dynamic = Circuit(2, bits=1).RX(theta, 0).measure(0)
    with pytest.raises(InvalidArgument, match="unbound parameters: theta"):
        dynamic.explain()
    with pytest.raises(InvalidArgument, match="start: only for circuits of gates"):
        dynamic.bind([1]).explain(start="00")
    with pytest.raises(InvalidArgument, match="observable acts on qubit 2"):
        Circuit(2).H(0).explain(observables="Z2")
