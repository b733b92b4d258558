#!/usr/bin/env python3
"""Fail when a link of README.md, core/README.md or docs/ leads nowhere.

A link to a line, [name](../core/run.c#L12), must lead to the line that defines the name.  With --fix such
links are brought up to date instead.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "core/README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[([^\]\[]*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def definition(path: pathlib.Path, name: str) -> int | None:
    """Number of the line that defines a name: not indented, and no declaration."""
    starts = r"(?:def|class) " if path.suffix == ".py" else r"(?:#define |(?:[\w*]+ )+\**)"
    word = re.compile(rf"{starts}{re.escape(name)}\b")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if word.match(line) and not (line.rstrip().endswith(";") and "(" in line):
            return number
    return None


def anchors(path: pathlib.Path) -> set[str]:
    """What links to the headings of a page are called."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problem(page: pathlib.Path, text: str, target: str) -> str | None:
    """What is wrong with a link; None if nothing is."""
    if re.match(r"[a-z]+:", target):
        return None
    file, _, anchor = target.partition("#")
    path = (page.parent / file).resolve() if file else page
    if not path.exists():
        return f"{target}: there is no such file"
    if re.fullmatch(r"L\d+", anchor):
        line = definition(path, text.strip("`()"))
        return None if line == int(anchor[1:]) else f"{text} is not defined there, but in line {line}"
    if anchor and path.suffix == ".md" and anchor not in anchors(path):
        return f"{target}: there is no such heading"
    return None


def fixed(page: pathlib.Path, match: re.Match[str]) -> str:
    """A link with the right line, where it has one."""
    text, target = match.groups()
    file, _, anchor = target.partition("#")
    if not re.fullmatch(r"L\d+", anchor) or not (page.parent / file).exists():
        return match[0]
    line = definition(page.parent / file, text.strip("`()"))
    return f"[{text}]({file}#L{line})" if line else match[0]


def main() -> int:
    found, links = [], 0
    for page in PAGES:
        if "--fix" in sys.argv:
            page.write_text(LINK.sub(lambda match, page=page: fixed(page, match), page.read_text()))
        for text, target in LINK.findall(FENCE.sub("", page.read_text())):
            wrong = problem(page, text, target)
            links += 1
            if wrong:
                found.append(f"{page.relative_to(ROOT)}: [{text}]({target}): {wrong}")
    print("\n".join(found) or f"{links} links lead where they say")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
