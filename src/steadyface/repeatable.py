"""What two runs of one job need to end in the same bytes, besides seeds."""

import torch

_VECTOR_FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "atan", "erf")


def settle_vector_math() -> None:
    """Call the vector functions that torch has from Intel's library once, from one thread.

    At its first call that library looks for the processor's instructions, without a lock: of two threads that call at
    the same time one may be given other code, and the halves of a tensor differ in their last bits. Some runs had
    another first square root in LPIPS, and ended in other bytes. A tensor of a few numbers is worked on by one thread.
    """
    for dtype in (torch.float32, torch.float64):
        few = torch.full((8,), 0.5, dtype=dtype)
        for name in _VECTOR_FUNCTIONS:
            getattr(torch, name)(few)
