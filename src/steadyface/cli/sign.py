"""``steadyface sign``: C2PA manifests for the videos of a finished run."""

import argparse
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sign",
        help="sign a result (C2PA)",
        description="Put a signed C2PA manifest (Content Credentials) into the videos of a run.",
    )
    parser.add_argument("folder", type=Path, metavar="OUT", help="the --out of `steadyface edit`")
    parser.add_argument("--cert", type=Path, required=True, metavar="PEM", help="your certificate and its chain")
    parser.add_argument("--key", type=Path, required=True, metavar="PEM", help="its private key")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sign, and print what was signed."""
    from steadyface.provenance.signing import Credentials, sign_run

    for path in sign_run(args.folder, Credentials.read(args.cert, args.key)):
        print(f"signed   {path}")
    return 0
