"""Numbers of a cut of the qubits in two: what `Ket.purity()`, `entropy()` and `schmidt()` return.

What stops such a call stops the reading of the state; NumPy's part is not interrupted.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._ketsim import InvalidArgument, Ket


def _smaller_side(q: Ket, qubits: list[int]) -> list[int]:
    """The side of the cut with fewer qubits: a pure state has the same spectrum on both."""
    if len(set(qubits)) < len(qubits):
        raise InvalidArgument(f"qubits {qubits}: all must be different")
    others = [k for k in range(q.nqubits) if k not in qubits]
    return min(qubits, others, key=len)


def _density(q: Ket, qubits: list[int], stops: dict[str, Any]) -> NDArray[np.complex128]:
    side = _smaller_side(q, qubits)
    if side:
        return np.asarray(q.density_matrix(side, **stops))
    return np.array([[q.norm(**stops) ** 2 + 0j]])


def purity(q: Ket, qubits: list[int], **stops: Any) -> float:
    """Trace of the squared density matrix, which for a Hermitian one is the sum of squared moduli."""
    return float((np.abs(_density(q, qubits, stops)) ** 2).sum())


def entropy(q: Ket, qubits: list[int], *, order: float = 1, **stops: Any) -> float:
    """Renyi's entropy of the spectrum in bits; of order 1 its limit, von Neumann's."""
    if not 0 <= order < math.inf:
        raise InvalidArgument(f"order {order}: must be 0 or more, and finite")
    spectrum = np.linalg.eigvalsh(_density(q, qubits, stops))
    p = spectrum[spectrum > spectrum[-1] * len(spectrum) * np.finfo(float).eps]
    p /= p.sum()
    bits = -(p * np.log2(p)).sum() if order == 1 else np.log2((p**order).sum()) / (1 - order)
    return max(0.0, float(bits))


def schmidt(q: Ket, qubits: list[int], **stops: Any) -> NDArray[np.float64]:
    """Singular values of the amplitudes, rows being the values of the smaller side."""
    side = _smaller_side(q, qubits)
    tensor = np.asarray(q.amplitudes(**stops)).reshape((2,) * q.nqubits)
    rows = np.moveaxis(tensor, side, range(len(side))).reshape(1 << len(side), -1)
    return np.linalg.svd(rows, compute_uv=False).astype(np.float64)
