"""Values on their way from one interpreter of a process to another.

They are pickled, but for states, which cross by token without being copied, and memoryviews, which are shared
where Python can do that and copied elsewhere.  Imported on both sides.
"""

import io
import pickle
from typing import Any, NamedTuple

from ._ketsim import Ket


class Parcel(NamedTuple):
    """A pickle, and what it mentions by number.  The states are copies: the originals may change."""

    data: bytes
    states: list[Ket]
    views: list[memoryview]


class _Packer(pickle.Pickler):
    """Puts states, and views if they can be shared, aside."""

    def __init__(self, file: io.BytesIO, share_views: bool) -> None:
        super().__init__(file, protocol=5)
        self._share_views = share_views
        self._numbers: dict[int, tuple[int, Ket]] = {}  # by id; the Ket keeps that from being used again
        self.states: list[Ket] = []
        self.views: list[memoryview] = []

    def persistent_id(self, value: Any) -> tuple[Any, ...] | None:
        if type(value) is Ket:
            return "state", self._number(value)
        if type(value) is not memoryview:
            return None
        if not self._share_views:
            return ("bytes", *_plain(value))
        self.views.append(value)
        return "view", len(self.views) - 1

    def _number(self, state: Ket) -> int:
        if id(state) not in self._numbers:
            self._numbers[id(state)] = len(self.states), state
            self.states.append(state.copy())
        return self._numbers[id(state)][0]


def _plain(view: memoryview) -> tuple[bytes, str, tuple[int, ...]]:
    """Bytes, format and shape of a view; complex numbers, which `cast` does not know, as pairs of reals."""
    shape = tuple(view.shape or ())
    if view.format in ("Zd", "Zf"):
        return view.tobytes(), view.format[1], (*shape, 2)
    return view.tobytes(), view.format, shape


class _Unpacker(pickle.Unpickler):
    """Finds states by their tokens, and views in a list."""

    def __init__(self, data: bytes, tokens: list[int], views: tuple[memoryview, ...]) -> None:
        super().__init__(io.BytesIO(data))
        self._tokens = tokens
        self._views = views
        self._states: dict[int, Ket] = {}  # those taken: one may be mentioned several times

    def persistent_load(self, given: tuple[Any, ...]) -> Any:
        match given:
            case "state", number:
                if number not in self._states:
                    self._states[number] = Ket.from_shared(self._tokens[number])
                return self._states[number]
            case "view", number:
                return self._views[number]
            case "bytes", data, code, shape:
                return memoryview(data).cast("B").cast(code, shape)
        raise pickle.UnpicklingError(f"{given!r}: not of ketsim")


def pack(value: Any, share_views: bool = False) -> Parcel:
    """Ready to cross, now or later."""
    file = io.BytesIO()
    packer = _Packer(file, share_views)
    packer.dump(value)
    return Parcel(file.getvalue(), packer.states, packer.views)


def seal(parcel: Parcel) -> bytes:
    """The message that crosses; the states in it can be taken once, as long as the parcel lives."""
    return pickle.dumps((parcel.data, [state.share() for state in parcel.states]))


def unseal(message: bytes, views: tuple[memoryview, ...] = ()) -> tuple[Any, bool]:
    """The value, and whether there were states in it."""
    data, tokens = pickle.loads(message)
    return _Unpacker(data, tokens, views).load(), bool(tokens)
