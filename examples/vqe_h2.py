"""The ground state energy of H2 by the variational quantum eigensolver, beside exact diagonalization."""

from math import pi

import numpy as np

from ketsim import Circuit, Observable

# Two qubits, 0.75 Angstrom, in hartree, nuclear repulsion included: O'Malley et al., Scalable quantum
# simulation of molecular energies, Phys. Rev. X 6, 031007 (2016), table I.
TERMS = {"I0": 0.2252, "Z0": 0.3435, "Z1": -0.4347, "Z0 Z1": 0.5716, "X0 X1": 0.0910, "Y0 Y1": 0.0910}
energy = Observable(TERMS)

# By exact diagonalization of the 4 by 4 matrix.
LETTERS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
matrix = np.zeros((4, 4), dtype=complex)
for term, coefficient in TERMS.items():
    on = {int(factor[1]): factor[0] for factor in term.split()}
    matrix += coefficient * np.kron(LETTERS[on.get(0, "I")], LETTERS[on.get(1, "I")])
exact = float(np.linalg.eigvalsh(matrix)[0])

# The unitary coupled cluster ansatz, one angle, from the Hartree-Fock state, by gradient descent.
theta = 0.0
for step in range(25):
    value, gradient = Circuit(2).pauli_rotation(theta, "YX", 0, 1).gradient(energy, start="10")
    if step % 5 == 0:
        print(f"step {step:2}: theta {theta:+.6f}  energy {value:.9f}")
    theta -= 0.6 * float(gradient[0])
print(f"VQE    {value:.9f} hartree at theta = {theta / pi:.6f} pi")
print(f"exact  {exact:.9f} hartree")
assert abs(value - exact) < 1e-7
