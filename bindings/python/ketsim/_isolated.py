"""An interpreter with a GIL of its own, through what each version of Python has for that."""

import importlib
import sys
from typing import Any, Protocol

from . import _crossing

SHARES_VIEWS = sys.version_info >= (3, 14)

_START = """
import sys
sys.path[:] = {path!r}
from ketsim import _inside
{send}
"""
_CALL = "_send(_inside.answer(globals().pop('_message'), globals().pop('_views', ())))"


class _Interpreter(Protocol):
    """Scripts run in it with names set before; what they give to `_send` waits in a box of this side."""

    send: str  # the script that defines _send()

    def run(self, script: str, **names: Any) -> None: ...
    def get(self) -> bytes: ...
    def close(self) -> None: ...


class _Python314:
    """The public module."""

    send = "_send = _box.put"

    def __init__(self) -> None:
        interpreters = importlib.import_module("concurrent.interpreters")
        self._box = interpreters.create_queue()
        self._interpreter = interpreters.create()
        self._interpreter.prepare_main(_box=self._box)

    def run(self, script: str, **names: Any) -> None:
        if names:
            self._interpreter.prepare_main(**names)
        self._interpreter.exec(script)

    def get(self) -> bytes:
        return bytes(self._box.get_nowait())

    def close(self) -> None:
        self._interpreter.close()


class _Python313:
    """The private modules that became it."""

    def __init__(self) -> None:
        self._interpreters = importlib.import_module("_interpreters")
        self._queues = importlib.import_module("_interpqueues")
        self._box = self._queues.create(0, 0, 3)  # of shareable objects, which outlive their interpreter
        self._id = self._interpreters.create("isolated")
        self.send = f"import _interpqueues\n_send = lambda data: _interpqueues.put({self._box}, data, 0, 3)"

    def run(self, script: str, **names: Any) -> None:
        failure = self._interpreters.exec(self._id, script, names or None)
        if failure is not None:
            raise RuntimeError(failure.formatted)

    def get(self) -> bytes:
        return bytes(self._queues.get(self._box)[0])

    def close(self) -> None:
        self._interpreters.destroy(self._id)
        self._queues.destroy(self._box)


# The end of an interpreter waits for all its threads; in 3.12 also for the one that imported threading, whose
# lock is never let go if that is not the thread that made the interpreter.
_FORGET_MAIN_THREAD = """
import sys
if "threading" in sys.modules:
    import threading
    threading._shutdown_locks.discard(threading.main_thread()._tstate_lock)
"""


class _Python312:
    """The private modules before those."""

    def __init__(self) -> None:
        self._interpreters = importlib.import_module("_xxsubinterpreters")
        self._channels = importlib.import_module("_xxinterpchannels")
        self._box = self._channels.create()
        self._id = self._interpreters.create(isolated=True)
        self.send = f"import _xxinterpchannels\n_send = lambda d: _xxinterpchannels.send({int(self._box)}, d)"

    def run(self, script: str, **names: Any) -> None:
        self._interpreters.run_string(self._id, script, names or None)

    def get(self) -> bytes:
        return bytes(self._channels.recv(self._box))

    def close(self) -> None:
        self.run(_FORGET_MAIN_THREAD)
        self._interpreters.destroy(self._id)
        self._channels.destroy(self._box)


def _new_interpreter() -> _Interpreter:
    if sys.version_info >= (3, 14):
        return _Python314()
    return _Python313() if sys.version_info >= (3, 13) else _Python312()


class Isolated:
    """One interpreter, which has imported ketsim.  One thread at a time may use it."""

    def __init__(self) -> None:
        self._interpreter = _new_interpreter()
        try:
            path = [entry for entry in sys.path if isinstance(entry, str)]
            self._interpreter.run(_START.format(path=path, send=self._interpreter.send))
        except BaseException:
            self._interpreter.close()
            raise

    def call(self, parcel: _crossing.Parcel) -> tuple[bool, Any]:
        """What `_inside.answer` says to a parcel."""
        names: dict[str, Any] = {"_message": _crossing.seal(parcel)}
        if parcel.views:
            names["_views"] = tuple(parcel.views)
        self._interpreter.run(_CALL, **names)
        answer, has_states = _crossing.unseal(self._interpreter.get())
        if has_states:
            self._interpreter.run("_inside.forget()")
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        self._interpreter.close()
