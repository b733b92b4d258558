"""What every test here shares: a watchdog, a fixed hypothesis profile, and the common fixtures."""

import faulthandler
import os
import signal

import hypothesis
import numpy as np
import oracle
import pytest

from ketsim import ket

# Started in the background by a shell, SIGINT is ignored, and Python then raises no KeyboardInterrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

WATCHDOG_SECONDS = 180  # a test that hangs ends the whole run with every thread's traceback

hypothesis.settings.register_profile(
    "ketsim", deadline=None, database=None, derandomize=True, print_blob=False
)
hypothesis.settings.load_profile("ketsim")


def pytest_configure(config):
    # Capturing is suspended here, so descriptor 2 is still the terminal's.
    config.watchdog_file = os.fdopen(os.dup(2), "w")
    if "s" not in config.option.reportchars:
        config.option.reportchars += "s"  # what was skipped is said, with the reason


def pytest_unconfigure(config):
    faulthandler.cancel_dump_traceback_later()
    config.watchdog_file.close()


@pytest.fixture(autouse=True)
def watchdog(request):
    faulthandler.dump_traceback_later(WATCHDOG_SECONDS, exit=True, file=request.config.watchdog_file)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(params=["complex128", "complex64"])
def dtype(request):
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(20261120)


@pytest.fixture
def bell():
    """(|00> + |11>) / sqrt 2, committed."""
    return ket("00").H(0).CNOT(0, 1).run()


@pytest.fixture
def random(rng):
    """A random state of four qubits, and its amplitudes."""
    psi = oracle.random_state(rng, 4)
    return ket.from_amplitudes(psi), psi
