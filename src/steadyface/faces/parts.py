"""The parts of a face that an edit can preserve. Importing it doesn't import torch."""

from typing import Literal

Part = Literal["eyes", "irises", "mouth"]
"""Eyes include the lids and the skin up to the brows. Irises are what shows between the lids."""
