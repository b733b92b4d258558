"""Print docs/gates.md: every row of the gate table, from the installed package.

Names, signatures and sentences come from the library.  Matrices come as formulas from the ketsim_gates.def
that is installed beside it; each is evaluated and compared with the library's numbers before it is printed.
"""

import ast
import cmath
import math
import pathlib
import re
from collections.abc import Iterator

import ketsim
from ketsim import ffi, lib

SAMPLE_ANGLES = (0.37, -1.21, 2.53)
PREAMBLE = """\
# Gates

<!-- Written by `make gates-page` from the gate table; do not edit. -->

Every gate is one row of [ketsim_gates.def](../include/ketsim_gates.def). Arguments go angles first (radians),
then controls, then targets. In a matrix the first target is the most significant bit of the row index;
controls are left out: the matrix acts where all of them are |1>. Any gate takes further controls:
`q.H(1, controls={0: 1, 2: 0})`. A gate on one qubit takes several: `q.H(0, 1, 2)`.
"""

OTHERS = """
## What is no row

These take further controls too, and stand in lists for `apply_gates` under the same names.

| call | inverse | |
| --- | --- | --- |
| `unitary(matrix, *qubits)` | its adjoint | A matrix on up to 10 qubits, checked to be unitary. |
| `pauli_rotation(theta, letters, *qubits)` | `pauli_rotation(-theta, letters, *qubits)` | \
exp(-i theta P / 2) for a Pauli string P of any length, such as `'XZY'`; of Z alone, it rotates a parity. |
| `global_phase(theta)` | `global_phase(-theta)` | \
exp(i theta) on all amplitudes; under controls, where they hold. |
| `diagonal(entries, *qubits)` | its conjugate | \\|x> becomes entries[x] \\|x>, on any number of qubits. |
| `permutation(table, *qubits)` | itself undone | \\|x> becomes \\|table[x]>: a table or a function, \
a bijection. |
| `oracle(f, inputs, outputs)` | itself | \\|x>\\|y> becomes \\|x>\\|y xor f(x)>: a table or any function. |
| `permute_qubits(targets, qubits=None)` | itself undone | What was on qubits[k] comes to targets[k]; SWAPs, \
without controls. |

A rotation about one or two letters is treated as the matrix it is, fused with its neighbors; a longer one is
one pass over the state, which pairs each amplitude with the one that the string turns it into. A diagonal on
up to 5 qubits is fused with its neighbors, too; tables of more are read along the state, once; a permutation
that is not its own inverse takes two passes. [operators.md](operators.md) has examples of tables.
`Circuit` also
has what is made of several gates: `qft(qubits, inverse=False)`, and `evolve(observable, time, steps, order)`,
the Trotter steps of exp(-i time H). A runnable example is [ising.py](../examples/ising.py); what a long
rotation takes, beside a pass over the same memory: `build/native/bench/kernels --gates PAULI`.
"""

Entry = tuple[str, complex]  # as printed, and its value at SAMPLE_ANGLES


def text(pointer) -> str:
    return ffi.string(pointer).decode()


def split(arguments: str) -> list[str]:
    """Arguments of a macro call, cut at the commas outside parentheses and strings."""
    parts, depth, quoted = [""], 0, False
    for previous, char in zip(" " + arguments, arguments, strict=False):
        quoted ^= char == '"' and previous != "\\"
        depth += 0 if quoted else (char in "([") - (char in ")]")
        if char == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def table_matrices() -> dict[str, list[str]]:
    """Matrix entries of every row as the table writes them."""
    source = (pathlib.Path(ketsim.__file__).parent / "include" / "ketsim_gates.def").read_text()
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    rows = re.findall(r"^KETSIM_GATE_ROW\((.*?)\)\n(?=\n|KETSIM|#|$)", source, flags=re.DOTALL | re.MULTILINE)
    return {(parts := split(row))[0]: parts[9:] for row in rows}


def formula(expression: str, angles: list[str]) -> str:
    """A real C expression as people write it: `sin(theta/2)` for `sin(a[0] / 2)`."""
    for k, name in enumerate(angles):
        expression = expression.replace(f"a[{k}]", name)
    expression = re.sub(r"^-\((.*)\)$", r"-\1", expression.replace("R2", "1/sqrt2"))
    return re.sub(r"\s*\*\s*", " ", expression).replace(" / ", "/")


def value(expression: str) -> float:
    """The same expression as a number at SAMPLE_ANGLES."""
    names = {"a": SAMPLE_ANGLES, "cos": math.cos, "sin": math.sin, "R2": math.sqrt(0.5), "__builtins__": {}}
    return float(eval(compile(ast.parse(expression, mode="eval"), "ketsim_gates.def", "eval"), names))


def imaginary(part: str) -> str:
    sign, rest = ("-", part[1:]) if part.startswith("-") else ("", part)
    return sign + ("i" if rest == "1" else f"i/{rest[2:]}" if rest.startswith("1/") else f"i {rest}")


def entry(expression: str, angles: list[str]) -> Entry:
    """One matrix entry from one of the macros the table uses: O, E, C(re, im), EXP(x), EXPM(x)."""
    if expression in ("O", "E"):
        return ("0", 0) if expression == "O" else ("1", 1)
    macro, inner = re.fullmatch(r"(C|EXPM?)\((.*)\)", expression, flags=re.DOTALL).groups()
    if macro != "C":
        sign = {"EXP": "", "EXPM": "-"}[macro]
        number = cmath.exp(complex(0, value(f"{sign}({inner})")))
        return f"exp({sign}{imaginary(formula(inner, angles))})", number
    re_part, im_part = split(inner)
    number = complex(value(re_part), value(im_part))
    shown_re, shown_im = formula(re_part, angles), imaginary(formula(im_part, angles))
    if im_part == "0":
        return shown_re, number
    if re_part == "0":
        return shown_im, number
    joined = f"{shown_re} - {shown_im[1:]}" if shown_im.startswith("-") else f"{shown_re} + {shown_im}"
    return joined, number


def computed(gate: int, count: int) -> list[complex]:
    """The library's matrix at SAMPLE_ANGLES."""
    out = ffi.new("ketsim_complex[]", count)
    if lib.ketsim_gate_matrix(gate, out, SAMPLE_ANGLES) != lib.KETSIM_OK:
        raise SystemExit(text(lib.ketsim_last_error()))
    return [complex(z.re, z.im) for z in out]


def matrix_lines(gate: int, name: str, angles: list[str], source: list[str]) -> Iterator[str]:
    entries = [entry(expression, angles) for expression in source]
    for (shown, expected), got in zip(entries, computed(gate, len(entries)), strict=True):
        if abs(expected - got) > 1e-15:
            raise SystemExit(f"{name}: the table's {shown} is {expected}, the library computes {got}")
    side = math.isqrt(len(entries))
    width = max(len(shown) for shown, _ in entries)
    for start in range(0, len(entries), side):
        yield "    " + "   ".join(f"{shown:>{width}}" for shown, _ in entries[start : start + side])


def inverse(row, angles: list[str]) -> str:
    signs = [("-" if k < 0 else "") + angles[abs(k) - 1] for k in row.inverse_angles if k]
    other = text(lib.ketsim_gate_lookup(row.inverse).name)
    if other == text(row.name) and not signs:
        return "itself"
    return f"`{other}({', '.join(signs)})`" if signs else f"`{other}`"


def numbered(word: str, count: int) -> list[str]:
    return [word] if count == 1 else [f"{word}{k}" for k in range(count)]


def angle_names(row) -> list[str]:
    return [angle for angle in text(row.angles).split(", ") if angle]


def table_line(gate: int) -> str:
    row = lib.ketsim_gate_lookup(gate)
    angles = angle_names(row)
    arguments = angles + numbered("control", row.ncontrols) + numbered("target", row.ntargets)
    aliases = " ".join(f"`{alias}`" for alias in text(row.aliases).split())
    call = f"`{text(row.name)}({', '.join(arguments)})`"
    doc = text(row.doc).replace("|", "\\|")
    return f"| {call} | {aliases} | {inverse(row, angles)} | {doc} |"


def matrix_section(gate: int, matrices: dict[str, list[str]]) -> str:
    row = lib.ketsim_gate_lookup(gate)
    name = text(row.name)
    return "\n".join((f"\n### {name}\n", *matrix_lines(gate, name, angle_names(row), matrices[name])))


def main() -> None:
    matrices = table_matrices()
    if len(matrices) != lib.KETSIM_GATE_COUNT:
        raise SystemExit(f"read {len(matrices)} rows of the table, the library has {lib.KETSIM_GATE_COUNT}")
    gates = range(lib.KETSIM_GATE_COUNT)
    print(PREAMBLE)
    print("| call | also called | inverse | |\n| --- | --- | --- | --- |")
    print(*map(table_line, gates), sep="\n")
    print(OTHERS)
    print("\n## Matrices")
    print(*(matrix_section(gate, matrices) for gate in gates), sep="\n")


if __name__ == "__main__":
    main()
