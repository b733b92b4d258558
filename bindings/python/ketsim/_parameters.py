"""Parameters of circuits: names, and linear expressions of them, for which numbers are put later."""

import math
import numbers
from collections.abc import Iterable
from typing import Any

from ._ketsim import _MAX_NAME, InvalidArgument


class Linear:
    """A linear expression of parameters, as arithmetic on a `Parameter` makes it; it never changes.

    Examples
    --------
    >>> from ketsim import Parameter
    >>> theta, phi = Parameter('theta'), Parameter('phi')
    >>> 2 * theta + phi / 2 - 0.3
    2.0*theta + 0.5*phi - 0.3
    """

    __slots__ = ("_offset", "_terms")
    __array_ufunc__ = None  # NumPy numbers leave arithmetic to it

    _terms: tuple[tuple[str, float], ...]
    _offset: float

    def __init__(self, terms: Iterable[tuple[str, float]], offset: float = 0.0) -> None:
        kept = tuple((name, float(factor)) for name, factor in terms if factor != 0)
        if not all(math.isfinite(number) for number in (offset, *(factor for _, factor in kept))):
            raise InvalidArgument("a factor or the offset of a linear expression is not finite")
        object.__setattr__(self, "_terms", kept)
        object.__setattr__(self, "_offset", float(offset))

    @property
    def terms(self) -> tuple[tuple[str, float], ...]:
        """Names of parameters and their factors, a tuple of pairs."""
        return self._terms

    @property
    def offset(self) -> float:
        """What is added, a float."""
        return self._offset

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: parameters and their expressions never change")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def _plus(self, other: object, sign: float) -> "Linear":
        if _is_real(other):
            return Linear(self.terms, self.offset + sign * float(other))  # type: ignore[arg-type]
        if not isinstance(other, Linear):
            return NotImplemented  # type: ignore[no-any-return]
        factors = dict(self.terms)
        for name, factor in other.terms:
            factors[name] = factors.get(name, 0.0) + sign * factor
        return Linear(factors.items(), self.offset + sign * other.offset)

    def __add__(self, other: object) -> "Linear":
        return self._plus(other, 1.0)

    __radd__ = __add__

    def __sub__(self, other: object) -> "Linear":
        return self._plus(other, -1.0)

    def __rsub__(self, other: object) -> "Linear":
        return (-self)._plus(other, 1.0)

    def __mul__(self, other: object) -> "Linear":
        if not _is_real(other):
            return NotImplemented
        by = float(other)  # type: ignore[arg-type]
        return Linear(((name, factor * by) for name, factor in self.terms), self.offset * by)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> "Linear":
        if not _is_real(other):
            return NotImplemented
        by = float(other)  # type: ignore[arg-type]
        return Linear(((name, factor / by) for name, factor in self.terms), self.offset / by)

    def __neg__(self) -> "Linear":
        return self * -1.0

    def __pos__(self) -> "Linear":
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Linear):
            return NotImplemented
        return dict(self.terms) == dict(other.terms) and self.offset == other.offset

    def __hash__(self) -> int:
        return hash((frozenset(self.terms), self.offset))

    def __repr__(self) -> str:
        return self._text([f"{abs(factor)!r}*{name}" for name, factor in self.terms], repr(abs(self.offset)))

    def __format__(self, spec: str) -> str:
        """With its numbers as a float's spec has them; an empty one, as for other objects, is `str`."""
        if not spec:
            return str(self)
        parts = [name if abs(factor) == 1 else f"{abs(factor):{spec}}*{name}" for name, factor in self.terms]
        return self._text(parts, f"{abs(self.offset):{spec}}")

    def _text(self, parts: list[str], offset: str) -> str:
        """Texts of terms and of the offset, which have no signs, as a sum."""
        signed = [(factor, part) for (_, factor), part in zip(self.terms, parts, strict=True)]
        if self.offset or not parts:
            signed.append((self.offset, offset))
        text = "".join(f" {'-' if number < 0 else '+'} {part}" for number, part in signed)
        return ("-" if text[1] == "-" else "") + text[3:]

    def __reduce__(self) -> tuple[Any, ...]:
        return restore, (self.terms, self.offset)

    def __copy__(self) -> "Linear":
        return self

    def __deepcopy__(self, memo: object) -> "Linear":
        return self


class Parameter(Linear):
    """A named number that a circuit's angles depend on, to be given when the circuit runs.

    Parameters of the same name are the same.

    Parameters
    ----------
    name : str
        Of 1 to 64 bytes in UTF-8.

    Examples
    --------
    >>> from ketsim import Circuit, Parameter, ket
    >>> theta = Parameter('theta')
    >>> circuit = Circuit(1).RX(2 * theta, 0)
    >>> circuit.parameters
    (Parameter('theta'),)
    >>> circuit.bind({theta: 0.25})
    Circuit(1).apply_gates([('RX', 0.5, 0)])
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"name of a parameter: must be a str, not {type(name).__name__}")
        if not 1 <= len(name.encode(errors="surrogatepass")) <= _MAX_NAME or "\0" in name:
            raise InvalidArgument(
                f"name of a parameter {name[:40]!r}: must have 1..{_MAX_NAME} bytes, none of them 0"
            )
        super().__init__([(name, 1.0)])

    @property
    def name(self) -> str:
        """Name of the parameter, a str."""
        return self.terms[0][0]

    def __repr__(self) -> str:
        return f"Parameter({self.name!r})"


def _is_real(given: object) -> bool:
    return isinstance(given, numbers.Real) and not isinstance(given, bool)


def restore(terms: tuple[tuple[str, float], ...], offset: float) -> Linear:
    """The expression of these terms: a Parameter where it is one alone."""
    alone = len(terms) == 1 and terms[0][1] == 1 and offset == 0
    return Parameter(terms[0][0]) if alone else Linear(terms, offset)
