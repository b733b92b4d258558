"""The same list of tuples in other simulators, by their own gates where they have one.

Both count qubits from the least significant bit, so qubit q of ours is theirs number n-1-q.
"""

import numpy as np
import oracle

QISKIT = {
    "I": "IGate", "X": "XGate", "Y": "YGate", "Z": "ZGate", "H": "HGate", "S": "SGate", "SDG": "SdgGate",
    "T": "TGate", "TDG": "TdgGate", "SX": "SXGate", "SXDG": "SXdgGate", "RX": "RXGate", "RY": "RYGate",
    "RZ": "RZGate", "P": "PhaseGate", "U": "UGate", "CNOT": "CXGate", "CY": "CYGate", "CZ": "CZGate",
    "CH": "CHGate", "CP": "CPhaseGate", "CRX": "CRXGate", "CRY": "CRYGate", "CRZ": "CRZGate",
    "SWAP": "SwapGate", "ISWAP": "iSwapGate", "RXX": "RXXGate", "RYY": "RYYGate", "RZZ": "RZZGate",
    "CCX": "CCXGate", "CCZ": "CCZGate", "CSWAP": "CSwapGate", "ECR": "ECRGate",
}  # fmt: skip
QULACS = {
    "I": "Identity", "X": "X", "Y": "Y", "Z": "Z", "H": "H", "S": "S", "SDG": "Sdag", "T": "T", "TDG": "Tdag",
    "SX": "sqrtX", "SXDG": "sqrtXdag", "RX": "RotX", "RY": "RotY", "RZ": "RotZ", "U": "U3",
    "CNOT": "CNOT", "CZ": "CZ", "SWAP": "SWAP",
}  # fmt: skip


def qiskit(n, operations):
    from qiskit import QuantumCircuit
    from qiskit.circuit import library
    from qiskit.quantum_info import Statevector

    circuit = QuantumCircuit(n)
    for operation in operations:
        name, numbers, controls = oracle.split(operation)
        angles, qubits = numbers[: oracle.angle_count(name)], numbers[oracle.angle_count(name) :]
        if name in QISKIT:
            gate = getattr(library, QISKIT[name])(*angles)
        elif name == "CU":
            gate = library.CUGate(*angles, 0)
        else:  # its first qubit is the least significant of the matrix: hand them over reversed
            gate, qubits = library.UnitaryGate(oracle.TEXTBOOK[name](*angles)), qubits[::-1]
        if controls:
            values = sum(value << k for k, value in enumerate(controls.values()))
            gate = gate.control(len(controls), ctrl_state=values, annotated=False)
        circuit.append(gate, [n - 1 - q for q in [*controls, *qubits]])
    return np.asarray(Statevector.from_label("0" * n).evolve(circuit))


def qulacs(n, operations):
    from qulacs import QuantumState
    from qulacs import gate as library

    state = QuantumState(n)
    for operation in operations:
        name, numbers, controls = oracle.split(operation)
        angles, qubits = numbers[: oracle.angle_count(name)], numbers[oracle.angle_count(name) :]
        places = [n - 1 - q for q in qubits]
        if name in QULACS:
            rotations = [angles[k] for k in range(len(angles))]
            gate = getattr(library, QULACS[name])(*places, *rotations)
        else:
            gate = library.DenseMatrix(places[::-1], oracle.TEXTBOOK[name](*angles))
        if controls:
            gate = library.to_matrix_gate(gate)
            for qubit, value in controls.items():
                gate.add_control_qubit(n - 1 - qubit, value)
        gate.update_quantum_state(state)
    return state.get_vector()


SIMULATORS = {"qiskit": qiskit, "qulacs": qulacs}
