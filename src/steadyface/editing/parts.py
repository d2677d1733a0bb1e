"""The parts of a face that an edit can leave to the input; importing it doesn't import torch."""

from typing import Literal

Part = Literal["eyes", "mouth"]
