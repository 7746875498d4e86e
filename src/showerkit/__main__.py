"""Run the command line as ``python -m showerkit``."""

import sys

from showerkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
