"""Print _ketsim.pyi: the template, with a method for every gate as the installed package has it."""

import inspect
import pathlib

from ketsim import Ket, ffi, lib

TEMPLATE = pathlib.Path(__file__).resolve().parents[1] / "bindings/python/_ketsim.pyi.in"
MARK = "    # gates\n"
LONGEST = 111  # of a line, with its end


def parameter(given: inspect.Parameter, angles: list[str]) -> str:
    if given.name == "controls":
        return "controls: _Controls | None = None"
    star = "*" if given.kind is inspect.Parameter.VAR_POSITIONAL else ""
    return f"{star}{given.name}: {'_Angle' if given.name in angles else '_Qubit'}"


def parameters(name: str, angles: list[str]) -> list[str]:
    """The runtime's signature, with types: angles are numbers, all else are qubits."""
    given = list(inspect.signature(getattr(Ket, name)).parameters.values())
    parts = ["self", *(parameter(p, angles) for p in given[1:])]
    last_positional = max(k for k, p in enumerate(given) if p.kind is inspect.Parameter.POSITIONAL_ONLY)
    parts.insert(last_positional + 1, "/")
    if not any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in given):
        parts.insert(len(parts) - 1, "*")
    return parts


def text(pointer) -> str:
    return ffi.string(pointer).decode()


def gate_lines() -> str:
    lines = ""
    for gate in range(lib.KETSIM_GATE_COUNT):
        row = lib.ketsim_gate_lookup(gate)
        name = text(row.name)
        angles = text(row.angles).split(", ")
        given = parameters(name, angles)
        line = f"    def {name}({', '.join(given)}) -> Self: ...\n"
        if len(line) > LONGEST:
            wrapped = "".join(f"        {p},\n" for p in given)
            line = f"    def {name}(\n{wrapped}    ) -> Self: ...\n"
        lines += line
        lines += "".join(f"    {alias} = {name}\n" for alias in text(row.aliases).split())
    return lines


if __name__ == "__main__":
    template = TEMPLATE.read_text()
    if template.count(MARK) != 1:
        raise SystemExit(f"{TEMPLATE.name}: must have one line {MARK.strip()!r}")
    print(template.replace(MARK, gate_lines()), end="")
