"""The parts of a face that an edit can leave to the input; importing it doesn't import torch."""

from typing import Literal

Part = Literal["eyes", "irises", "mouth"]
"""Eyes have their lids, and the skin up to the brows; of the irises it is what shows between the lids."""
