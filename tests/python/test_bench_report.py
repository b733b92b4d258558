"""The arithmetic and the formats of the benches, on made-up times."""

import argparse
import json
import math
import pathlib
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench/python"
sys.path.append(str(BENCH))  # behind this folder, which has modules of the same names

import machine  # noqa: E402
import native  # noqa: E402
from heartbeat import Beats, beats_during  # noqa: E402
from report import Table, at_least, at_most, seeing  # noqa: E402
from script import Report, tables_in, verdicts_in  # noqa: E402
from speedup import COLUMNS, Row, Sample, block, means, percentile, sample, samples  # noqa: E402

ALONE = Row("sequential", 100, [Sample(2.0, 2.0), Sample(2.2, 2.2), Sample(2.1, 2.1)])
PAIR = Row("threads", 100, [Sample(1.1, 2.0), Sample(1.25, 2.3), Sample(1.2, 2.2)])


# ---- arithmetic ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 50), (0.9, 90), (0.99, 99), (0.999, 100), (1, 100)]
)
def test_percentile_is_a_sample(share, value):
    assert percentile(list(range(100, 0, -1)), share) == value


def test_percentile_of_nothing():
    assert math.isnan(percentile([], 0.5))


def test_both_means_are_labeled():
    assert means([1.0, 4.0]) == "Average speed-up: 2.50x (arithmetic mean), 2.00x (geometric mean)"
    assert means([]) == "no speed-up was measured"


def test_speedup_and_efficiency():
    assert PAIR.speedup(ALONE) == pytest.approx(2.0 / 1.1)
    assert PAIR.cores_used == pytest.approx(2.0 / 1.1)
    assert PAIR.efficiency(ALONE) == pytest.approx(1.0)


def test_speedup_is_an_item_s():
    assert Row("half of it", 50, [Sample(1.0, 1.0)]).speedup(ALONE) == pytest.approx(1.0)


def test_repetitions_without_the_cores_are_dropped_and_counted():
    row = Row("threads", 10, [Sample(1.0, 2.0), Sample(0.9, 1.7), Sample(0.8, 1.0)])
    assert row.kept == [Sample(1.0, 2.0), Sample(0.9, 1.7)]
    assert row.best.wall == 0.9
    assert row.median_wall == pytest.approx(0.95)
    assert row.record(None)["dropped"] == 1


def test_no_verdict_beside_a_starved_baseline():
    starved = Row("sequential", 100, [Sample(4.0, 2.0)])
    verdict = PAIR.reaches("efficiency", starved, 0.9)
    assert not verdict.passed
    assert str(verdict) == ("NOT MEASURED efficiency (sequential had 0.50 of a core): 2 (limit >= 0.9)")
    assert PAIR.reaches("efficiency", ALONE, 0.9).passed
    assert not PAIR.reaches("efficiency", ALONE, 1.01).passed


def test_sample_adds_what_others_worked():
    assert sample(lambda: 5.0).cpu >= 5.0
    assert len(samples(lambda: None, 3)) == 3


def test_share_of_beats_and_lateness():
    beats = Beats([0.0, 1e6, 3e6], 6)
    beats.add(Beats([2e6], 2))
    assert (beats.late_ms(0.5), beats.late_ms(1.0), beats.served) == (1.0, 3.0, 0.5)
    assert Beats().served == 0


def test_heartbeat_beats():
    done = []
    beats = beats_during(lambda: done.append(sum(range(10**6))))
    assert done
    assert beats.due >= len(beats.late_ns)
    assert all(late >= 0 for late in beats.late_ns)


# ---- formats ------------------------------------------------------------------------------------------


def test_verdict_lines():
    assert str(at_most("latency, ms", 3.14159, 20)) == "PASS latency, ms: 3.142 (limit <= 20)"
    assert str(at_least("efficiency", 0.8, 0.9)) == "FAIL efficiency: 0.8 (limit >= 0.9)"
    assert str(seeing("control", 0.1, 0.8)) == "BENCH BLIND control: 0.1 (limit >= 0.8)"
    assert str(seeing("control", 0.9, 0.8)) == "PASS control: 0.9 (limit >= 0.8)"


def test_block_of_two_rows():
    assert "\n".join(block("3. run_batch, n=10", ALONE, PAIR)) == (
        "3. run_batch, n=10\n"
        "  Sequential: 2.000 s (50.0 items/s)\n"
        "  Parallel:   1.100 s (90.9 items/s)\n"
        "  SPEEDUP:    1.82x\n"
        "  cores used: 1.82, efficiency 1.00"
    )


def test_strategy_table():
    absent = Row("free-threaded", 100, absent="this build of Python has a GIL")
    table = Table("kernels", COLUMNS, [ALONE.record(None), PAIR.record(ALONE), absent.record(ALONE)])
    assert "\n".join(table.lines()) == (
        "\n"
        "kernels\n"
        "Strategy       Duration s  median s  Items  Items/s  Speed-up  cores used  efficiency  dropped\n"
        "sequential         2.0000    2.1000    100     50.0         -        1.00           -        0\n"
        "threads            1.1000    1.2000    100     90.9     1.82x        1.82        1.00        0\n"
        "free-threaded           -         -    100        -         -           -           -        -"
    )


PRINTED = """ketsim 0.1.0, 2 threads

| row                     | unit  |       best |     median | speed-up |  cores |   eff. |
| 1P1C, mutex             | ns    |      30.71 |      31.74 |        - |      - |      - |
PASS queue, 1P1C, ns a transfer: 15.29 (limit <= 50)
| 1P1C, ours              | ns    |      15.29 |      16.16 |     2.01 |      - |      - |
FAIL CPU of 64 waiting threads, % of a core: 84.5 (limit <= 2)
"""


def test_what_a_native_bench_printed_is_read_back():
    table, verdicts = native.read(PRINTED.splitlines(), "queue", "best")
    assert [record["row"] for record in table.records] == ["1P1C, mutex", "1P1C, ours"]
    assert table.records[0]["speed-up"] is None
    assert table.records[1]["speed-up"] == 2.01
    assert [str(verdict) for verdict in verdicts] == [
        line for line in PRINTED.splitlines() if line.startswith(("PASS", "FAIL"))
    ]


# ---- result files, and the parts of a bench --------------------------------------------------------


def arguments(path, **more):
    found = {"quick": False, "strict": False, "json": path, "plot": None, "samples": 7}
    return argparse.Namespace(**found | {"parts": None, "minutes": None} | more)


def bench(done, *names):
    """A report, and parts that say their name, once each."""
    report = None

    def begin(args):
        nonlocal report
        report = Report("x", args)
        return report.run({name: lambda name=name: part(name) for name in names})

    def part(name):
        if name == "stop":
            raise KeyboardInterrupt
        done.append(name)
        report.table(Table("kernels", COLUMNS, [ALONE.record(None) | {"row": name}], "seconds"))
        report.verdict(at_most(f"{name}'s number", len(name), 5))

    return begin


@pytest.mark.parametrize(("strict", "status"), [(False, 0), (True, 1)])
def test_result_file(tmp_path, capsys, strict, status):
    path = tmp_path / "new/x.json"
    assert bench([], "short", "longer")(arguments(path, strict=strict)) == status
    found = json.loads(path.read_text())
    assert (found["bench"], found["left"]) == ("x", [])
    facts = {"cpu", "cores", "versions", "commit", "command", "date", "load before", "load after"}
    assert facts <= set(found["machine"])
    assert {"date", "seconds", "load before", "load after"} == set(found["parts"]["longer"]["facts"])
    assert [verdict.passed for verdict in verdicts_in(found)] == [True, False]
    assert "FAIL longer's number: 6 (limit <= 5)" in capsys.readouterr().out


def test_tables_of_one_title_are_one(tmp_path):
    bench([], "a", "b")(arguments(tmp_path / "x.json"))
    (table,) = tables_in(json.loads((tmp_path / "x.json").read_text()))
    assert [record["row"] for record in table.records] == ["a", "b"]
    assert table.columns == COLUMNS
    assert table.records[0]["samples"] == [[2.0, 2.0], [2.2, 2.2], [2.1, 2.1]]


def test_a_stop_keeps_what_was_measured_and_the_next_run_goes_on(tmp_path, capsys):
    done, path = [], tmp_path / "x.json"
    assert bench(done, "a", "stop", "c")(arguments(path)) == 130
    assert json.loads(path.read_text())["left"] == ["stop", "c"]
    assert bench(done, "a", "c")(arguments(path)) == 0
    assert done == ["a", "c"]
    assert capsys.readouterr().out.count("PASS a's number") == 3  # measured; read again; and at the end
    found = json.loads(path.read_text())
    assert (list(found["parts"]), found["left"]) == (["a", "c"], [])
    bench(done, "a", "c")(arguments(path))
    assert done == ["a", "c", "a", "c"]  # nothing was left: all anew


def test_minutes_and_parts(tmp_path):
    done, path = [], tmp_path / "x.json"
    assert bench(done, "a", "b")(arguments(path, minutes=-1)) == 0
    assert (done, json.loads(path.read_text())["left"]) == ([], ["a", "b"])
    bench(done, "a", "b")(arguments(path, parts="b"))
    bench(done, "a", "b")(arguments(path, parts="b"))
    assert (done, json.loads(path.read_text())["left"]) == (["b", "b"], ["a"])
    bench(done, "a", "b")(arguments(path))
    assert done == ["b", "b", "a"]
    with pytest.raises(SystemExit, match="must be of a, b"):
        bench(done, "a", "b")(arguments(path, parts="c*"))


def test_other_settings_begin_anew(tmp_path):
    done, path = [], tmp_path / "x.json"
    bench(done, "a", "stop")(arguments(path))
    bench(done, "a", "b")(arguments(path, samples=9))
    assert done == ["a", "a", "b"]


def test_arguments_as_others_can_use_them(tmp_path):
    (tmp_path / "python3.99").touch()
    (tmp_path / "python").symlink_to(tmp_path / "python3.99")
    assert machine.shown(str(tmp_path / "python")) == "python3.99"
    assert machine.shown(str(machine.ROOT / "build/x.json")) == "build/x.json"
    assert machine.shown(str(tmp_path / "x.json")) == "x.json"
    assert machine.shown("--quick") == "--quick"
