"""Every C function has a level in docs/c-threads.md, every row is of some, and the levels are the page's."""

import pathlib
import re
from fnmatch import fnmatchcase

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/c-threads.md").read_text()
LEVELS = re.findall(r"^\| (\w+) \| [^|]+ \|$", PAGE, re.MULTILINE)
ROWS = [
    (re.findall(r"`([a-z_*]+)`", names), level)
    for names, level in re.findall(r"^\| (`ketsim_[^|]+) \| (\w+) \| [^|]+ \|$", PAGE, re.MULTILINE)
]


def functions():
    headers = [ROOT / "include/ketsim.h", *sorted((ROOT / "include/ketsim").glob("*.h"))]
    text = " ".join(header.read_text() for header in headers)
    return re.findall(r"KETSIM_API\b[^;(]*?(ketsim_\w+)\(", text)


def test_levels_are_those_of_the_page():
    assert {"constant", "atomic", "shared", "writer", "thread", "process", "last"} == set(LEVELS) - {"level"}
    assert {level for _, level in ROWS} == set(LEVELS) - {"level"}


def test_every_function_has_a_level_and_every_name_is_needed():
    patterns = [pattern for names, _ in ROWS for pattern in names]
    found = functions()
    assert len(found) > 150
    first = {name: next((p for p in patterns if fnmatchcase(name, p)), None) for name in found}
    assert [name for name, pattern in first.items() if pattern is None] == []
    assert sorted(set(patterns) - set(first.values())) == []
