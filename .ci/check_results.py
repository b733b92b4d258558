#!/usr/bin/env python3
"""Fail when a number in README.md or docs/ has no file, or a file in bench/results no name to be found by.

A section that holds a time, a rate or "times as" must link to a file in bench/results, unless all it holds
are constants of the code. A file's name says bench, machine and commit; the bench must have a row with its
command in bench/results/README.md, and a JSON file must say the same commit, of a tree without changes, and
how it was called.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NAME = re.compile(r"([a-z_]+)(?:-\d+)?(?:-complex\d+)?-\w+(?:-\w+)*-\d+c-\w+-([0-9a-f]{7})\.(?:json|txt|png)")
NUMBER = re.compile(r"\b(\d[\d.,]* ?(?:ns|µs|us|ms|GB/s))(?!\w)|\b(times as \w+)")
CONSTANTS = {"20 ms", "2 µs", "5 ms"}  # a slice; from where the GIL is let go; Python's switch interval
COUNTED = {"operators.md": {"times as long"}}  # follows from the number of operations
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PLACES = re.compile(r"/(?:root|home|tmp|work)/")


def commands() -> set[str]:
    """Benches that the table in bench/results/README.md gives a command for."""
    rows = re.findall(r"^\| (`[^|]*`) \|.*`.*\|$", (RESULTS / "README.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}


def wrong_file(path: pathlib.Path, benches: set[str]) -> str | None:
    """What is wrong with a file of results; None if nothing is."""
    name = NAME.fullmatch(path.name)
    if not name:
        return "is not named BENCH-SIZE-DTYPE-MACHINE-COMMIT"
    if name[1] not in benches:
        return f"{name[1]} has no command in README.md"
    if path.suffix == ".png":
        return None
    text = path.read_text()
    if PLACES.search(text):
        return f"names a folder of one machine: {PLACES.search(text)[0]}"
    facts = json.loads(text)["machine"] if path.suffix == ".json" else None
    if facts and (facts["commit"][:7] != name[2] or "changes" in facts["commit"] or not facts["command"]):
        return f"was measured at commit {facts['commit']} by {facts['command']!r}"
    return None


def bare_numbers(page: pathlib.Path) -> list[str]:
    """Sections with numbers and no file."""
    found = []
    for section in re.split(r"(?m)^(?=#)", FENCE.sub("", page.read_text())):
        numbers = {first or second for first, second in NUMBER.findall(section)}
        numbers -= CONSTANTS | COUNTED.get(page.name, set())
        if numbers and "bench/results/" not in section:
            heading, missing = section.splitlines()[0], ", ".join(sorted(numbers))
            found.append(f"{heading}: no file in bench/results for {missing}")
    return found


def lost(page: pathlib.Path) -> list[str]:
    """Files that a page names and that are not there."""
    names = {match[0] for match in NAME.finditer(page.read_text())}
    return [f"{name}: not in bench/results" for name in sorted(names) if not (RESULTS / name).exists()]


def main() -> int:
    found, benches = [], commands()
    files = [path for path in sorted(RESULTS.iterdir()) if path.name != "README.md"]
    for path in files:
        wrong = wrong_file(path, benches)
        found += [f"bench/results/{path.name}: {wrong}"] if wrong else []
    for page in PAGES:
        found += [f"{page.relative_to(ROOT)}: {wrong}" for wrong in bare_numbers(page) + lost(page)]
    print("\n".join(found) or f"{len(files)} files of results, and every number has one")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
