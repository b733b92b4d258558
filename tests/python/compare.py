"""How two results are compared: to a tolerance, or bit by bit."""

import numpy as np

ATOL = {"complex128": 1e-14, "complex64": 1e-6}


def near(got, want, dtype="complex128", factor=1):
    np.testing.assert_allclose(np.asarray(got), want, rtol=0, atol=factor * ATOL[dtype])


def bits(q):
    """The amplitudes of a state as bytes, after its queue has run."""
    return np.asarray(q).tobytes()


def unless_refused(call):
    """What call() returns, or None where the library says that it does not take such an argument."""
    try:
        return call()
    except (TypeError, ValueError):
        return None
