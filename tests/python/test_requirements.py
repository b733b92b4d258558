"""docs/requirements.md has every row once, in a known state, and names files and make targets that exist."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/requirements.md"
ROW = re.compile(r"^\| ([A-EX]\d\d) \| (.+?) \| (.+?) \|(.*)\|$", re.MULTILINE)
COUNTS = {"A": 25, "B": 19, "C": 9, "D": 32, "E": 23, "X": 9}
STATES = {"met", "bench", "part", "not yet", "declined"}


def rows():
    return ROW.findall(PAGE.read_text())


def test_every_row_is_there_once():
    assert [name for name, *_ in rows()] == [
        f"{letter}{k:02}" for letter, count in COUNTS.items() for k in range(1, count + 1)
    ]


def test_states_are_known_and_explained():
    for name, _, state, where in rows():
        assert state in STATES, name
        assert where.strip() or state == "not yet", name


def test_files_exist():
    links = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text())
    assert [link for link in links if not (PAGE.parent / link).exists()] == []


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"`make ([a-z-]+)", PAGE.read_text()))
    assert targets
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_a_row_that_a_bench_decides_names_it():
    for name, _, state, where in rows():
        assert state != "bench" or "`make " in where, name
