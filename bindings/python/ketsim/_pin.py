"""In which order threads are put on cores."""

import os
import pathlib

from ._ketsim import InvalidArgument

_SYSTEM = pathlib.Path("/sys/devices/system/cpu")


def _number(core: int, name: str) -> int:
    """Of the package or physical core that a core belongs to; its own where the system does not say."""
    try:
        return int((_SYSTEM / f"cpu{core}" / "topology" / name).read_text())
    except (OSError, ValueError):
        return core


def _allowed() -> list[int]:
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # no such call on this system
        return list(range(os.cpu_count() or 1))


def cores_by(order: str) -> list[int]:
    """The cores this process may use: 'compact', siblings side by side, or 'spread', siblings last."""
    if order not in ("compact", "spread"):
        raise InvalidArgument(f"pin {order!r}: must be 'none', 'compact' or 'spread'")
    places: dict[int, tuple[int, int]] = {
        core: (_number(core, "physical_package_id"), _number(core, "core_id")) for core in _allowed()
    }
    compact = sorted(places, key=lambda core: (places[core], core))
    if order == "compact":
        return compact
    before: dict[tuple[int, int], int] = {}
    turns = {}
    for core in compact:
        turns[core] = before.setdefault(places[core], 0)
        before[places[core]] += 1
    return sorted(compact, key=lambda core: turns[core])
