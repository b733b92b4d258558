"""The Python in README.md and docs/ runs: whole programs, and sessions with what they print."""

import doctest
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FIGURES = re.compile(r"^from ketsim import .*\bplot\b", re.MULTILINE)
IMPORT = re.compile(r"^(import|from) ketsim\b", re.MULTILINE)


def blocks():
    """(page:line, text) of every block marked as Python."""
    for page in PAGES:
        if page.exists():
            text = page.read_text()
            for match in BLOCK.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{page.relative_to(ROOT)}:{line}", match[1]


TO_RUN = {name: text for name, text in blocks() if ">>>" in text or IMPORT.search(text)}


def run_session(name, text):
    report = []
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    assert doctest.DocTestRunner(optionflags=options).run(test, out=report.append).failed == 0, "".join(
        report
    )


def run_program(text, folder):
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_readme_has_a_program_to_run():
    assert any(name.startswith("README.md") for name in TO_RUN)


@pytest.mark.parametrize("name", TO_RUN)
def test_block_runs(name, tmp_path):
    if FIGURES.search(TO_RUN[name]):
        pytest.importorskip("matplotlib")
    if ">>>" in TO_RUN[name]:
        run_session(name, TO_RUN[name])
    else:
        run_program(TO_RUN[name], tmp_path)
