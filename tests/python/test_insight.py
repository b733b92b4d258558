"""What ketsim says of the machine: facts, advice, and findings with their cures."""

import re

import pytest
from programs import module, python

import ketsim
from ketsim import _doctor, _machine, _stats, concurrency
from ketsim.concurrency import Workload, recommend

# ---- facts -------------------------------------------------------------------------------------------


def test_info_holds_the_facts_of_ketsim_info():
    facts = concurrency.info()
    assert facts.items() >= {k: v for k, v in ketsim.info().items() if k != "memory_available"}.items()
    assert facts["gil_build"] in ("standard", "free-threaded")
    assert facts["gil"].startswith("on" if facts["gil_enabled"] else "off")
    assert facts["strategy"] == ("main_interpreter" if facts["gil_enabled"] else "free_threading")
    assert facts["reason"]
    assert facts["batch_crossover"] == 18 or facts["batch_crossover_measured"]
    assert 15 <= facts["batch_crossover"] <= 22


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


def test_limits_of_the_address_space_are_those_of_the_process():
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
