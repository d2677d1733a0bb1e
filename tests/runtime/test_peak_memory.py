"""The peak, seen from outside: a process of its own asks for memory and gives it back."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
from steadyface.runtime import peak_memory

if "status" in sys.argv:
    peak_memory.STATUS = Path("nowhere")
if "resource" in sys.argv:
    sys.modules["resource"] = None  # the import system's mark for a module that isn't there
before = peak_memory.peak_memory_mb()
block = b"x" * 2**28
held = peak_memory.peak_memory_mb()
del block
print(before, held, peak_memory.peak_memory_mb())
"""


def peaks(*missing: str) -> tuple[int, int, int]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, *missing], capture_output=True, check=True, encoding="utf-8")
    before, held, after = map(int, done.stdout.split())
    return before, held, after


def test_memory_that_was_given_back_counts():
    before, held, after = peaks()
    assert 5 < before < 1000
    assert held >= 256
    assert after >= held


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="not as on Linux")
def test_on_linux_what_the_process_was_before_does_not_count():
    before, held, _ = peaks()
    assert before < 100
    assert held - before == pytest.approx(256, abs=4)


def test_without_the_status_it_is_the_peak_too():
    _, held, after = peaks("status")
    assert held >= 256
    assert after >= held


def test_without_either_it_is_a_size_in_the_same_unit():
    before, held, _ = peaks("status", "resource")
    assert 5 < before < 1000
    assert held >= 256
