"""``python -m bushel`` is the command ``bushel``."""

import sys

from bushel.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
