"""Noise: channels, models that put them into circuits, and readout that errs.

>>> from ketsim import noise
>>> noise.depolarizing(0.01)
<Channel on 1 qubit: 4 unitary operators>

`DensityMatrix` computes what they do exactly; `run_shots` runs a circuit with them shot by shot.

Nielsen and Chuang, Quantum Computation and Quantum Information (2000), section 8.3, has the channels.
"""

from collections.abc import Mapping

from ._ketsim import Channel, InvalidArgument, _channel_named, _channel_pauli
from ._noise_model import NoiseModel
from ._readout import ReadoutError

__all__ = [
    "Channel",
    "NoiseModel",
    "ReadoutError",
    "amplitude_damping",
    "bit_flip",
    "bit_phase_flip",
    "depolarizing",
    "generalized_amplitude_damping",
    "pauli",
    "phase_damping",
    "phase_flip",
    "reset",
    "thermal_relaxation",
]


def depolarizing(p: float, nqubits: int = 1) -> Channel:
    """With probability `p`, replace one or two qubits by the maximally mixed state.

    Parameters
    ----------
    p : float
        0..1.  A Pauli string other than the identity acts with probability ``p (1 - 4**-nqubits)``.
    nqubits : {1, 2}

    Returns
    -------
    Channel

    Raises
    ------
    InvalidArgument, TypeError
        `p` is not 0..1, or `nqubits` neither 1 nor 2.

    Examples
    --------
    >>> from ketsim import noise
    >>> [round(p, 3) for p in noise.depolarizing(0.04).probabilities]
    [0.97, 0.01, 0.01, 0.01]
    """
    if nqubits not in (1, 2):
        raise InvalidArgument(f"depolarizing on {nqubits} qubits: must be on 1 or 2")
    return _channel_named("depolarizing" if nqubits == 1 else "depolarizing2", p)


def bit_flip(p: float) -> Channel:
    """X with probability `p`, 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> [round(p, 3) for p in noise.bit_flip(0.25).probabilities]
    [0.75, 0.25]
    """
    return _channel_named("bit_flip", p)


def phase_flip(p: float) -> Channel:
    """Z with probability `p`, 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> len(noise.phase_flip(0.1))
    2
    """
    return _channel_named("phase_flip", p)


def bit_phase_flip(p: float) -> Channel:
    """Y with probability `p`, 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> noise.bit_phase_flip(1.0).unitaries[0].round(3).tolist()
    [[0j, -1j], [1j, 0j]]
    """
    return _channel_named("bit_phase_flip", p)


def pauli(probabilities: Mapping[str, float]) -> Channel:
    """Pauli strings with probabilities of their own, and nothing in all other cases.

    Parameters
    ----------
    probabilities : mapping of str to float
        One to three letters I, X, Y, Z, the first for the first qubit, all strings as long; sum at most 1.

    Returns
    -------
    Channel

    Raises
    ------
    InvalidArgument, TypeError
        A probability is not 0..1, they add up to more than 1, or a string is none.

    Examples
    --------
    >>> from ketsim import noise
    >>> noise.pauli({'XX': 0.01, 'ZI': 0.02})
    <Channel on 2 qubits: 3 unitary operators>
    """
    return _channel_pauli(tuple(probabilities), tuple(probabilities.values()))


def amplitude_damping(gamma: float) -> Channel:
    """Decay of ``|1>`` to ``|0>`` with probability `gamma`, 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> noise.amplitude_damping(0.36).kraus[0].real.round(3).tolist()
    [[1.0, 0.0], [0.0, 0.8]]
    """
    return _channel_named("amplitude_damping", gamma)


def generalized_amplitude_damping(gamma: float, excited: float) -> Channel:
    """Decay towards the mixture in which ``|1>`` has probability `excited`; both 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> len(noise.generalized_amplitude_damping(0.1, 0.5))
    4
    """
    return _channel_named("generalized_amplitude_damping", gamma, excited)


def phase_damping(lam: float) -> Channel:
    """Loss of coherence: what lies off the diagonal is multiplied by sqrt(1 - `lam`), `lam` being 0..1.

    It is made of the unitaries I and Z, as the phase flip that it is.

    Examples
    --------
    >>> from ketsim import noise
    >>> noise.phase_damping(0.36).superoperator.real.diagonal().round(3).tolist()
    [1.0, 0.8, 0.8, 1.0]
    """
    return _channel_named("phase_damping", lam)


def thermal_relaxation(t1: float, t2: float, time: float, excited: float = 0.0) -> Channel:
    """What a qubit suffers in `time` with relaxation times `t1` and `t2`.

    Parameters
    ----------
    t1, t2 : float
        Above 0, in any unit of time; may be infinite.  `t2` is at most ``2 * t1``.
    time : float
        In that unit, not below 0.
    excited : float
        Probability of ``|1>`` in equilibrium, 0..1.

    Returns
    -------
    Channel
        Populations approach equilibrium as exp(-time/t1), coherences vanish as exp(-time/t2).

    Raises
    ------
    InvalidArgument, TypeError
        A time or the probability is out of range.

    Examples
    --------
    >>> from ketsim import noise
    >>> noise.thermal_relaxation(t1=50.0, t2=70.0, time=0.1)
    <Channel on 1 qubit: 3 Kraus operators>
    """
    return _channel_named("thermal_relaxation", t1, t2, time, excited)


def reset(p0: float, p1: float = 0.0) -> Channel:
    """Reset to ``|0>`` with probability `p0` and to ``|1>`` with `p1`; their sum is 0..1.

    Examples
    --------
    >>> from ketsim import noise
    >>> len(noise.reset(0.1))
    3
    """
    return _channel_named("reset", p0, p1)
