"""What ketsim says of itself: facts, advice, findings, totals, profiles; each against another source."""

import json
import os
import re
import threading
import time

import pytest
from programs import module, python

import ketsim
from ketsim import CancelToken, Circuit, _doctor, _machine, _stats, concurrency, ket, run_batch
from ketsim.concurrency import Workload, recommend

GATES = [("RX", 0.1 * k, k % 14) for k in range(60)] + [("CNOT", k % 14, (k + 3) % 14) for k in range(60)]

# ---- facts -------------------------------------------------------------------------------------------


def test_info_holds_the_facts_of_ketsim_info():
    facts = concurrency.info()
    assert facts.items() >= {k: v for k, v in ketsim.info().items() if k != "memory_available"}.items()
    assert facts["gil_build"] in ("standard", "free-threaded")
    assert facts["gil"].startswith("on" if facts["gil_enabled"] else "off")
    assert facts["strategy"] == ("main_interpreter" if facts["gil_enabled"] else "free_threading")
    assert facts["reason"]


def test_the_runtime_in_use_is_among_the_loaded():
    facts = concurrency.info()
    stem = facts["openmp"].removeprefix("lib")
    assert any(re.search(rf"/lib{stem}[-.]", file) for file in facts["openmp_runtimes"])


def test_print_info_has_a_line_a_fact(capsys):
    concurrency.print_info()
    assert len(capsys.readouterr().out.splitlines()) == len(concurrency.info())


# ---- advice ------------------------------------------------------------------------------------------

ADVICE = [
    (Workload(1, 20, 10), "chain"),
    (Workload(1, 20, 1000), "apply_gates"),
    (Workload(1000, 10, 100), "run_batch"),
    (Workload(2, 24, 100), "run_batch"),
    (Workload(1000, 4, 10, known=False), "apply_gates"),
    (Workload(100, 16, 200, known=False), "threads"),
    (Workload(100, 22, 200, known=False), "apply_gates"),
    (Workload(100, 40, 200, known=False), "apply_gates"),
]


@pytest.mark.parametrize(("workload", "strategy"), ADVICE)
def test_advice(workload, strategy):
    assert recommend(workload).strategy == strategy
    assert recommend(workload).reason


@pytest.mark.parametrize(
    ("gil", "interpreters", "strategy"),
    [(False, None, "free-threaded"), (True, "some", "sub-interpreters"), (True, None, "processes")],
)
def test_advice_for_python(monkeypatch, gil, interpreters, strategy):
    monkeypatch.setattr(_machine, "gil_enabled", lambda: gil)
    monkeypatch.setattr(_machine, "own_gil_interpreters", lambda: interpreters)
    assert recommend(Workload(100, 10, 100, python_heavy=True)).strategy == strategy


@pytest.mark.parametrize("bad", [{"circuits": 0}, {"qubits": 0}, {"qubits": 41}, {"gates": -1}])
def test_workload_that_makes_no_sense(bad):
    with pytest.raises(ValueError, match=f"{next(iter(bad))} .*must be"):
        recommend(Workload(**bad))


@pytest.mark.parametrize("bad", [{"circuits": 1.5}, {"qubits": "3"}, {"gates": True}])
def test_workload_of_other_types(bad):
    with pytest.raises(TypeError, match="must be int"):
        recommend(Workload(**bad))


# ---- findings ----------------------------------------------------------------------------------------


@pytest.fixture
def sound(monkeypatch):
    """Facts of a machine on which there is nothing to find."""
    for name in ("KETSIM_NUM_THREADS", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_machine, "memory_limits", dict)
    return concurrency.info() | {
        "threads": 4, "cores": 4, "affinity": 4, "cgroup_quota": None,
        "openmp_runtimes": ("/lib/libgomp.so.1",),
        "openmp": "libgomp", "huge_pages": "madvise", "start_method": "spawn", "memory_available": 2**34,
        "gil_build": "standard", "gil_enabled": True, "numpy": "2",
    }  # fmt: skip


def test_nothing_is_found_on_a_sound_machine(sound):
    assert _doctor.findings(sound) == []


FOUND = [
    ({"threads": 9}, "warning", "oversubscription: 9 threads on 4 cores"),
    ({"cgroup_quota": 2.0}, "warning", "oversubscription: 4 threads on 2 cores"),
    ({"cgroup_quota": 2.5, "threads": 2}, "warning", "grants 2.5 of 4 cores"),
    ({"cgroup_quota": 2.0, "threads": 2}, "note", "grants 2 of 4 cores"),
    ({"openmp_runtimes": ("a/libgomp.so", "b/libomp.so")}, "warning", "2 OpenMP runtimes"),
    ({"huge_pages": "never"}, "warning", "huge pages are off"),
    ({"memory_available": 0}, "error", "no memory"),
    ({"gil_build": "free-threaded"}, "warning", "with a GIL"),
    ({"numpy": None}, "note", "NumPy is not installed"),
]


@pytest.mark.parametrize(("changed", "severity", "what"), FOUND)
def test_finding(sound, changed, severity, what):
    found = _doctor.findings(sound | changed)
    assert any(f.severity == severity and what in f.what and f.cure for f in found), found
    assert found[0].severity == max((f.severity for f in found), key=_doctor.SEVERITIES.index)


SPINNING = [
    ({"OMP_WAIT_POLICY": "ACTIVE"}, "warning", "spin"),
    ({"GOMP_SPINCOUNT": "infinite"}, "warning", "spin"),
    ({"GOMP_SPINCOUNT": "30000000000"}, "warning", "spin"),
    ({"OMP_WAIT_POLICY": "passive"}, "note", "passive"),
    ({"OMP_NUM_THREADS": "2"}, "note", "OMP_NUM_THREADS leaves 2 of 4"),
    ({"KETSIM_NUM_THREADS": "2", "OMP_NUM_THREADS": "9"}, "note", "KETSIM_NUM_THREADS leaves"),
]


@pytest.mark.parametrize(("environment", "severity", "what"), SPINNING)
def test_finding_in_the_environment(sound, monkeypatch, environment, severity, what):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    threads = 2 if "NUM_THREADS" in str(environment) else 4
    found = _doctor.findings(sound | {"threads": threads})
    assert [(f.severity, what in f.what) for f in found] == [(severity, True)], found


def test_a_short_spin_is_fine(sound, monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "1000")
    assert _doctor.findings(sound) == []


def test_forks_are_worse_once_there_are_threads(sound, monkeypatch):
    totals = dict.fromkeys(_stats.counters(), 0)
    for workers, severity in ((0, "note"), (1, "warning")):
        monkeypatch.setattr(_stats, "counters", lambda workers=workers: totals | {"workers": workers})
        assert [f.severity for f in _doctor.findings(sound | {"start_method": "fork"})] == [severity]


def test_memory_limit_is_named(sound, monkeypatch):
    monkeypatch.setattr(_machine, "memory_limits", lambda: {"control group": 2**30})
    (found,) = _doctor.findings(sound)
    assert "control group limits memory to 1.0 GiB" in found.what


def test_memory_limits_are_those_of_the_process():
    code = """
import resource
from ketsim import _machine
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
print(_machine.memory_limits()["address space (ulimit -v)"] == 8 << 30)
"""
    assert python(code).split() == ["True"]


def test_doctor_on_the_command_line():
    done = module("doctor")
    assert done.returncode in (0, 1), done.stderr
    worst = done.returncode
    assert ("warning:" in done.stdout) == (worst == 1)
    assert module("doctor", "--with", "json").stdout == done.stdout
    unknown = module("doctor", "--with", "no_such_module")
    assert unknown.returncode == 2
    assert "no_such_module" in unknown.stderr


def test_doctor_sees_oversubscription():
    done = module("doctor", KETSIM_NUM_THREADS="1000")
    assert done.returncode == 1
    assert done.stdout.startswith("warning: oversubscription: 1000 threads")
    assert "unset KETSIM_NUM_THREADS" in done.stdout


# ---- totals ------------------------------------------------------------------------------------------


def test_stats_has_every_counter_and_each_has_a_help_text():
    fields = {name for name, _ in ketsim.ffi.typeof("ketsim_counters").fields}
    assert fields <= ketsim.stats().keys()
    assert set(_stats.counters()) == set(_stats._METRICS)


def test_one_call_is_one_clone_and_one_transaction():
    q = ket(14).H(*range(14)).run()
    ketsim.stats(reset=True)
    q.apply_gates(GATES)
    now = ketsim.stats()
    assert (now["runs"], now["clones"], now["operations"]) == (1, 1, len(GATES))
    assert now["passes_per_operation"] == now["passes"] / len(GATES)
    assert 0 <= now["gil_held_share"] <= 1


def test_reset_leaves_what_stands_and_nothing_else():
    ket(14).apply_gates(GATES)
    before = ketsim.stats(reset=True)
    after = ketsim.stats()
    for name, (kind, _) in _stats._METRICS.items():
        assert after[name] == 0 if kind == "counter" else after[name] == before[name], name
    assert after["plan_hit_rate"] is None


def test_stops_and_busy_states_are_counted():
    token, q = CancelToken(), ket(14).H(0)
    token.cancel()
    ketsim.stats(reset=True)
    with pytest.raises(ketsim.Cancelled):
        q.run(cancel=token)
    deep = ket(22)
    for k in range(3000):
        deep.RX(0.1, k % 22).CNOT(k % 22, (k + 1) % 22)
    with pytest.raises(ketsim.DeadlineExceeded):
        deep.run(timeout_ms=5)
    with q.edit(), pytest.raises(ketsim.StateBusyError):
        q.H(0)
    now = ketsim.stats()
    assert (now["cancels"], now["timeouts"], now["busy"]) == (1, 1, 1)


def test_batches_are_counted():
    ketsim.stats(reset=True)
    run_batch([Circuit(12).apply_gates([("H", k % 12) for k in range(200)]) for _ in range(40)])
    now = ketsim.stats()
    assert (now["batches"], now["jobs"]) == (1, 40)
    health = ketsim.health()
    assert health["ok"]
    assert health["problems"] == []
    assert health["pool"] in ("idle", "working") or os.cpu_count() == 1
    assert 0 <= health["queue_depth"] <= health["queue_capacity"]
    assert health["pid"] == os.getpid()


def test_health_names_what_is_wrong(monkeypatch):
    totals = _stats.counters() | {"tickets": ketsim.lib.KETSIM_TICKETS}
    monkeypatch.setattr(_stats, "counters", lambda: totals)
    health = ketsim.health()
    assert not health["ok"]
    assert "queue" in health["problems"][0]


# ---- the text format of Prometheus, 0.0.4 ------------------------------------------------------------

METRIC = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*")*,?\}'
SAMPLE = re.compile(rf"({METRIC})({LABELS})? ([^ ]+)(?: -?\d+)?")


def parse_exposition(text):
    """name -> (type, value); asserts every rule of the format that concerns counters and gauges."""
    assert text.endswith("\n")
    helped, kinds, samples = set(), {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helped
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped")
            assert name not in kinds
            assert name not in samples, "TYPE comes before the samples"
            kinds[name] = kind
        elif line and not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] + (match[2] or "") not in samples
            samples[match[1]] = float(match[3])
    assert set(samples) == set(kinds) == helped
    return {name: (kinds[name], value) for name, value in samples.items()}


def test_prometheus_text_is_valid():
    ket(14).apply_gates(GATES)
    found = parse_exposition(ketsim.prometheus())
    assert found["ketsim_info"] == ("gauge", 1)
    assert all(name.endswith("_total") for name, (kind, _) in found.items() if kind == "counter")
    assert len(found) == len(_stats.counters()) + 1
    assert all(value >= 0 for _, value in found.values())


def test_prometheus_counters_never_go_back():
    before = parse_exposition(ketsim.prometheus())
    ketsim.stats(reset=True)
    ket(14).apply_gates(GATES)
    after = parse_exposition(ketsim.prometheus())
    assert all(after[name][1] >= value for name, (kind, value) in before.items() if kind == "counter")
    assert after["ketsim_runs_total"][1] == before["ketsim_runs_total"][1] + 1
    assert after["ketsim_operations_total"][1] == before["ketsim_operations_total"][1] + len(GATES)


# ---- profiles ----------------------------------------------------------------------------------------


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
    assert best_gap(q.norm) < 0.05


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
