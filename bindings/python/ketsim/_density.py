"""`DensityMatrix`: a mixed state, exactly, as a state of twice as many qubits on the same kernels."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ._density_checks import check_matrix, check_size
from ._ketsim import (
    CancelToken,
    Circuit,
    InvalidArgument,
    Ket,
    Observable,
    _density_expectations,
    _density_fidelity,
    _density_probabilities,
    _density_reduced,
    _vectorize,
)

_CONJUGATE = str.maketrans("rl", "lr")
_TOLERANCE = {"complex128": 1e-8, "complex64": 1e-4}


class DensityMatrix:
    """A density matrix of up to 13 qubits, which circuits with noise change exactly.

    It is held as the amplitudes of a state of 2 n qubits, row after row, so 13 qubits take 1 GiB, and as
    much again while a circuit runs.

    Parameters
    ----------
    start : int, str, Ket or array_like
        A number of qubits, for ``|0...0>``; a label as `Ket` takes it; a pure state; or a matrix of shape
        (2**n, 2**n), which is Hermitian, has trace 1 to within 1e-8 (1e-4 for 'complex64') and, for up to 10
        qubits, is checked to have no negative eigenvalue.
    dtype : {'complex128', 'complex64'}, optional
    threads : int, optional
        As in `Ket`.

    Raises
    ------
    InvalidArgument, TypeError
        It is no density matrix, or on too many qubits.
    OutOfMemory
        It does not fit.

    Notes
    -----
    Row r and column c are basis indices, qubit 0 being their most significant bit.

    What may take long has three keywords, as the methods of `Ket` have:

    * `timeout_ms`, a float: give up after so many milliseconds, with `DeadlineExceeded`;
    * `cancel`, a `CancelToken`: stop soon after it is raised, by any thread, with `Cancelled`;
    * `progress`, a callable: called with the fraction done about every 20 ms; an exception in it stops the
      call and comes out of it.

    The matrix is then as it was.  `trace`, `skewness` and the check of a given matrix are NumPy's work, which
    nothing stops.

    Examples
    --------
    >>> from ketsim import Circuit, DensityMatrix, noise
    >>> rho = DensityMatrix('00').apply(Circuit(2).H(0).channel(noise.phase_damping(0.75), 0).CNOT(0, 1))
    >>> rho.to_numpy().real.round(3)[[0, 3]].tolist()
    [[0.5, 0.0, 0.0, 0.25], [0.25, 0.0, 0.0, 0.5]]
    >>> round(rho.purity(), 6)
    0.625
    """

    def __init__(
        self,
        start: int | str | Ket | ArrayLike,
        *,
        dtype: DTypeLike = "complex128",
        threads: int | None = None,
    ) -> None:
        if isinstance(start, str):
            check_size(len(start))
            self._vector = Ket(start + start.translate(_CONJUGATE), dtype=dtype, threads=threads)
        elif isinstance(start, (int, np.integer)) and not isinstance(start, bool):
            self._vector = Ket(2 * check_size(int(start)), dtype=dtype, threads=threads)
        elif isinstance(start, Ket):
            check_size(start.nqubits)
            psi = np.asarray(start)
            self._set(np.outer(psi, psi.conj()), start.nqubits, dtype, threads)
        else:
            matrix = np.asarray(start, dtype=complex)
            tolerance = _TOLERANCE["complex64" if np.dtype(dtype) == np.complex64 else "complex128"]
            self._set(matrix, check_matrix(matrix, tolerance), dtype, threads)

    def _set(self, matrix: NDArray[Any], nqubits: int, dtype: DTypeLike, threads: int | None) -> None:
        self._vector = Ket(2 * nqubits, dtype=dtype, threads=threads)
        with self._vector.edit() as amplitudes:
            amplitudes[:] = matrix.reshape(-1)

    @property
    def nqubits(self) -> int:
        """Number of qubits, an int."""
        return self._vector.nqubits // 2

    @property
    def dtype(self) -> str:
        """'complex128' or 'complex64'."""
        return self._vector.dtype

    # ---- changing it ----

    def apply(
        self,
        circuit: Circuit,
        params: Any = None,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self:
        """Apply a circuit: gates, channels, measurements whose outcome nobody looks at, and resets.

        Parameters
        ----------
        circuit : Circuit
            Must not have more qubits.  Conditions and loops are refused: they need outcomes.
        params : dict or iterable of float, optional
            Values for its parameters, as `Circuit.bind` takes them.
        timeout_ms, cancel, progress : optional
            What stops it and watches it, as the class says.

        Returns
        -------
        DensityMatrix
            The same object.

        Raises
        ------
        InvalidArgument, TypeError, OutOfMemory
            The matrix is as it was.

        Examples
        --------
        >>> from ketsim import Circuit, DensityMatrix, noise
        >>> rho = DensityMatrix(1).apply(Circuit(1).channel(noise.bit_flip(0.25), 0))
        >>> rho.probabilities().round(3).tolist()
        [0.75, 0.25]
        """
        if circuit.nqubits > self.nqubits:
            raise InvalidArgument(f"circuit on {circuit.nqubits} qubits: must have at most {self.nqubits}")
        if circuit.nqubits < self.nqubits:
            circuit = Circuit(self.nqubits, bits=circuit.nbits).extend(circuit)
        vectorized = _vectorize(circuit)
        if params is None:
            self._vector.apply(vectorized, timeout_ms=timeout_ms, cancel=cancel, progress=progress)
        else:
            self._vector.apply(vectorized, params, timeout_ms=timeout_ms, cancel=cancel, progress=progress)
        return self

    def copy(self) -> "DensityMatrix":
        """A second one, O(1): what both hold is shared until one changes.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('1').copy()
        <DensityMatrix on 1 qubit: purity 1>
        """
        made = DensityMatrix.__new__(DensityMatrix)
        made._vector = self._vector.copy()
        return made

    # ---- looking at it ----

    def _matrix(self) -> NDArray[Any]:
        """A view, without copying."""
        return np.asarray(self._vector).reshape(2**self.nqubits, -1)

    def to_numpy(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[Any]:
        """The matrix, a new array of shape (2**n, 2**n).

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('r').to_numpy().round(3).tolist()
        [[(0.5+0j), -0.5j], [0.5j, (0.5+0j)]]
        """
        amplitudes = self._vector.amplitudes(timeout_ms=timeout_ms, cancel=cancel, progress=progress)
        return np.asarray(amplitudes).reshape(2**self.nqubits, -1)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The matrix, for NumPy; it is always copied."""
        if copy is False:
            raise ValueError("a DensityMatrix is copied to become an array")
        return np.array(self._matrix(), dtype=dtype)

    def trace(self) -> complex:
        """Sum of the diagonal: 1 but for roundings.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('01').trace()
        (1+0j)
        """
        return complex(np.trace(self._matrix()))

    def skewness(self) -> float:
        """Largest modulus of an entry of rho - rho*: 0 but for roundings.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('r').skewness()
        0.0
        """
        matrix = self._matrix()
        return float(np.abs(matrix - matrix.conj().T).max())

    def purity(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float:
        """Trace of the square, 2**-n to 1.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix([[0.5, 0], [0, 0.5]]).purity()
        0.5
        """
        return self._vector.inner(self._vector, timeout_ms=timeout_ms, cancel=cancel, progress=progress).real

    def _checked(self, qubits: Iterable[int] | None) -> list[int]:
        chosen = list(range(self.nqubits)) if qubits is None else [int(q) for q in qubits]
        for q in chosen:
            if not 0 <= q < self.nqubits:
                raise InvalidArgument(f"qubit {q}: must be 0..{self.nqubits - 1} for {self.nqubits} qubits")
        if len(set(chosen)) < len(chosen) or not chosen:
            raise InvalidArgument(f"qubits {chosen}: must be one or more, all different")
        return chosen

    def probabilities(
        self,
        qubits: Iterable[int] | None = None,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]:
        """Probabilities of the outcomes of some qubits.

        Parameters
        ----------
        qubits : iterable of int, optional
            The first is the most significant bit of the index; all qubits if left out.
        timeout_ms, cancel, progress : optional
            What stops it and watches it, as the class says.

        Returns
        -------
        ndarray of float64, shape (2^k,) for k qubits

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('10').probabilities([0]).tolist()
        [0.0, 1.0]
        """
        return _density_probabilities(
            self._vector, self._checked(qubits), timeout_ms=timeout_ms, cancel=cancel, progress=progress
        )

    def _diagonal_state(self, qubits: Iterable[int] | None) -> Ket:
        """A pure state with the same probabilities, which is what is sampled."""
        return Ket.from_amplitudes(
            np.sqrt(self.probabilities(qubits).clip(0)).astype(complex), normalize=True
        )

    def sample(
        self,
        shots: int,
        *,
        qubits: Iterable[int] | None = None,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.uint64]:
        """Draw outcomes, as `Ket.sample` does, with its keywords.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('10').sample(3).tolist()
        [2, 2, 2]
        """
        return self._diagonal_state(qubits).sample(
            shots, seed=seed, timeout_ms=timeout_ms, cancel=cancel, progress=progress
        )

    def counts(
        self,
        shots: int,
        *,
        qubits: Iterable[int] | None = None,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> dict[str, int]:
        """Draw outcomes and count them, as `Ket.counts` does, with its keywords.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('10').counts(3)
        {'10': 3}
        """
        return self._diagonal_state(qubits).counts(
            shots, seed=seed, timeout_ms=timeout_ms, cancel=cancel, progress=progress
        )

    def expectation(
        self,
        observable: Observable | str | float | Mapping[str, float],
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float:
        """Tr(rho O).

        Parameters
        ----------
        observable : Observable or what makes one
        timeout_ms, cancel, progress : optional
            What stops it and watches it, as the class says.

        Returns
        -------
        float
            In units of the coefficients.

        Raises
        ------
        InvalidArgument, ParseError, TypeError
            It needs more qubits, or is none.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> round(DensityMatrix('+1').expectation('X0 + 0.5 Z1'), 12)
        0.5
        """
        values = self.expectations([observable], timeout_ms=timeout_ms, cancel=cancel, progress=progress)
        return float(values[0])

    def expectations(
        self,
        observables: Iterable[Observable | str | float | Mapping[str, float]],
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]:
        """Tr(rho O) of several observables, which share what they read.

        Parameters
        ----------
        observables : iterable of Observable or what makes one
        timeout_ms, cancel, progress : optional
            What stops it and watches it, as the class says.

        Returns
        -------
        ndarray of float64
            One for each, in units of the coefficients.

        Raises
        ------
        InvalidArgument, ParseError, TypeError
            One needs more qubits, or is none.

        Examples
        --------
        >>> from ketsim import DensityMatrix
        >>> DensityMatrix('01').expectations(['Z0', 'Z1', 'X0']).tolist()
        [1.0, -1.0, 0.0]
        """
        values = _density_expectations(
            self._vector,
            observables,  # type: ignore[arg-type]
            timeout_ms=timeout_ms,
            cancel=cancel,
            progress=progress,
        )
        return values + 0.0

    def fidelity(
        self,
        other: Ket,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float:
        """<psi|rho|psi>: the probability to find it in a pure state.

        Raises
        ------
        InvalidArgument
            The state has another number of qubits.

        Examples
        --------
        >>> from ketsim import DensityMatrix, ket
        >>> round(DensityMatrix('0').fidelity(ket('+')), 12)
        0.5
        """
        if other.nqubits != self.nqubits:
            raise InvalidArgument(f"state on {other.nqubits} qubits: must be on {self.nqubits}")
        if other.dtype != self.dtype:
            other = Ket.from_amplitudes(other.amplitudes().astype(self.dtype), normalize=True)
        return _density_fidelity(self._vector, other, timeout_ms=timeout_ms, cancel=cancel, progress=progress)

    def reduced(
        self,
        qubits: Iterable[int],
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> "DensityMatrix":
        """The density matrix of some qubits: the partial trace over the others.

        Parameters
        ----------
        qubits : iterable of int
            Those that stay, in their new order.
        timeout_ms, cancel, progress : optional
            What stops it and watches it, as the class says.

        Returns
        -------
        DensityMatrix

        Examples
        --------
        >>> from ketsim import DensityMatrix, ket
        >>> DensityMatrix(ket('00').H(0).CNOT(0, 1)).reduced([1]).to_numpy().real.round(3).tolist()
        [[0.5, 0.0], [0.0, 0.5]]
        """
        made = DensityMatrix.__new__(DensityMatrix)
        made._vector = _density_reduced(
            self._vector, self._checked(qubits), timeout_ms=timeout_ms, cancel=cancel, progress=progress
        )
        return made

    def __repr__(self) -> str:
        """Its size and purity."""
        plural = "" if self.nqubits == 1 else "s"
        return f"<DensityMatrix on {self.nqubits} qubit{plural}: purity {self.purity():.6g}>"
