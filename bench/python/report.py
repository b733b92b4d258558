"""What the benches print: aligned tables, and a line for each requirement: was it reached?"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Column = tuple[str, str, str]  # key of the record, title, format


@dataclass
class Verdict:
    """One requirement and whether it was reached."""

    requirement: str
    value: float
    limit: str
    passed: bool
    word: str = "FAIL"

    def __str__(self) -> str:
        word = "PASS" if self.passed else self.word
        return f"{word} {self.requirement}: {self.value:.4g} (limit {self.limit})"


def at_most(requirement: str, value: float, limit: float) -> Verdict:
    return Verdict(requirement, value, f"<= {limit:g}", value <= limit)


def at_least(requirement: str, value: float, limit: float) -> Verdict:
    return Verdict(requirement, value, f">= {limit:g}", value >= limit)


def seeing(requirement: str, value: float, limit: float) -> Verdict:
    """A control that the bench must catch; one that it does not catch makes its other lines worthless."""
    verdict = at_least(requirement, value, limit)
    verdict.word = "BENCH BLIND"
    return verdict


def grid(lines: list[list[str]]) -> list[str]:
    """Columns as wide as they must be: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    found = []
    for line in lines:
        rest = (cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        found.append("  ".join([line[0].ljust(widths[0]), *rest]))
    return found


def print_grid(lines: list[list[str]]) -> None:
    print("\n".join(grid(lines)))


@dataclass
class Table:
    """Records with the columns in which they are shown; a value that is not there is a dash."""

    title: str
    columns: tuple[Column, ...]
    records: list[dict[str, Any]] = field(default_factory=list)
    bar: str = ""  # the column that the plot shows, if any

    def lines(self) -> list[str]:
        cells = [[title for _, title, _ in self.columns]]
        for record in self.records:
            values = ((record.get(key), form) for key, _, form in self.columns)
            cells.append(["-" if value is None else form.format(value) for value, form in values])
        return ["", self.title, *grid(cells)]

    def json(self) -> dict[str, Any]:
        return {"title": self.title, "bar": self.bar, "columns": self.columns, "records": self.records}

    @classmethod
    def read(cls, found: dict[str, Any]) -> "Table":
        """From what json() gave."""
        columns = tuple((key, title, form) for key, title, form in found["columns"])
        return cls(found["title"], columns, found["records"], found["bar"])


def merged(tables: Iterable[Table]) -> list[Table]:
    """Those of one title as one, in the order of their first."""
    found: dict[str, Table] = {}
    for table in tables:
        empty = Table(table.title, table.columns, [], table.bar)
        found.setdefault(table.title, empty).records.extend(table.records)
    return list(found.values())
