#!/usr/bin/env bash
# One gate is one row: add a row to a copy of the tree, touch nothing else, and look for the gate in C, in
# Python, in the type stub, on the gates page and in the table-driven tests of both languages.  Run by
# `make check-row`.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$PWD/${VENV:-build/venv}/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -c --exclude=./build --exclude=./.git --exclude=__pycache__ . | tar -x -C "$work"
cd "$work"

sed -i '/^#undef KETSIM_GATE_ROW$/d' include/ketsim_gates.def
cat >> include/ketsim_gates.def << 'ROW'
KETSIM_GATE_ROW(RZX, "NEWALIAS", 0, 2, 1, "theta, ", INVERSE(RZX, -1, 0, 0), "ZX",
    "Two-qubit rotation exp(-i theta ZX / 2).",
    C(cos(a[0] / 2), 0), C(0, -sin(a[0] / 2)), O, O,
    C(0, -sin(a[0] / 2)), C(cos(a[0] / 2), 0), O, O,
    O, O, C(cos(a[0] / 2), 0), C(0, sin(a[0] / 2)),
    O, O, C(0, sin(a[0] / 2)), C(cos(a[0] / 2), 0))

#undef KETSIM_GATE_ROW
ROW

echo "== C: the enum, the lookup, the table-driven test"
cat > new_row.c << 'C'
#include <ketsim.h>
#include <stdio.h>

int main(void)
{
    ketsim_gate found;
    if (ketsim_gate_find(&found, "NEWALIAS") != KETSIM_OK || found != KETSIM_GATE_RZX) return 1;
    puts(ketsim_gate_lookup(KETSIM_GATE_RZX)->doc);
    return 0;
}
C
make -s -j"$(nproc)" CFLAGS=-O1 lib build/native/tests/test_gates
cc -Iinclude new_row.c build/native/libketsim.a -fopenmp -lm -o new_row
./new_row
build/native/tests/test_gates | tee output
grep -qw RZX output || { echo "test_gates did not meet RZX"; exit 1; }

echo "== Python: the methods, the list of tuples, the stub, the page, the table-driven test"
"$python" -m pip install -q --no-build-isolation --no-deps --target=site .
export PYTHONPATH=$PWD/site
"$python" - << 'PYTHON'
from ketsim import Circuit, Ket, ket

assert Ket.RZX.__doc__ and "exp(-i theta ZX / 2)" in Ket.RZX.__doc__ and "theta" in Ket.RZX.__text_signature__
chained = ket("+0").RZX(0.3, 0, 1)
assert abs(chained.inner(ket("+0").apply_gates([("NEWALIAS", 0.3, 0, 1)])) - 1) < 1e-15
assert abs(ket("+0").apply(Circuit(2).RZX(0.3, 0, 1)).inner(chained) - 1) < 1e-15
print("Ket.RZX, Circuit.RZX and ('NEWALIAS', 0.3, 0, 1) agree")
PYTHON
"$python" .ci/gen_stubs.py > stub
grep -c 'def RZX(' stub
"$python" .ci/gen_gates_page.py > page
grep 'RZX(theta' page
"$python" -m pytest tests/python/test_gates.py -v -k RZX -p no:cacheprovider
