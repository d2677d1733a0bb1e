import pytest
import torch

from steadyface.errors import InputError
from steadyface.runtime.device import choose_device


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(InputError, match="--device meta"):
        choose_device("meta")
