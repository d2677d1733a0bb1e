"""Memory that is kept, seen from outside: a process of its own counts its page faults."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from steadyface.runtime.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(2):
    np.ones(16_000_000)
before = faults()
for _ in range(5):
    np.ones(16_000_000)
print(faults() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc knows how")
def test_freed_memory_is_used_again():
    found = {
        how: int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True).stdout)
        for how in ("keep", "leave")
    }
    assert found["keep"] < 0.1 * found["leave"]
