"""Profiles: their stages add up to the wall time, say what happened, and change nothing."""

import json
import threading
import time

import pytest

import ketsim
from ketsim import CancelToken, Circuit, ket

GATES = [("RX", 0.1 * k, k % 14) for k in range(60)] + [("CNOT", k % 14, (k + 3) % 14) for k in range(60)]


def best_gap(call, tries=7):
    """Least share of the wall time of a call that its profile does not explain, of some tries."""
    gaps = []
    for _ in range(tries):
        with ketsim.profile() as p:
            start = time.monotonic_ns()
            call()
            wall = time.monotonic_ns() - start
        assert start <= p.calls[0].begin_ns
        total = sum(one.total_ns for one in p.calls)
        assert total <= wall
        gaps.append(1 - total / wall)
    return min(gaps)


def test_the_stages_add_up_to_the_wall_time():
    q = ket(18).H(*range(18)).run()
    gates = [("RX", 0.1, k % 18) for k in range(100)]
    assert best_gap(lambda: q.apply_gates(gates)) < 0.05
    assert best_gap(lambda: q.run()) >= 0  # nothing queued: all of it is overhead
    circuit = Circuit(18).apply_gates(gates)
    assert best_gap(lambda: q.apply(circuit)) < 0.05
    assert best_gap(ket(21).H(0).run().norm) < 0.05  # of a quick read more is what Python needs to call it


def test_the_stages_of_a_run():
    q = ket(18).H(*range(18)).run()
    with ketsim.profile() as p:
        q.apply_gates([("RX", 0.1, k % 18) for k in range(100)])
    (call,) = p.calls
    assert call.name == "apply_gates"
    assert call.thread == threading.get_ident()
    assert (call.runs, call.qubits, call.succeeded) == (1, 18, True)
    assert call.passes >= 1
    for stage in ("validate", "cross", "plan", "clone", "passes", "commit", "return"):
        assert call.stages[stage] > 0, stage
    assert call.stages["passes"] > call.total_ns / 2
    assert call.gil_wait_ns <= call.total_ns


def test_a_read_runs_the_queue_and_says_so():
    with ketsim.profile() as p:
        ket(14).H(0).counts(10, seed=1)
    (call,) = p.calls
    assert call.name == "read"
    assert call.runs == 1
    assert call.stages["passes"] > 0
    assert call.stages["read"] > 0


def test_waiting_for_another_thread_is_waiting():
    q = ket(16, on_busy="wait").H(*range(16)).run()
    held, seconds = threading.Event(), 0.05

    def hold():
        with q.edit():
            held.set()
            time.sleep(seconds)

    other = threading.Thread(target=hold)
    with ketsim.profile() as p:
        other.start()
        held.wait()
        q.apply_gates([("H", 0)])
        other.join()
    (call,) = [call for call in p.calls if call.name == "apply_gates"]
    assert call.stages["wait"] > 0.5e9 * seconds
    assert call.stages["wait"] > call.total_ns / 2


def test_calls_that_fail_are_recorded_and_raise():
    token = CancelToken()
    token.cancel()
    q = ket(14).H(0)
    with ketsim.profile() as p, pytest.raises(ketsim.Cancelled):
        q.run(cancel=token)
    assert [(call.name, call.succeeded) for call in p.calls] == [("run", False)]
    assert q.pending == 1


def test_results_do_not_depend_on_the_profile():
    def amplitudes():
        return bytes(memoryview(ket(14).apply_gates(GATES).RY(0.3, 2)))

    plain = amplitudes()
    with ketsim.profile():
        assert amplitudes() == plain


def test_progress_is_time_of_its_own():
    q = ket(21)
    for k in range(400):
        q.RX(0.1, k % 21).CNOT(k % 21, (k + 1) % 21)
    seen = []

    def progress(done):
        seen.append(done)
        time.sleep(0.002)

    with ketsim.profile() as p:
        q.run(progress=progress, threads=1)
    assert p.calls[0].stages["poll"] >= 2e6 * len(seen) > 0


def test_only_one_profile_records():
    with ketsim.profile() as outer:
        with pytest.raises(ketsim.Error, match="only one"), ketsim.profile():
            pass
        ket(2).H(0).run()
    assert len(outer.calls) == 1
    ket(2).H(0).run()
    assert len(outer.calls) == 1
    with ketsim.profile() as again:
        pass
    assert again.calls == []


def test_threads_are_recorded_apart():
    def work():
        ket(12).apply_gates([("H", k % 12) for k in range(50)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    with ketsim.profile() as p:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(p.calls) == 8
    assert {call.name for call in p.calls} == {"apply_gates"}


def test_the_table_has_a_line_a_call():
    with ketsim.profile() as p:
        ket(4).H(0).run().apply_gates([("X", 1)])
    assert [line.split()[0] for line in str(p).splitlines()] == ["call", "run", "apply_gates"]


def test_the_trace_nests(tmp_path):
    with ketsim.profile() as p:
        ket(14).apply_gates(GATES).H(0).run()
    p.save(tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert {event["ph"] for event in events} == {"X"}
    assert all({"name", "ts", "dur", "pid", "tid"} <= event.keys() for event in events)
    calls = [event for event in events if "args" in event]
    assert [event["name"] for event in calls] == ["apply_gates", "run"]
    for stage in (event for event in events if "args" not in event):
        assert any(
            call["ts"] - 1e-3 <= stage["ts"] and stage["ts"] + stage["dur"] <= call["ts"] + call["dur"] + 1e-3
            for call in calls
        )
