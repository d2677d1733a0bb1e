"""What two runs of one job need, besides seeds, to give the same bytes."""

import torch

_VECTOR_FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "atan", "erf")


def settle_vector_math() -> None:
    """Call each vector function that torch takes from Intel's library once, from one thread.

    On its first call, that library detects the processor's instruction set without a lock. If two threads call it at
    the same time, one may run other code, and the two halves of a tensor differ in their last bits. In some runs, the
    first square root in LPIPS differed, and so did the result's bytes. A tensor of a few numbers uses a single thread.
    """
    for dtype in (torch.float32, torch.float64):
        few = torch.full((8,), 0.5, dtype=dtype)
        for name in _VECTOR_FUNCTIONS:
            getattr(torch, name)(few)
