"""States that cross by token: taken once, freed when nobody takes them, and nothing for a forged number."""

import pickle

import numpy as np
import pytest
from compare import bits

import ketsim
from ketsim import Ket, ket

NOBODYS = "names no state"


def options(q):
    """threads, eager, inplace and wait, as a pickle holds them."""
    return q.__reduce_ex__(5)[1][3:7]


def test_what_is_taken_is_what_was_shared(dtype):
    q = ket("0+r", dtype=dtype).H(0).CNOT(0, 2)
    token = q.share()
    assert q.pending == 0
    before = bits(q)
    q.X(0, 1).run()
    taken = Ket.from_shared(token)
    assert (taken.nqubits, taken.dtype, bits(taken)) == (3, dtype, before)
    taken.Z(0).run()
    assert bits(q) != before


@pytest.mark.parametrize(
    "given", [{}, {"threads": 3}, {"eager": True}, {"inplace": True}, {"on_busy": "wait", "threads": 1024}]
)
def test_options_go_with_it(given):
    q = ket("01", **given)
    assert options(Ket.from_shared(q.share())) == options(q) == options(pickle.loads(pickle.dumps(q)))


def test_a_token_is_good_once():
    q = ket("01")
    token = q.share()
    Ket.from_shared(token)
    with pytest.raises(ketsim.InvalidArgument, match=f"token {token}: {NOBODYS}"):
        Ket.from_shared(token)


def void_by_death(q):
    return None


def void_by_close(q):
    q.close()
    return q


def void_by_sharing_again(q):
    q.share()
    return q


@pytest.mark.parametrize("end", [void_by_death, void_by_close, void_by_sharing_again])
def test_what_nobody_took_is_dropped(end):
    q = ket("01")
    token = q.share()
    q = end(q)
    with pytest.raises(ketsim.InvalidArgument, match=NOBODYS):
        Ket.from_shared(token)


def test_nothing_is_left_of_states_that_nobody_took():
    for _ in range(5000):  # the table has room for 1,024
        ket("01").share()


@pytest.mark.thread_unsafe
def test_full_table_refuses():
    waiting = [ket("0") for _ in range(1024)]
    for state in waiting:
        state.share()
    with pytest.raises(ketsim.QueueFullError, match="1024"):
        ket("0").share()
    waiting.clear()
    del state
    q = ket("1")
    assert Ket.from_shared(q.share()).amplitude("1") == 1


def test_forged_tokens_name_nothing():
    q = ket("01")
    token = q.share()
    for forged in (0, 1, 2, 1023, 1024, 2**63, 2**64 - 1, token ^ 1, token ^ 1 << 40, token + 1024):
        with pytest.raises(ketsim.InvalidArgument, match=NOBODYS):
            Ket.from_shared(forged)
    assert Ket.from_shared(token).amplitude("01") == 1


@pytest.mark.parametrize("bad", [-1, 2**64, 2**200])
def test_numbers_no_token_can_be(bad):
    with pytest.raises(ketsim.InvalidArgument, match="token"):
        Ket.from_shared(bad)


@pytest.mark.parametrize("bad", [None, "1", 1.0, True, b"1"])
def test_what_is_no_number(bad):
    with pytest.raises(TypeError, match="token: must be an integer"):
        Ket.from_shared(bad)


def test_closed_state_cannot_be_shared():
    q = ket("01")
    q.close()
    with pytest.raises(ketsim.StateClosedError):
        q.share()


def test_sharing_copies_nothing():
    """One buffer: a view of either shows the same address."""
    q = ket("+" * 10).run()
    taken = Ket.from_shared(q.share())
    assert np.asarray(q).ctypes.data == np.asarray(taken).ctypes.data
