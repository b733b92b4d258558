"""Shared reads: threads look at a state while another changes it, and each sees one generation, whole."""

import threading
import time

from ketsim import StateBusyError, ket

N, READERS = 8, 2
state = ket(N)
done = threading.Event()
seen: list[set[int]] = [set() for _ in range(READERS)]


def read(numbers: set[int]) -> None:
    """Note which basis state each look finds; a torn read would find none, or two."""
    while True:
        last = done.is_set()
        snapshot = state.copy()  # no amplitude is copied: both share the buffer until one changes
        view = memoryview(snapshot).cast("B").cast("d")
        ones = [k // 2 for k, number in enumerate(view) if number]
        assert len(ones) == 1, ones
        numbers.add(ones[0])
        if last:
            return
        time.sleep(0.0001)


readers = [threading.Thread(target=read, args=(numbers,)) for numbers in seen]
for reader in readers:
    reader.start()
for step in range(200):  # a binary counter: only X, so that every generation is one basis state
    flipped = step ^ (step + 1)
    state.apply_gates([("X", N - 1 - bit) for bit in range(N) if flipped >> bit & 1])
    time.sleep(0.0001)  # for readers to come in between
done.set()
for reader in readers:
    reader.join()
print("generation", state.generation, "shows", state)
for numbers in seen:
    print(f"a reader saw {len(numbers)} of 201 values, from {min(numbers)} to {max(numbers)}")
    assert max(numbers) == 200
    assert len(numbers) > 1

view, before = memoryview(state), state.generation
state.H(0).run()
assert bytes(view) != bytes(memoryview(state))  # the view keeps the generation that it was taken of
print(f"a view of generation {before} stays as it is; the state is at {state.generation}")

with state.edit() as amplitudes:  # the one writer
    assert len(amplitudes) == 2**N
    snapshot = state.copy()  # readers go on
    try:
        state.X(0)
    except StateBusyError as error:
        print("a second writer is refused:", error)
assert snapshot.generation <= state.generation
