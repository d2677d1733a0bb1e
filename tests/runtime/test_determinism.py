"""Vector functions at their first use, in a process of its own: a library is at its first use only once."""

import subprocess
import sys

PROGRAM = """
import torch
from steadyface.runtime.determinism import settle_vector_math
settle_vector_math()
spread = torch.linspace(0.01, 0.99, 2**15)  # more than one thread works alone
for name in ("sqrt", "exp", "log", "sin", "tanh"):
    found = []
    for threads in (2, 1):
        torch.set_num_threads(threads)
        found.append(getattr(torch, name)(spread))
    print(name, torch.equal(*found))
"""


def test_two_threads_find_what_one_finds():
    seen = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True).stdout
    assert seen.split("\n")[:-1] == [f"{name} True" for name in ("sqrt", "exp", "log", "sin", "tanh")]
