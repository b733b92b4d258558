"""`parameter_shift()`: derivatives of what is a mean over a circuit's outcomes, from runs at other angles."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._ketsim import Circuit, InvalidArgument, Ket

_PERIOD = 4 * math.pi  # of the entries of all matrices, whose frequencies are 0, 1/2 and 1
_SAMPLES = 8  # more than twice the highest frequency in units of the lowest
_SOMEWHERE = (0.3, 0.5, 0.7)  # angles: the spectrum of a generator does not depend on them


def _angles(entry: tuple[Any, ...]) -> list[int]:
    """Where an operation of a circuit has its angles."""
    return [k for k, item in enumerate(entry) if isinstance(item, float)]


def _with_angle(entry: tuple[Any, ...], place: int, angle: float) -> tuple[Any, ...]:
    return (*entry[:place], angle, *entry[place + 1 :])


def _essence(entry: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same on the first qubits, with at most one control, and of a Pauli string one letter."""
    controls = isinstance(entry[-1], dict) and bool(entry[-1].get("controls"))
    words = [item for item in entry[1:] if isinstance(item, str)]
    letters = ["".join(word.upper().replace("I", ""))[:1] or "I" for word in words]
    count = len(words) or sum(isinstance(item, int) for item in entry)
    qubits = (*range(count), {"controls": {count: 1}}) if controls else tuple(range(count))
    return (entry[0], *_SOMEWHERE[: len(_angles(entry))], *letters, *qubits)


def _matrix(entry: tuple[Any, ...], nqubits: int) -> NDArray[np.complex128]:
    columns = [Ket(f"{k:0{nqubits}b}").apply_gates([entry]).amplitudes() for k in range(2**nqubits)]
    return np.array(columns).T


def _frequencies(entry: tuple[Any, ...], place: int) -> tuple[float, ...]:
    """Of the mean value as a function of the angle: differences of the eigenvalues of i (dU) U*."""
    controls = len(entry[-1]["controls"]) if isinstance(entry[-1], dict) else 0
    nqubits = controls + sum(isinstance(item, int) for item in entry)
    at = [entry[place] + _PERIOD * k / _SAMPLES for k in range(_SAMPLES)]
    samples = np.array([_matrix(_with_angle(entry, place, angle), nqubits) for angle in at])
    half = np.fft.fftfreq(_SAMPLES, 1 / _SAMPLES) / 2
    slope = np.tensordot(1j * half, np.fft.fft(samples, axis=0) / _SAMPLES, axes=1)
    spectrum = np.linalg.eigvalsh(1j * slope @ samples[0].conj().T)
    differences = np.abs(spectrum[:, None] - spectrum).ravel()
    return tuple(sorted({round(2 * float(d)) / 2 for d in differences} - {0.0}))


def _rule(frequencies: tuple[float, ...]) -> Iterator[tuple[float, float]]:
    """Shifts and their factors, for frequencies that are multiples of the lowest."""
    if not frequencies:
        return
    unit = frequencies[0]
    order = round(frequencies[-1] / unit)
    for k in range(1, 2 * order + 1):
        x = (2 * k - 1) * math.pi / (2 * order)
        yield x / unit, unit * (-1) ** (k - 1) / (4 * order * math.sin(x / 2) ** 2)


def _check(circuit: Circuit) -> list[tuple[Any, ...]]:
    if circuit.parameters:
        names = ", ".join(p.name for p in circuit.parameters)
        raise InvalidArgument(f"circuit has unbound parameters: {names}; bind them to numbers first")
    entries = list(circuit)
    for k, entry in enumerate(entries):
        for body in (item for item in entry if isinstance(item, Circuit)):
            if any(_angles(inner) or any(isinstance(x, Circuit) for x in inner) for inner in body):
                raise InvalidArgument(
                    f"operation {k}: its body has angles or bodies, by which there are no derivatives"
                )
    return entries


def parameter_shift(circuit: Circuit, value: Callable[[Circuit], ArrayLike]) -> NDArray[np.float64]:
    """Derivatives of a function of a circuit by its angles, from values of the function at shifted angles.

    Slower than `Circuit.gradient` by far, but for everything that is a mean over outcomes of the circuit:
    with noise, measurements and resets, exactly or estimated from shots, as a laboratory would do it.  Exact
    where the values are: for rotations half the difference of two values, for controlled ones, whose
    generators have three eigenvalues, four values [1]_.

    Parameters
    ----------
    circuit : Circuit
        Without unbound parameters, and without angles in the bodies of conditions and loops.
    value : callable
        Is called with circuits that differ from this one in one angle; returns a float or an array, always
        of the same shape.  Called twice, four times or more for each angle.

    Returns
    -------
    ndarray of float64, shape (number of angles, *shape of the value)
        By each angle, in radians, in the order of the gates and of a gate's angles.

    Raises
    ------
    InvalidArgument
        The circuit has unbound parameters, or angles in a body.

    References
    ----------
    .. [1] Wierichs, Izaac, Wang, Lin, General parameter-shift rules for quantum gradients, Quantum 6, 677
       (2022), equation 8.

    Examples
    --------
    >>> from ketsim import Circuit, DensityMatrix, noise, parameter_shift
    >>> noisy = Circuit(1).RY(0.5, 0).channel(noise.depolarizing(0.1), 0).RX(0.2, 0)
    >>> slopes = parameter_shift(noisy, lambda c: DensityMatrix(1).apply(c).expectation('Z0'))
    >>> slopes.round(6).tolist()
    [-0.422882, -0.156914]
    """
    entries = _check(circuit)
    known: dict[tuple[str, int], tuple[float, ...]] = {}
    derivatives = []
    for k, entry in enumerate(entries):
        for j, place in enumerate(_angles(entry)):
            total = np.zeros(())
            essence = _essence(entry)
            key = (repr(essence), j)
            if key not in known:
                known[key] = _frequencies(essence, 1 + j)
            for shift, factor in _rule(known[key]):
                moved = _with_angle(entry, place, entry[place] + shift)
                shifted = Circuit(circuit.nqubits, bits=circuit.nbits)
                shifted.apply_gates([*entries[:k], moved, *entries[k + 1 :]])
                total = total + factor * np.asarray(value(shifted), dtype=float)
            derivatives.append(total)
    shape = np.broadcast_shapes(*(d.shape for d in derivatives)) if derivatives else ()
    return np.array([np.broadcast_to(d, shape) for d in derivatives], dtype=float)
