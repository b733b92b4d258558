"""The catalogue of bad arguments to everything but gates: right class, clear message, nothing changed."""

import contextlib
import re

import numpy as np
import pytest
from badinput import BAD_QUBITS, RANGE, TOO_LARGE, TWICE, Call, N, each, fails, random_ket, unchanged

import ketsim
from ketsim import Circuit, InvalidArgument, ket

SEEDS = [Call(f"q.sample(3, seed={s})", InvalidArgument, re.escape(str(s))) for s in (-1, 2**64, TOO_LARGE)]
CALLS = [
    *SEEDS,
    *(Call(f"q.sample(3, seed={s})", TypeError, word) for s, word in (("'7'", "str"), ("1.5", "float"))),
    *(Call(f"q.counts(3, seed={s})", InvalidArgument, str(s)) for s in (-1, 2**64)),
    *(Call(f"q.measure(0, seed={s})", InvalidArgument, str(s)) for s in (-1, 2**64)),
    *(Call(f"q.sample({k})", InvalidArgument, str(k)) for k in (-1, -(2**63), 2**64, TOO_LARGE)),
    *(Call(f"q.counts({k})", InvalidArgument, str(k)) for k in (-1, 2**64)),
    *(Call(f"q.{f}(2**62)", (ketsim.OutOfMemory, InvalidArgument)) for f in ("sample", "counts")),
    *(
        Call(f"q.sample({k})", TypeError, word)
        for k, word in (("1.5", "float"), ("'1'", "str"), ("None", "None"))
    ),
    Call("q.sample()", TypeError),
    Call("q.sample(3, 4)", TypeError),
    *(
        Call(f"q.{f}{qubits}", InvalidArgument, str(bad), RANGE)
        for bad in BAD_QUBITS
        for f, qubits in (
            ("probabilities", f"([{bad}])"),
            ("sample", f"(3, qubits=[0, {bad}])"),
            ("counts", f"(3, qubits=[{bad}])"),
            ("measure", f"({bad})"),
            ("measure", f"(0, {bad})"),
        )
    ),
    *(
        Call(f"q.{f}", InvalidArgument, "1", TWICE)
        for f in (
            "probabilities([1, 1])",
            "sample(3, qubits=[1, 0, 1])",
            "counts(3, qubits=[1, 1])",
            "measure(1, 1)",
        )
    ),
    *(
        Call(f"q.{f}", TypeError, word, "int")
        for bad, word in (("1.0", "float"), ("'1'", "str"), ("None", "NoneType"), ("[1]", "list"))
        for f in (f"probabilities([{bad}])", f"sample(3, qubits=[{bad}])", f"measure({bad})")
    ),
    Call("q.probabilities(5)", TypeError, "int"),
    Call("q.probabilities(1.5)", TypeError, "float"),
    Call("q.amplitude('01')", InvalidArgument, "2", "3"),
    Call("q.amplitude('0101')", InvalidArgument, "4", "3"),
    Call("q.amplitude('')", InvalidArgument, "", "3"),
    Call("q.amplitude('01+')", InvalidArgument, r"\+", "0.*1"),
    Call("q.amplitude('0\\x001')", InvalidArgument),
    Call("q.amplitude('01\\u0660')", InvalidArgument),
    Call("q.amplitude(b'010')", TypeError, "bytes", "str"),
    Call("q.amplitude(None)", TypeError, "NoneType", "str"),
    Call("q.inner(5)", TypeError, "int", "Ket"),
    Call("q.fidelity(None)", TypeError, "NoneType", "Ket"),
    Call("q.inner(ket('00'))", InvalidArgument, "2", "3"),
    Call("q.fidelity(ket('0000'))", InvalidArgument, "4", "3"),
    Call("q.inner(ket('000', dtype='complex64'))", InvalidArgument, "dtype", "same"),
    Call("q.apply(5)", TypeError, "int", "Circuit"),
    Call("q.apply([('H', 0)])", TypeError, "list", "Circuit"),
    Call("q.apply(Circuit(4))", InvalidArgument, "4", "3"),
    Call("q.run(timeout_ms=-1)", InvalidArgument, "-1"),
    Call("q.run(timeout_ms='5')", TypeError, "str"),
    Call("q.run(timeout_ms=float('nan'))", (InvalidArgument, TypeError)),
    Call("q.run(cancel=5)", TypeError, "int", "CancelToken"),
    Call("q.run(progress=5)", TypeError, "int", "call"),
    Call("q.run(threads=-1)", InvalidArgument, "-1"),
    Call("q.run(threads=10**6)", InvalidArgument, "1000000", "1024"),
    Call("q.run(threads=2**64)", InvalidArgument, str(2**64)),
    Call("q.run(threads=1.5)", TypeError, "float"),
    Call("q.run(expect_generation=-1)", InvalidArgument, "-1"),
    Call("q.run(expect_generation='1')", TypeError, "str"),
    Call("q.run(expect_generation=77)", ketsim.StateBusyError, "1", "77"),
    Call("q.run(nonsense=1)", TypeError, "nonsense"),
    Call("q.close(1)", TypeError),
    Call("q.copy(1)", TypeError),
    Call("q == q", TypeError, "", "fidelity"),
    Call("q != 5", TypeError, "", "fidelity"),
    Call("hash(q)", TypeError),
    Call("setattr(q, 'generation', 5)", AttributeError),
    Call("setattr(q, 'pending', 0)", AttributeError),
]


@each(CALLS)
def test_bad_call(bad):
    names = {"ket": ket, "Circuit": Circuit}
    unchanged(random_ket(), lambda q: eval(bad.text, {**names, "q": q}), bad)


# ---- making states and circuits -----------------------------------------------------------------------

MAKING = [
    *(Call(f"ket({n})", InvalidArgument, str(n), r"1\.\.40|1 .*40") for n in (0, 41, 50, 63, 64, -1)),
    *(
        Call(f"ket({n})", InvalidArgument, str(n), r"1\.\.40|1 .*40")
        for n in (2**31, 2**32, 2**63, 2**64, TOO_LARGE)
    ),
    *(
        Call(f"Circuit({n})", InvalidArgument, str(n), r"1\.\.40|1 .*40")
        for n in (0, 41, -1, 2**31, 2**32, TOO_LARGE)
    ),
    *(Call(f"Circuit({x})", TypeError) for x in ("'00'", "None", "1.5", "")),
    Call("ket()", TypeError),
    Call("ket('00', 'complex64')", TypeError),
    *(
        Call(f"ket({x})", TypeError, word, "str|label")
        for x, word in (
            ("None", "NoneType"),
            ("1.5", "float"),
            ("b'01'", "bytes"),
            ("[0, 1]", "list"),
            ("1j", "complex"),
        )
    ),
    Call("ket('')", InvalidArgument, "", r"1\.\.40|1 .*40|one"),
    Call("ket('2')", InvalidArgument, "2", r"0 1 \+ - r l|0.*1.*\+"),
    Call("ket('0 1')", InvalidArgument, "", r"0 1 \+ - r l|0.*1.*\+"),
    Call("ket('01R')", InvalidArgument, "R", r"0 1 \+ - r l|0.*1.*\+"),
    Call("ket('0\\x001')", InvalidArgument),
    Call("ket('0\\n1')", InvalidArgument),
    Call("ket('\\u0660\\u0661')", InvalidArgument),
    Call("ket('0\\uff11')", InvalidArgument),
    Call("ket('|01>')", InvalidArgument, r"\|"),
    Call("ket('\\ud800')", InvalidArgument),
    Call("ket('0' * 41)", InvalidArgument, "41", "40"),
    Call("ket('0' * 64)", InvalidArgument, "64", "40"),
    Call("ket('0' * 10**6)", InvalidArgument, "1000000", "40"),
    *(
        Call(f"ket('0', dtype={d})", InvalidArgument, word, "complex128")
        for d, word in (
            ("'float64'", "float64"),
            ("'complex256'", "complex256"),
            ("''", ""),
            ("'COMPLEX128'", "COMPLEX128"),
        )
    ),
    *(
        Call(f"ket('0', dtype={d})", (InvalidArgument, TypeError))
        for d in ("5", "np.float64", "np.dtype('i4')", "int")
    ),
    *(Call(f"ket('0', threads={t})", InvalidArgument, str(t)) for t in (-1, 10**6, 2**64)),
    *(Call(f"ket('0', threads={t})", TypeError) for t in ("'2'", "1.5")),
    Call("ket('0', on_busy='maybe')", InvalidArgument, "maybe", "wait"),
    Call("ket('0', on_busy=None)", (TypeError, InvalidArgument)),
    Call("ket('0', nonsense=1)", TypeError, "nonsense"),
    Call("ket(40).amplitudes()", ketsim.OutOfMemory, r"\d"),
    Call("ket('+' * 40).norm()", ketsim.OutOfMemory, r"\d"),
    # amplitudes
    *(
        Call(f"ket.from_amplitudes({a})", InvalidArgument, g, w)
        for a, g, w in (
            ("np.zeros(4, complex)", "0", "1"),
            ("np.zeros(4, complex), normalize=True", "0", "norm"),
            ("np.array([1 + 1e-3, 0j])", "norm", "1"),
            ("np.array([1 + 1e-7, 0j])", "norm", "1"),
            ("np.array([1.001, 0], 'c8')", "norm", "1"),
            ("np.array([1, np.nan])", "nan", "finite"),
            ("np.array([1, complex(0, np.inf)])", "inf", "finite"),
            ("np.array([1, np.nan]), normalize=True", "nan", "finite"),
            ("np.array([np.inf, 0]), normalize=True", "inf", "finite"),
            ("np.ones(1, complex)", "1", "power of two"),
            ("np.ones(0, complex)", "0", "power of two"),
            ("np.ones(3, complex)", "3", "power of two"),
            ("np.ones(6, complex)", "6", "power of two"),
            ("[1]", "1", "power of two"),
            ("[]", "0", "power of two"),
        )
    ),
    *(
        Call(f"ket.from_amplitudes({a})", (TypeError, InvalidArgument))
        for a in (
            "np.eye(2, dtype=complex)",
            "np.array(1 + 0j)",
            "'01'",
            "b'01'",
            "None",
            "5",
            "[1, 'x']",
            "[[1], [0]]",
            "np.array(['1', '0'])",
            "{0: 1, 1: 0}",
            "np.array([1, 0], 'M8[s]')",
            "object()",
        )
    ),
    Call("ket.from_amplitudes()", TypeError),
]


@each(MAKING)
def test_bad_making(bad):
    fails(lambda: eval(bad.text, {"ket": ket, "Circuit": Circuit, "np": np}), bad)


CIRCUIT_CALLS = [
    Call("c.extend(Circuit(4).H(3))", InvalidArgument, "4", "3"),
    Call("c.extend([('H', 0)])", TypeError, "list", "Circuit"),
    Call("c.extend(None)", TypeError, "NoneType", "Circuit"),
    Call("c.nope", AttributeError, "nope"),
    Call("c < c", TypeError),
    Call("setattr(c, 'nqubits', 5)", AttributeError),
]


@each(CIRCUIT_CALLS)
def test_bad_call_of_a_circuit(bad):
    circuit = Circuit(N).H(0).RX(0.3, 1)
    fails(lambda: eval(bad.text, {"c": circuit, "Circuit": Circuit}), bad)
    assert circuit == Circuit(N).H(0).RX(0.3, 1)


# ---- objects that misbehave while they are read ---------------------------------------------------------


class Evil:
    """Closes the state, or queues on it, while a call on that state reads its arguments."""

    def __init__(self, act):
        self.act = act

    def __index__(self):
        self.act()
        return 0

    def __float__(self):
        self.act()
        return 0.3

    def __iter__(self):
        self.act()
        return iter([1])


@pytest.mark.parametrize("act", ["close", "discard", "run", "copy"])
def test_arguments_that_use_the_state(act):
    calls = (
        lambda q, evil: q.H(evil),
        lambda q, evil: q.RX(evil, 0),
        lambda q, evil: q.H(0, controls=evil),
        lambda q, evil: q.apply_gates([("RX", evil, evil)]),
        lambda q, evil: q.measure(evil),
        lambda q, evil: q.probabilities(evil),
        lambda q, evil: q.sample(evil, seed=evil),
    )
    for call in calls:
        q = ket("00").X(1)
        with contextlib.suppress(ketsim.Error):
            call(q, Evil(getattr(q, act)))
        assert q.closed or abs(q.norm() - 1) < 1e-15


class Failing:
    def __index__(self):
        raise KeyError("mine")

    __float__ = __iter__ = __index__


@pytest.mark.parametrize(
    "call",
    [
        lambda q, x: q.H(x),
        lambda q, x: q.RX(x, 0),
        lambda q, x: q.H(0, controls=x),
        lambda q, x: q.H(0, controls={1: x}),
        lambda q, x: q.apply_gates([("X", 0), ("RX", 0.1, x)]),
        lambda q, x: q.apply_gates(x),
        lambda q, x: q.measure(x),
        lambda q, x: q.probabilities(x),
    ],
)
def test_exceptions_of_arguments_pass_through(call):
    q = ket("00").X(0)
    with pytest.raises(KeyError, match="mine"):
        call(q, Failing())
    assert (q.pending, q.generation) == (1, 1)


# ---- the classes -----------------------------------------------------------------------------------------

BASES = {
    "Error": (Exception,),
    "InvalidArgument": (ketsim.Error, ValueError),
    "OutOfMemory": (ketsim.Error, MemoryError),
    "StateBusyError": (ketsim.Error, RuntimeError),
    "StateClosedError": (ketsim.Error, RuntimeError),
    "StateInvalidError": (ketsim.Error, RuntimeError),
    "QueueFullError": (ketsim.Error, RuntimeError),
    "DeadlineExceeded": (ketsim.Error, TimeoutError),
    "Cancelled": (ketsim.Error,),
    "ParseError": (ketsim.Error, ValueError),
}


@pytest.mark.parametrize("name", BASES)
def test_exception_classes(name):
    cls = getattr(ketsim, name)
    assert issubclass(cls, BASES[name])
    assert cls.__doc__
    assert cls.__module__ == "ketsim"
