"""What two runs of one job need to end in the same bytes, besides seeds."""

_VECTOR_FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "atan", "erf")


def settle_vector_math() -> None:
    """Call the vector functions that torch has from Intel's library once, from one thread.

    At its first call that library looks for the processor's instructions, without a lock: of two threads that call at
    the same time one may be given other code, and the halves of a tensor differ in their last bits. It was the first
    square root of LPIPS, in four of 22 starts on two cores, in none of 24 since. A few numbers have one thread.
    """
    import torch

    for dtype in (torch.float32, torch.float64):
        few = torch.full((8,), 0.5, dtype=dtype)
        for name in _VECTOR_FUNCTIONS:
            getattr(torch, name)(few)
