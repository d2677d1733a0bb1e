import pytest
import torch

from steadyface.errors import InputError
from steadyface.runtime.device import choose_device, mixed_precision


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(InputError, match="--device meta"):
        choose_device("meta")


def test_a_cpu_computes_as_it_is() -> None:
    with mixed_precision(torch.device("cpu")):
        assert (torch.ones(4, 4) @ torch.ones(4, 4)).dtype == torch.float32
