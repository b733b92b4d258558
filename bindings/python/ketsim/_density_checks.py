"""What must hold of a density matrix: its size, and that a matrix is one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._ketsim import InvalidArgument

_MOST_QUBITS = 13
_MOST_SPECTRUM = 10  # qubits up to which it is checked that no eigenvalue is negative


def check_size(nqubits: int) -> int:
    """The number of qubits; raises unless a density matrix may have so many."""
    if not 1 <= nqubits <= _MOST_QUBITS:
        raise InvalidArgument(
            f"density matrix of {nqubits} qubits: must be of 1..{_MOST_QUBITS}, for it takes 16 * 4**n bytes"
        )
    return nqubits


def check_matrix(matrix: NDArray[Any], tolerance: float) -> int:
    """Number of qubits of a density matrix; raises unless it is one."""
    rows = matrix.shape[0] if matrix.ndim == 2 else 0
    if matrix.ndim != 2 or matrix.shape[1] != rows or rows < 2 or rows & (rows - 1):
        raise InvalidArgument(f"density matrix of shape {matrix.shape}: must be (2**n, 2**n)")
    nqubits = check_size(rows.bit_length() - 1)
    if not np.isfinite(matrix).all():
        raise InvalidArgument("density matrix: entries must be finite")
    skew = float(np.abs(matrix - matrix.conj().T).max())
    if skew > tolerance:
        raise InvalidArgument(
            f"density matrix: max |rho - rho*| is {skew:.3g}: must be at most {tolerance:g}"
        )
    trace = float(matrix.trace().real)
    if abs(trace - 1) > tolerance:
        raise InvalidArgument(f"density matrix: trace is {trace:.17g}: must be 1 to within {tolerance:g}")
    least = float(np.linalg.eigvalsh(matrix)[0]) if nqubits <= _MOST_SPECTRUM else 0.0
    if least < -tolerance:
        raise InvalidArgument(f"density matrix: has the eigenvalue {least:.3g}: none may be below 0")
    return nqubits
