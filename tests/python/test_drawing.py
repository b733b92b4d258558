"""Pictures and numbers of circuits, and figures of states."""

import random
import re
from collections import Counter

import numpy as np
import pytest
from rows import ROWS

from ketsim import Circuit, InvalidArgument, Parameter, StateClosedError, ket, noise

plot = pytest.importorskip("ketsim.plot", reason="no matplotlib", exc_type=ModuleNotFoundError)


def lines(circuit, width=10_000):
    return str(circuit.draw(width=width)).splitlines()


def test_every_kind_of_symbol():
    circuit = (
        Circuit(4)
        .H(0)
        .X(2, controls={0: 1, 3: 0})
        .SWAP(1, 2)
        .Z(3, controls=[2])
        .RZZ(0.5, 0, 3)
        .CRX(1.25, 1, 0)
    )
    assert lines(circuit) == [
        "0: ─H─●─────RZZ₀(0.5)─RX(1.25)─",
        "      │         │        │",
        "1: ───┼─✕───────┼────────●─────",
        "      │ │       │",
        "2: ───⊕─✕─●─────┼──────────────",
        "      │   │     │",
        "3: ───○───●────RZZ₁────────────",
    ]


def test_parameters_are_angles():
    theta, phi = Parameter("theta"), Parameter("phi")
    circuit = Circuit(2).RX(theta, 0).CRZ(2 * theta - phi / 3 + 0.5, 0, 1).pauli_rotation(-phi, "XY", 0, 1)
    assert lines(circuit) == [
        "0: ─RX(theta)───────────────●────────────────pauli_rotation₀(-phi)─",
        "                            │                          │",
        "1: ───────────RZ(2*theta - 0.3333*phi + 0.5)────pauli_rotation₁────",
    ]
    assert circuit.stats().counts == {"RX": 1, "CRZ": 1, "pauli_rotation": 1}
    assert str(circuit.bind([1, 3]).draw(width=99)).count("2*") == 0


def test_a_phase_is_not_seen():
    circuit = Circuit(1).global_phase(0.5).H(0)
    assert lines(circuit) == ["0: ─H─"]
    assert circuit.stats() == (1, 2, 1, 0, {"pauli_rotation": 1, "H": 1})


def test_a_prompt_shows_the_text_itself():
    drawing = Circuit(1).H(0).draw()
    assert isinstance(drawing, str)
    assert repr(drawing) == str(drawing) == "0: ─H─"


def test_queue_of_a_state():
    q = ket("00").H(0).CNOT(0, 1)
    assert str(q.draw()) == str(Circuit(2).H(0).CNOT(0, 1).draw())
    q.run()
    assert str(q.draw()) == str(Circuit(2).draw()) == "0: ─\n\n1: ─"
    q.close()
    with pytest.raises(StateClosedError):
        q.draw()


def test_long_circuits_go_on_below():
    circuit = Circuit(2)
    for _ in range(30):
        circuit.RX(0.25, 0).CNOT(0, 1)
    text = str(circuit.draw(width=60))
    assert max(map(len, text.splitlines())) <= 60
    blocks = text.split("\n\n")
    assert len(blocks) > 3
    assert text.count("RX(0.25)") == 30
    assert text.count("⊕") == 30
    assert all(block.startswith("0: ─") for block in blocks)


def test_no_symbol_is_lost_or_covered():
    """Of random circuits over the whole table: each gate is there, and lines are of one length."""
    generator = random.Random(5)
    for _ in range(30):
        circuit = Circuit(6)
        for row in generator.choices(ROWS, k=25):
            qubits = generator.sample(range(6), row.ncontrols + row.ntargets)
            circuit.apply_gates([(row.name, *[0.5] * row.nangles, *qubits)])
        rows = lines(circuit)[::2]
        assert len(set(map(len, rows))) == 1
        marks = sum(len(re.findall(r"[^─┼]+", row.split(": ─", 1)[1])) for row in rows)
        assert marks == sum(sum(isinstance(item, int) for item in entry) for entry in circuit)


def test_unitary_has_a_name():
    circuit = Circuit(2).unitary(np.eye(4), 1, 0)
    assert lines(circuit)[0].startswith("0: ─U₁")
    assert lines(circuit)[2].startswith("1: ─U₀")


@pytest.mark.parametrize("output", ["latex", None, 3])
def test_unknown_output(output):
    with pytest.raises(InvalidArgument, match="must be 'text' or 'mpl'"):
        Circuit(1).draw(output)


def longest_chain(circuit):
    """By the definition: over all earlier gates that share a qubit."""
    chains = []
    touched = [{q for q in entry if isinstance(q, int)} | set(extras(entry)) for entry in circuit]
    for k, qubits in enumerate(touched):
        chains.append(1 + max((chains[j] for j in range(k) if touched[j] & qubits), default=0))
    return max(chains, default=0)


def extras(entry):
    return entry[-1]["controls"] if isinstance(entry[-1], dict) else {}


def test_stats():
    generator = random.Random(6)
    for _ in range(20):
        circuit = Circuit(5)
        for _ in range(40):
            a, b, c = generator.sample(range(5), 3)
            circuit.apply_gates(
                generator.choice(
                    [
                        [("H", a)],
                        [("CNOT", a, b)],
                        [("X", a, {"controls": {b: 0, c: 1}})],
                        [("RZZ", 0.5, a, b)],
                    ]
                )
            )
        found = circuit.stats()
        assert found.nqubits == 5
        assert found.gates == len(circuit) == sum(found.counts.values())
        assert found.depth == longest_chain(circuit)
        assert found.several_qubits == sum(entry[0] != "H" for entry in circuit)
        assert found.counts == {name: sum(e[0] == name for e in circuit) for name in found.counts}


def append_random(circuit, kind, generator):
    """One operation without a body: (name, qubits, bits, None)."""
    a, b = generator.sample(range(4), 2)
    i, j = generator.sample(range(3), 2)
    if kind == "H":
        circuit.H(a)
    elif kind == "CNOT":
        circuit.CNOT(a, b)
    elif kind == "measure":
        circuit.measure(a, b, bits=(i, j))
    elif kind == "reset":
        circuit.reset(a)
    elif kind == "channel":
        circuit.channel(noise.bit_flip(0.1), a)
    else:
        circuit.readout([[0.9, 0.1], [0, 1]], i)
    qubits = {"CNOT": {a, b}, "measure": {a, b}, "readout": set()}.get(kind, {a})
    return kind, qubits, {"measure": {i, j}, "readout": {i}}.get(kind, set()), None


def random_dynamics(generator, depth):
    """A circuit, and what stands in it: (name, qubits, bits, what stands in its body)."""
    circuit, model = Circuit(4, bits=3), []
    simple, with_body = ["H", "CNOT", "measure", "reset", "channel", "readout"], ["if_", "repeat_until"]
    for _ in range(generator.randrange(1, 7)):
        kind = generator.choice(simple + with_body if depth else simple)
        if kind in simple:
            model.append(append_random(circuit, kind, generator))
            continue
        body, inside = random_dynamics(generator, depth - 1)
        bit = generator.randrange(3)
        if kind == "if_":
            circuit.if_(bit, body)
        else:
            circuit.repeat_until(body, bit, limit=3)
        qubits, bits = (set().union(*(one[k] for one in inside)) for k in (1, 2))
        model.append((kind, qubits, {bit} | bits, inside))
    return circuit, model


def longest(model):
    """The longest chain, by the definition: over all earlier operations that share something."""
    real = [one for one in model if one[0] != "readout"]
    chains = []
    for k, (_, qubits, bits, inside) in enumerate(real):
        before = (chains[j] for j in range(k) if real[j][1] & qubits or real[j][2] & bits)
        chains.append((max(1, longest(inside)) if inside else 1) + max(before, default=0))
    return max(chains, default=0)


def flat(model):
    return [x for one in model for x in [one, *flat(one[3] or [])]]


def test_stats_of_what_measures_chooses_and_repeats():
    generator = random.Random(7)
    for _ in range(60):
        circuit, model = random_dynamics(generator, 2)
        found, all_of_it = circuit.stats(), flat(model)
        assert found.counts == Counter(one[0] for one in all_of_it)
        assert list(found.counts.values()) == sorted(found.counts.values(), reverse=True)
        assert found.gates == len(all_of_it)
        assert found.depth == longest(model)
        assert found.several_qubits == sum(len(one[1]) > 1 for one in all_of_it if one[3] is None)


def test_a_bit_makes_a_chain():
    circuit = Circuit(3, bits=1).measure(0, bits=0).if_(0, Circuit(3).H(1).X(1)).X(2)
    assert circuit.stats() == (3, 5, 3, 0, {"X": 2, "measure": 1, "if_": 1, "H": 1})


def test_stats_of_nothing():
    assert Circuit(3).stats() == (3, 0, 0, 0, {})


def test_histogram_heights():
    figure = plot.histogram({"10": 3, "00": 5})
    assert [bar.get_height() for bar in figure.axes[0].patches] == [5, 3]
    figure = plot.histogram(ket("0+").probabilities())
    assert np.allclose([bar.get_height() for bar in figure.axes[0].patches], [0.5, 0.5, 0, 0])


@pytest.mark.parametrize("values", [[0.5, 0.25, 0.25], [1.0], [[0.5, 0.5]], np.ones(512)])
def test_histogram_refuses(values):
    with pytest.raises(InvalidArgument):
        plot.histogram(values)


@pytest.mark.parametrize(("draw", "n"), [(plot.state_city, 5), (plot.phase_discs, 7), (plot.bloch, 17)])
def test_figures_refuse_what_nobody_could_see(draw, n):
    with pytest.raises(InvalidArgument, match="at most"):
        draw(ket(n))


def test_figures_can_be_written(tmp_path):
    q = ket("000").H(0).CNOT(0, 1).RX(0.3, 2)
    circuit = Circuit(3).H(0).CNOT(0, 1).X(2, controls={0: 0}).SWAP(0, 2).RZZ(0.3, 0, 1)
    for k, figure in enumerate([plot.state_city(q), plot.phase_discs(q), plot.bloch(q), circuit.draw("mpl")]):
        path = tmp_path / f"{k}.png"
        figure.savefig(path)
        assert path.read_bytes()[:4] == b"\x89PNG"


def test_bloch_vectors():
    """Of a product state from its angles; of half a Bell pair nothing."""
    q = ket("0").RY(0.8, 0).RZ(0.3, 0)
    x, y, z = np.sin(0.8) * np.cos(0.3), np.sin(0.8) * np.sin(0.3), np.cos(0.8)
    assert plot.bloch(q).axes[0].get_title() == f"qubit 0: ({x:.2f}, {y:.2f}, {z:.2f})"
    assert plot.bloch(ket("00").H(0).CNOT(0, 1)).axes[1].get_title() == "qubit 1: (0.00, 0.00, 0.00)"
