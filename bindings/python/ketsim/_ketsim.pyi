# Types of the extension module.  Written by `make stubs` from bindings/python/_ketsim.pyi.in and the gate
# table; do not edit.  Arrays are NumPy's; where there is no NumPy they are memoryviews.
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import (
    Any,
    ClassVar,
    Final,
    Literal,
    NoReturn,
    Self,
    SupportsFloat,
    SupportsIndex,
    TypeAlias,
    final,
    overload,
)

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Buffer

from ._diagram import CircuitStats
from ._parameters import Linear, Parameter

_Angle: TypeAlias = SupportsFloat | SupportsIndex | Linear
_Params: TypeAlias = dict[Parameter, float] | dict[str, float] | Iterable[SupportsFloat]
_Qubit: TypeAlias = SupportsIndex
_Bits: TypeAlias = SupportsIndex | Iterable[SupportsIndex]
_Controls: TypeAlias = dict[int, int] | Iterable[_Qubit]
_Matrix: TypeAlias = Buffer | NDArray[Any] | Sequence[Sequence[complex]]
_Amplitudes: TypeAlias = Buffer | NDArray[Any] | Sequence[complex] | Sequence[Sequence[float]]
_Numbers: TypeAlias = Buffer | NDArray[Any] | Sequence[complex] | bytes
_Integers: TypeAlias = Buffer | NDArray[Any] | Sequence[SupportsIndex] | bytes
_Function: TypeAlias = Callable[[int], SupportsIndex] | _Integers
_OnBusy: TypeAlias = Literal["error", "wait"]
_Real: TypeAlias = SupportsFloat | SupportsIndex
_Terms: TypeAlias = Observable | str | _Real | dict[str, _Real] | Iterable[tuple[_Real, str]]
_Observables: TypeAlias = Observable | str | _Real | dict[str, _Real] | Iterable[_Terms]

class Error(Exception): ...
class InvalidArgument(Error, ValueError): ...
class OutOfMemory(Error, MemoryError): ...
class StateBusyError(Error, RuntimeError): ...
class StateClosedError(Error, RuntimeError): ...
class StateInvalidError(Error, RuntimeError): ...
class QueueFullError(Error, RuntimeError): ...
class DeadlineExceeded(Error, TimeoutError): ...
class Cancelled(Error): ...
class ParseError(Error, ValueError): ...

class _Gates:
    def unitary(self, matrix: _Matrix, /, *qubits: _Qubit, controls: _Controls | None = None) -> Self: ...
    def pauli_rotation(
        self, theta: _Angle, letters: str, /, *qubits: _Qubit, controls: _Controls | None = None
    ) -> Self: ...
    def global_phase(self, theta: _Angle, /, *, controls: _Controls | None = None) -> Self: ...
    def diagonal(self, entries: _Numbers, /, *qubits: _Qubit, controls: _Controls | None = None) -> Self: ...
    def permutation(
        self, table: _Function, /, *qubits: _Qubit, controls: _Controls | None = None
    ) -> Self: ...
    def oracle(
        self,
        f: _Function,
        inputs: _Qubit | Iterable[_Qubit],
        outputs: _Qubit | Iterable[_Qubit],
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def permute_qubits(
        self, targets: Iterable[_Qubit], qubits: Iterable[_Qubit] | None = None, /
    ) -> Self: ...
    def I(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    ID = I
    def X(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    NOT = X
    def Y(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def Z(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def H(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def S(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def SDG(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def T(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def TDG(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def SX(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def SXDG(self, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def RX(self, theta: _Angle, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def RY(self, theta: _Angle, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def RZ(self, theta: _Angle, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    def P(self, theta: _Angle, /, *targets: _Qubit, controls: _Controls | None = None) -> Self: ...
    PHASE = P
    def U(
        self,
        theta: _Angle,
        phi: _Angle,
        lam: _Angle,
        /,
        *targets: _Qubit,
        controls: _Controls | None = None,
    ) -> Self: ...
    U3 = U
    def CNOT(self, control: _Qubit, target: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    CX = CNOT
    def CY(self, control: _Qubit, target: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def CZ(self, control: _Qubit, target: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def CH(self, control: _Qubit, target: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def CP(
        self,
        theta: _Angle,
        control: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    CPHASE = CP
    def CRX(
        self,
        theta: _Angle,
        control: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def CRY(
        self,
        theta: _Angle,
        control: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def CRZ(
        self,
        theta: _Angle,
        control: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def CU(
        self,
        theta: _Angle,
        phi: _Angle,
        lam: _Angle,
        control: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    CU3 = CU
    def SWAP(self, target0: _Qubit, target1: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def ISWAP(self, target0: _Qubit, target1: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def RXX(
        self,
        theta: _Angle,
        target0: _Qubit,
        target1: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def RYY(
        self,
        theta: _Angle,
        target0: _Qubit,
        target1: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def RZZ(
        self,
        theta: _Angle,
        target0: _Qubit,
        target1: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def CCX(
        self,
        control0: _Qubit,
        control1: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    TOFFOLI = CCX
    def CCZ(
        self,
        control0: _Qubit,
        control1: _Qubit,
        target: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def CSWAP(
        self,
        control: _Qubit,
        target0: _Qubit,
        target1: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    FREDKIN = CSWAP
    def ISWAPDG(self, target0: _Qubit, target1: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...
    def FSIM(
        self,
        theta: _Angle,
        phi: _Angle,
        target0: _Qubit,
        target1: _Qubit,
        /,
        *,
        controls: _Controls | None = None,
    ) -> Self: ...
    def ECR(self, target0: _Qubit, target1: _Qubit, /, *, controls: _Controls | None = None) -> Self: ...

@final
class Ket(_Gates):
    def __new__(
        cls,
        label_or_n: str | SupportsIndex,
        /,
        *,
        dtype: DTypeLike = "complex128",
        threads: int | None = None,
        eager: bool = False,
        inplace: bool = False,
        on_busy: _OnBusy = "error",
    ) -> Self: ...
    @classmethod
    def from_amplitudes(
        cls,
        amplitudes: _Amplitudes,
        /,
        normalize: bool = False,
        *,
        dtype: DTypeLike | None = None,
        threads: int | None = None,
        eager: bool = False,
        inplace: bool = False,
        on_busy: _OnBusy = "error",
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    @classmethod
    def product(
        cls,
        amplitudes: Iterable[Iterable[complex]] | NDArray[Any],
        /,
        normalize: bool = False,
        *,
        dtype: DTypeLike = "complex128",
        threads: int | None = None,
        eager: bool = False,
        inplace: bool = False,
        on_busy: _OnBusy = "error",
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    @classmethod
    def dicke(
        cls,
        nqubits: SupportsIndex,
        weight: SupportsIndex,
        /,
        *,
        dtype: DTypeLike = "complex128",
        threads: int | None = None,
        eager: bool = False,
        inplace: bool = False,
        on_busy: _OnBusy = "error",
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    @classmethod
    def random(
        cls,
        nqubits: SupportsIndex,
        /,
        *,
        seed: int | None = None,
        dtype: DTypeLike = "complex128",
        threads: int | None = None,
        eager: bool = False,
        inplace: bool = False,
        on_busy: _OnBusy = "error",
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    def set_amplitudes(
        self,
        amplitudes: _Amplitudes,
        /,
        normalize: bool = False,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    @property
    def nqubits(self) -> int: ...
    @property
    def dtype(self) -> str: ...
    @property
    def pending(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def closed(self) -> bool: ...
    def run(
        self,
        /,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
        threads: int | None = None,
        expect_generation: int | None = None,
    ) -> Self: ...
    def apply(
        self,
        circuit: Circuit,
        /,
        params: _Params | None = None,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    def apply_gates(
        self,
        gates: Iterable[Sequence[Any]],
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    def discard(self) -> Self: ...
    def copy(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def share(self) -> int: ...
    @classmethod
    def from_shared(cls, token: SupportsIndex, /) -> Self: ...
    def close(self) -> None: ...
    def amplitudes(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.complexfloating[Any, Any]]: ...
    def amplitude(
        self,
        label: str | SupportsIndex,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> complex: ...
    def probabilities(
        self,
        qubits: Iterable[_Qubit] | None = None,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]: ...
    def sample(
        self,
        shots: int,
        /,
        *,
        qubits: Iterable[_Qubit] | None = None,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.uint64]: ...
    def counts(
        self,
        shots: int,
        /,
        *,
        qubits: Iterable[_Qubit] | None = None,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> dict[str, int]: ...
    def measure(
        self,
        /,
        *qubits: _Qubit,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> int: ...
    def run_shot(
        self,
        circuit: Circuit,
        /,
        *,
        seed: int | None = None,
        shot: int = 0,
        params: _Params | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> str: ...
    def postselect(
        self,
        outcome: dict[int, int],
        /,
        *,
        normalize: bool = True,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def apply_operator(
        self,
        matrix: _Matrix,
        /,
        *qubits: _Qubit,
        controls: _Controls | None = None,
        normalize: bool = False,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def norm(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def inner(
        self,
        other: Ket,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> complex: ...
    def fidelity(
        self,
        other: Ket,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def expectation(
        self,
        observable: _Terms,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def expectations(
        self,
        observables: Iterable[_Terms],
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]: ...
    def variance(
        self,
        observable: _Terms,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    @overload
    def draw(self, output: Literal["text"] = "text", *, width: int | None = None) -> str: ...
    @overload
    def draw(self, output: Literal["mpl"], *, width: int | None = None) -> Figure: ...
    def covariance(
        self,
        observables: Iterable[_Terms],
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]: ...
    def matrix_element(
        self,
        bra: Ket,
        observable: _Terms,
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> complex: ...
    def bloch(
        self,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> list[tuple[float, float, float]]: ...
    def estimate(
        self,
        observable: _Terms,
        shots: SupportsIndex,
        /,
        *,
        seed: int | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> tuple[float, float]: ...
    def density_matrix(
        self,
        qubits: Iterable[_Qubit] | None = None,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.complex128]: ...
    def purity(
        self,
        qubits: Iterable[_Qubit],
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def entropy(
        self,
        qubits: Iterable[_Qubit],
        /,
        *,
        order: float = 1,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> float: ...
    def schmidt(
        self,
        qubits: Iterable[_Qubit],
        /,
        *,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> NDArray[np.float64]: ...
    def edit(self) -> AbstractContextManager[NDArray[np.complexfloating[Any, Any]], None]: ...
    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.complexfloating[Any, Any]]: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __release_buffer__(self, buffer: memoryview, /) -> None: ...
    def __eq__(self, other: object, /) -> NoReturn: ...
    def __ne__(self, other: object, /) -> NoReturn: ...
    def __reduce_ex__(self, protocol: SupportsIndex, /) -> tuple[Any, ...]: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Circuit(_Gates):
    def __new__(cls, n: SupportsIndex, bits: SupportsIndex = 0) -> Self: ...
    @property
    def nqubits(self) -> int: ...
    @property
    def nbits(self) -> int: ...
    @property
    def parameters(self) -> tuple[Parameter, ...]: ...
    def bind(self, params: _Params, /) -> Circuit: ...
    def extend(self, circuit: Circuit, /) -> Self: ...
    def apply_gates(self, gates: Iterable[Sequence[Any]], /) -> Self: ...
    def inverse(self) -> Self: ...
    def run_async(
        self,
        *,
        state: Ket | str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        observables: _Observables | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        dtype: DTypeLike = "complex128",
    ) -> Coroutine[Any, Any, CircuitResult]: ...
    def measure(self, /, *qubits: _Qubit, bits: _Bits | None = None) -> Self: ...
    def reset(self, /, *qubits: _Qubit) -> Self: ...
    def if_(self, /, bits: _Bits, body: Circuit, value: SupportsIndex | None = None) -> Self: ...
    def repeat_until(
        self, /, body: Circuit, bits: _Bits, value: SupportsIndex | None = None, limit: SupportsIndex = 100
    ) -> Self: ...
    def channel(self, channel: Channel, /, *qubits: _Qubit) -> Self: ...
    def readout(
        self, confusion: Sequence[Sequence[SupportsFloat]] | NDArray[np.float64], /, *bits: SupportsIndex
    ) -> Self: ...
    def qft(self, qubits: Iterable[_Qubit] | None = None, *, inverse: bool = False) -> Self: ...
    def evolve(self, observable: _Terms, /, time: _Angle, steps: int = 1, order: int = 1) -> Self: ...
    def explain(
        self,
        *,
        dtype: DTypeLike = "complex128",
        start: str | None = None,
        observables: _Observables | None = None,
    ) -> str: ...
    def gradient(
        self,
        observable: _Terms,
        *,
        start: Ket | str | None = None,
        params: _Params | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
        threads: int | None = None,
    ) -> tuple[float, NDArray[np.float64]]: ...
    def metric_tensor(
        self,
        *,
        start: Ket | str | None = None,
        params: _Params | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
        threads: int | None = None,
    ) -> NDArray[np.float64]: ...
    def vjp(
        self,
        observables: Iterable[_Terms],
        weights: Iterable[_Angle],
        *,
        start: Ket | str | None = None,
        params: _Params | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        progress: Callable[[float], object] | None = None,
        threads: int | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
    @overload
    def draw(self, output: Literal["text"] = "text", *, width: int | None = None) -> str: ...
    @overload
    def draw(self, output: Literal["mpl"], *, width: int | None = None) -> Figure: ...
    def stats(self) -> CircuitStats: ...
    def copy(self) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: object, /) -> Self: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: SupportsIndex, /) -> tuple[Any, ...]: ...
    def __iter__(self) -> Iterator[tuple[Any, ...]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Observable:
    def __new__(cls, terms: _Terms, /) -> Self: ...
    @property
    def nqubits(self) -> int: ...
    def __add__(self, other: Observable | float, /) -> Observable: ...
    def __radd__(self, other: float, /) -> Observable: ...
    def __sub__(self, other: Observable | float, /) -> Observable: ...
    def __rsub__(self, other: float, /) -> Observable: ...
    def __mul__(self, other: float, /) -> Observable: ...
    def __rmul__(self, other: float, /) -> Observable: ...
    def __truediv__(self, other: float, /) -> Observable: ...
    def __rtruediv__(self, other: NoReturn, /) -> NoReturn: ...
    def __neg__(self) -> Observable: ...
    def __pos__(self) -> Observable: ...
    def __copy__(self) -> Observable: ...
    def __deepcopy__(self, memo: object, /) -> Observable: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: SupportsIndex, /) -> tuple[float, str]: ...
    def __iter__(self) -> Iterator[tuple[float, str]]: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    __array_ufunc__: ClassVar[None]

@final
class Channel:
    def __new__(cls, kraus: Iterable[_Matrix] | Channel, /) -> Self: ...
    @property
    def nqubits(self) -> int: ...
    @property
    def kraus(self) -> tuple[NDArray[np.complex128], ...]: ...
    @property
    def superoperator(self) -> NDArray[np.complex128]: ...
    @property
    def is_mixed_unitary(self) -> bool: ...
    @property
    def probabilities(self) -> tuple[float, ...] | None: ...
    @property
    def unitaries(self) -> tuple[NDArray[np.complex128], ...] | None: ...
    def compose(self, other: Channel, /) -> Channel: ...
    def __copy__(self) -> Channel: ...
    def __deepcopy__(self, memo: object, /) -> Channel: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class CancelToken:
    def __new__(cls) -> Self: ...
    @property
    def cancelled(self) -> bool: ...
    def cancel(self) -> None: ...

@final
class CircuitResult(tuple[Ket | None, dict[str, int] | None, tuple[float, ...] | None]):
    n_fields: Final = 3
    n_sequence_fields: Final = 3
    n_unnamed_fields: Final = 0
    __match_args__: Final = ("state", "counts", "values")
    @property
    def state(self) -> Ket | None: ...
    @property
    def counts(self) -> dict[str, int] | None: ...
    @property
    def values(self) -> tuple[float, ...] | None: ...

@final
class ShotsExpectations(tuple[tuple[float, ...], tuple[float, ...], dict[str, int]]):
    n_fields: Final = 3
    n_sequence_fields: Final = 3
    n_unnamed_fields: Final = 0
    __match_args__: Final = ("values", "errors", "counts")
    @property
    def values(self) -> tuple[float, ...]: ...
    @property
    def errors(self) -> tuple[float, ...]: ...
    @property
    def counts(self) -> dict[str, int]: ...

@final
class BatchResult(tuple[list[CircuitResult | None], list[dict[str, Any]], float, dict[str, Any]]):
    n_fields: Final = 4
    n_sequence_fields: Final = 4
    n_unnamed_fields: Final = 0
    __match_args__: Final = ("results", "errors", "duration_ms", "stats")
    @property
    def results(self) -> list[CircuitResult | None]: ...
    @property
    def errors(self) -> list[dict[str, Any]]: ...
    @property
    def duration_ms(self) -> float: ...
    @property
    def stats(self) -> dict[str, Any]: ...

@final
class Job:
    def __new__(
        cls,
        circuit: Circuit,
        *,
        state: Ket | str | None = None,
        shots: int | None = None,
        seed: int | None = None,
        observables: _Observables | None = None,
        timeout_ms: float | None = None,
        cancel: CancelToken | None = None,
        dtype: DTypeLike = "complex128",
        wait: bool = True,
        index: int = 0,
        queue: JobQueue | None = None,
        key: int = 0,
    ) -> Self: ...
    @property
    def ended(self) -> bool: ...
    def wait(self, /, timeout_ms: float | None = None) -> bool: ...
    def cancel(self) -> None: ...
    def result(self) -> CircuitResult: ...

@final
class JobQueue:
    def __new__(cls) -> Self: ...
    def next(self, timeout_ms: float | None, /) -> tuple[int, Job] | None: ...

def run_batch(
    circuits: Iterable[Circuit],
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    *,
    per_circuit_timeout_ms: float | None = None,
    shots: int | None = None,
    seed: int | None = None,
    observables: _Observables | None = None,
    states: Ket | str | Iterable[Ket | str] | None = None,
    raise_on_error: bool = False,
    memory_limit: int | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: CancelToken | None = None,
    dtype: DTypeLike = "complex128",
) -> BatchResult: ...

def sweep(
    circuit: Circuit,
    values: Buffer | NDArray[Any] | Sequence[Iterable[SupportsFloat]],
    *,
    observables: Iterable[_Terms] | None = None,
    shots: int | None = None,
    seed: int | None = None,
    state: Ket | None = None,
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    memory_limit: int | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: CancelToken | None = None,
    dtype: DTypeLike = "complex128",
) -> NDArray[Any]: ...

@overload
def run_shots(
    circuit: Circuit,
    shots: int,
    *,
    seed: int | None = None,
    state: Ket | None = None,
    memory: Literal[False] = False,
    first: int = 0,
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: CancelToken | None = None,
    dtype: DTypeLike = "complex128",
    params: _Params | None = None,
) -> dict[str, int]: ...
@overload
def run_shots(
    circuit: Circuit,
    shots: int,
    *,
    seed: int | None = None,
    state: Ket | None = None,
    memory: Literal[True],
    first: int = 0,
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: CancelToken | None = None,
    dtype: DTypeLike = "complex128",
    params: _Params | None = None,
) -> NDArray[np.uint8]: ...

def shots_expectations(
    circuit: Circuit,
    observables: _Observables,
    shots: int,
    *,
    seed: int | None = None,
    state: Ket | None = None,
    first: int = 0,
    max_concurrency: int | None = None,
    timeout_ms: float | None = None,
    progress: Callable[[float], object] | None = None,
    cancel: CancelToken | None = None,
    dtype: DTypeLike = "complex128",
    params: _Params | None = None,
) -> ShotsExpectations: ...

def pin_workers(pin: Literal["none", "compact", "spread"], /) -> None: ...

__version__: str
_MAX_QUBITS: int
_MAX_NAME: int

def _hold_gil(on: bool, /) -> None: ...
def _count_cores() -> int: ...
def _gil_clock() -> tuple[int, int, int, int]: ...
def _profiling(on: bool, /) -> bool: ...
def _profile_records() -> list[Any]: ...
def _channel_named(name: str, /, *parameters: SupportsFloat) -> Channel: ...
def _channel_pauli(strings: tuple[str, ...], probabilities: tuple[float, ...], /) -> Channel: ...
def _restore_channel(nqubits: int, kraus: bytes, /) -> Channel: ...
def _vectorize(circuit: Circuit, /) -> Circuit: ...
def _density_probabilities(
    vector: Ket, qubits: Iterable[int] | None, /, **stops: Any
) -> NDArray[np.float64]: ...
def _density_expectations(
    vector: Ket, observables: Iterable[_Terms], /, **stops: Any
) -> NDArray[np.float64]: ...
def _density_fidelity(vector: Ket, other: Ket, /, **stops: Any) -> float: ...
def _density_reduced(vector: Ket, qubits: Iterable[int], /, **stops: Any) -> Ket: ...
def _readout_outcomes(
    outcomes: NDArray[np.uint64], confusion: tuple[float, ...], seed: int | None, /
) -> None: ...
def _readout_probabilities(probabilities: NDArray[np.float64], confusion: tuple[float, ...], /) -> None: ...
