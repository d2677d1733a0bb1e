"""``python -m steadyface``: the command, where its script is not on the path."""

import sys

from steadyface.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
