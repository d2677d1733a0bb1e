"""``steadyface models``: list, fetch and verify the pretrained weights."""

import argparse
from pathlib import Path

from steadyface.errors import InputError, SteadyfaceError
from steadyface.gan.models import ModelCard, imported
from steadyface.zoo import CARDS, cache, is_cached, verify, weights
from steadyface.zoo.fetch import fetch


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``models`` and its sub-commands. Each sets ``run``, a function from the arguments to the exit status."""
    parser = subparsers.add_parser("models", help="list, fetch and verify the pretrained weights")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="what there is, what is cached, and under which licence")
    listing.set_defaults(run=run_list)

    fetching = commands.add_parser("fetch", help="bring weights into the cache")
    fetching.add_argument("names", nargs="*", metavar="NAME", help="names as `models list` shows them")
    fetching.add_argument("--all", action="store_true", help="every set of weights")
    fetching.add_argument("--force", action="store_true", help="also those that are cached already")
    fetching.set_defaults(run=run_fetch)

    importing = commands.add_parser("import", help="make a model or an edit of another program's file")
    importing.add_argument(
        "file", type=Path, help="a StyleGAN2 (ADA's .pkl, rosinality's .pt, PTI's or STIT's) or a StyleCLIP mapper"
    )
    importing.add_argument("--name", help="to call it by; default: the file's")
    importing.add_argument(
        "--style-of", metavar="MODEL", help="keep a generator that was tuned from an imported one as a style of it"
    )
    importing.add_argument("--licence", help="under which the file may be used")
    importing.set_defaults(run=run_import)

    converting = commands.add_parser("convert", help="write an imported model for other programs")
    converting.add_argument("name", help="an imported model")
    converting.add_argument("out", type=Path, help=".pt for rosinality's programs, .safetensors with ADA's names")
    converting.set_defaults(run=run_convert)

    verifying = commands.add_parser("verify", help="read cached weights and compare their sha256")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="by default all that are cached")
    verifying.set_defaults(run=run_verify)


def run_list(args: argparse.Namespace) -> int:
    """Print a table of all weights."""
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "role", "download", "cached", "restriction", "licence", box=None, pad_edge=False)
    for card in CARDS.values():
        size = f"{card.source.size / 1e6:.0f} MB"
        cached = "yes" if is_cached(card.name) else "no"
        restriction = "[red]non-commercial[/]" if card.non_commercial else ""
        table.add_row(card.name, card.role, size, cached, restriction, card.licence)
    for name, path in imported().items():
        model = ModelCard.read(path)
        size = f"{path.stat().st_size / 1e6:.0f} MB"
        table.add_row(
            name, f"generator, {model.resolution} px, imported", size, "yes", "[red]see licence[/]", model.licence
        )
    console = Console()
    console.print(table)
    console.print(f"cache: {cache.directory()}", soft_wrap=True, markup=False, highlight=False)
    return 0


def run_fetch(args: argparse.Namespace) -> int:
    """Fetch the named weights and print the path of each."""
    if bool(args.names) == args.all:
        raise InputError("say which weights to fetch: either names from `steadyface models list`, or --all")
    names = list(CARDS) if args.all else args.names
    fetch(names, force=args.force)
    for name in names:
        print(f"{name}: {weights(name)}")
    return 0


def run_import(args: argparse.Namespace) -> int:
    """Import another program's file, and print what it is and how to use it."""
    from steadyface.interop.imports import import_file, import_style

    if args.style_of:
        made = import_style(args.file, args.style_of, args.name, args.licence)
    else:
        made = import_file(args.file, args.name, args.licence)
    print(f"{args.file} is {made.kind}\nlicence: {made.licence}\n{made.path}\nuse it with {made.use}")
    return 0


def run_convert(args: argparse.Namespace) -> int:
    """Write a model in the format given by the file's extension."""
    from steadyface.interop.imports import export_model

    export_model(args.name, args.out)
    print(args.out)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Print one line for each of the weights; the status is 2 when any of them is missing or damaged."""
    names = args.names or [card.name for card in CARDS.values() if cache.path_of(card).exists()]
    if not names:
        print(f"nothing is cached in {cache.directory()}")
    status = 0
    for name in names:
        try:
            verify(name)
            print(f"{name}: whole")
        except SteadyfaceError as error:
            print(f"{name}: {error}")
            status = 2
    return status
