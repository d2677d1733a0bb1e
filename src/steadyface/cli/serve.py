"""``steadyface serve``: runs over HTTP."""

import argparse
import os
from pathlib import Path

from steadyface.cli.ui import add_place_arguments
from steadyface.errors import InputError

EXAMPLES = """examples:
  steadyface serve
  curl -F clip=@talk.mp4 -F edit=eyeglasses -F edit=age:0.6 http://127.0.0.1:7861/v1/jobs
  curl http://127.0.0.1:7861/v1/jobs/NAME
  curl -O http://127.0.0.1:7861/v1/jobs/NAME/files/edited.mp4

/openapi.json describes it. Where other machines can reach it, every request has to bear a token: --token, or
STEADYFACE_TOKEN, or one that is made and printed (curl -H "Authorization: Bearer TOKEN")."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "serve",
        help="runs over HTTP, for programs (extra: ui)",
        description="Serve runs over HTTP: upload a clip, follow the run, fetch the result.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_place_arguments(parser, port=7861)
    parser.add_argument("--token", default=os.environ.get("STEADYFACE_TOKEN", ""), help="what requests have to bear")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from steadyface.app.limits import Limits
    from steadyface.app.serve import Place

    try:
        from steadyface.app.api import new_token, serve_api
    except ImportError as error:
        if error.name not in ("fastapi", "uvicorn", "starlette", "pydantic"):
            raise
        raise InputError('serve needs FastAPI: pip install "steadyface[ui]"') from error
    place = Place(Path(args.runs), args.host, args.port, Limits(args.max_upload_mb, args.max_frames))
    token = args.token
    if place.public and not token:
        token = new_token()
        print(f"token    {token}", flush=True)
    serve_api(place, token)
    return 0
