"""Totals, health, and the text for Prometheus, which a parser of that format reads."""

import os
import re

import pytest

import ketsim
from ketsim import CancelToken, Circuit, _stats, ket, run_batch

GATES = [("RX", 0.1 * k, k % 14) for k in range(60)] + [("CNOT", k % 14, (k + 3) % 14) for k in range(60)]


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


def test_a_list_clones_once_where_gates_one_by_one_clone_each_time():
    gates = [("H", 0), ("CNOT", 0, 1), ("H", 1)]

    def counted(q, act):
        ketsim.stats(reset=True)
        act(q)
        now = ketsim.stats()
        return now["runs"], now["clones"], now["operations"], now["passes"]

    def one_by_one(q):
        for name, *qubits in gates:
            getattr(q, name)(*qubits)

    start = ket("+" * 14).RX(0.1, *range(14)).run()
    runs, clones, operations, passes = counted(start.copy(), lambda q: q.apply_gates(gates))
    assert (runs, clones, operations) == (1, 1, 3)
    assert passes <= 3
    eager = ket.from_amplitudes(start.amplitudes(), eager=True)
    assert counted(eager, one_by_one)[:3] == (3, 3, 3)


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
