"""High dynamic range as networks and eyes know pictures: a display-referred copy, and changes of it put back.

PQ codes (SMPTE ST 2084) are absolute: a face has codes of .3 to .6 and looks grey. The copy is what a screen of 203
cd/m2 would show (ITU-R BT.2408: the level of graphics white), with highlights rolled off. HLG (ITU-R BT.2100) is made
to be looked at on such a screen as it is.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

PQ = 16
"""SMPTE ST 2084's number among the transfer tags of H.273."""
HLG = 18
WHITE = 203.0
"""cd/m2 (BT.2408)."""
HLG_WHITE = 0.75
"""Graphics white as a code of HLG (BT.2408)."""
SRGB = 13
POWERS = {4: 2.2, 5: 2.8, 8: 1.0}
"""Tags whose function is a power."""
KNEE = 0.6
"""Light up to this, white being 1, is kept; above it the copy approaches 1."""
GAMMA = 2.4
"""A screen's (BT.1886)."""
_STEPS = 4096

M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def is_high_range(trc: int) -> bool:
    """Whether a transfer tag says PQ or HLG."""
    return trc in (PQ, HLG)


def light_of_pq(codes: NDArray[np.floating]) -> NDArray[np.float64]:
    """PQ codes in [0, 1] -> cd/m2 (ST 2084, eq. 4.1)."""
    root = np.power(np.clip(np.asarray(codes, np.float64), 0, 1), 1 / M2)
    return np.asarray(10_000 * np.power(np.maximum(root - C1, 0) / (C2 - C3 * root), 1 / M1))


def pq_of_light(light: NDArray[np.floating]) -> NDArray[np.float64]:
    """The inverse of `light_of_pq` (ST 2084, eq. 5.1)."""
    power = np.power(np.clip(np.asarray(light, np.float64), 0, 10_000) / 10_000, M1)
    return np.asarray(np.power((C1 + C2 * power) / (1 + C3 * power), M2))


def light_of(codes: NDArray[np.floating], trc: int) -> NDArray[np.float64]:
    """Codes in [0, 1] -> linear light, graphics white being 1, by a transfer tag of H.273 (table 3).

    The inverse of the function that the tag names; of one without a tag, or with a rare one, BT.709's.
    """
    codes = np.asarray(np.clip(codes, 0, 1), np.float64)
    if trc == PQ:
        return np.asarray(light_of_pq(codes) / WHITE)
    if trc == HLG:
        return np.asarray(_light_of_hlg(codes) / _light_of_hlg(np.full(1, HLG_WHITE)))
    if trc in POWERS:
        return np.asarray(np.power(codes, POWERS[trc]))
    if trc == SRGB:
        return np.where(codes <= 0.04045, codes / 12.92, np.power((codes + 0.055) / 1.055, 2.4))
    return np.where(codes < 4.5 * 0.018, codes / 4.5, np.power((codes + 0.099) / 1.099, 1 / 0.45))


def _light_of_hlg(codes: NDArray[np.floating]) -> NDArray[np.float64]:
    """The inverse of HLG's OETF (BT.2100, table 5): light of the scene in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.asarray(np.where(codes <= 0.5, np.square(codes) / 3, (np.exp((codes - c) / a) + b) / 12))


def displayed(codes: NDArray[np.floating], trc: int) -> Floats:
    """The display-referred copy, in [0, 1], of codes in [0, 1]. Other transfers than PQ are shown as they are."""
    if trc != PQ:
        return np.asarray(codes, np.float32)
    return np.asarray(np.interp(codes, *_table()), np.float32)


def put_back(codes: NDArray[np.floating], change: NDArray[np.floating], trc: int) -> Floats:
    """The change of codes that changes their display-referred copy by ``change``; 0 where that is 0."""
    if trc != PQ:
        return np.asarray(change, np.float32)
    inputs, shown = _table()
    before = np.interp(codes, inputs, shown)
    after = np.interp(np.clip(before + change, 0, shown[-1]), shown, inputs)
    same = np.interp(before, shown, inputs)  # so that rounding of the table is no change
    return np.asarray(np.where(change == 0, 0, after - same), np.float32)


def _table() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Codes, and what is shown of them, both rising."""
    codes = np.linspace(0, 1, _STEPS)
    light = light_of_pq(codes) / WHITE
    rolled = np.where(light <= KNEE, light, 1 - (1 - KNEE) * np.exp(-(light - KNEE) / (1 - KNEE)))
    shown = np.power(rolled, 1 / GAMMA)
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(shown)) > 1e-9])
    return codes[rising], shown[rising]
