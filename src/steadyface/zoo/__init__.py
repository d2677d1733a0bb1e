"""The registry of pretrained weights: which exist, and how they are fetched, verified and converted."""

from steadyface.zoo.cards import CARDS, Card
from steadyface.zoo.fetch import is_cached, verify, weights

__all__ = ["CARDS", "Card", "is_cached", "verify", "weights"]
