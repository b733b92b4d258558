"""Benches at their smallest, as programs: each ends well, with a file in which nothing is missing."""

import json
import pathlib
import subprocess
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench/python"
COMMANDS = {
    "strategies": ["strategies.py", "4"],
    "sweep": ["sweep.py", "--rows", "8", "--n", "3", "--gates", "7"],
    "cost_model": ["cost_model.py", "--n", "4"],
    "threads": ["threads.py", "--n", "4", "--peers", ""],
}


def run(path, program, *arguments):
    command = [sys.executable, BENCH / program, "--quick", "--json", path, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(path.read_text())


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Text and file of each, by name, and the folder that they are in."""
    folder = tmp_path_factory.mktemp("results")
    found = {name: run(folder / f"bench-{name}.json", *command) for name, command in COMMANDS.items()}
    return folder, found


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_missing(results, name):
    text, found = results[1][name]
    assert found["left"] == []
    assert found["settings"]["quick"]
    records = [r for part in found["parts"].values() for table in part["tables"] for r in table["records"]]
    verdicts = [verdict for part in found["parts"].values() for verdict in part["verdicts"]]
    assert records
    assert verdicts
    for verdict in verdicts:
        assert verdict["requirement"] in text


def test_every_strategy_has_a_row_or_a_reason(results):
    text, found = results[1]["strategies"]
    names = {"sequential", "threads", "batch", "asyncio", "multiprocessing"}
    names |= {"sub-interpreters", "free-threaded"}
    for part in found["parts"].values():
        (table,) = part["tables"]
        assert {record["row"] for record in table["records"]} == names
        for record in table["records"]:
            assert ("speedup" in record) + ("absent" in record) == (record["row"] != "sequential")
            assert f"{record['row']}: " in text or "seconds" in record


def test_the_page_has_the_lines_of_all(results):
    folder, found = results
    text, page = run(folder / "page.json", "comparison.py", "--results", str(folder))
    for _, result in found.values():
        for part in result["parts"].values():
            for verdict in part["verdicts"]:
                assert verdict["requirement"] in text
    assert "sweep: a --quick run" in text
    assert "gil: no file, make bench-gil" in text
    titles = [table["title"] for table in page["parts"]["page"]["tables"]]
    assert any(title.startswith("Each simulator") for title in titles)
    assert any(title.startswith("kernels, 4 items") for title in titles)
