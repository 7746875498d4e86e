"""Begin `coverage_child.main` with all of showerkit's code counted: it is imported here, under the count."""

from __future__ import annotations

import sys


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=["showerkit"]):
        from . import coverage_child
    coverage_child.main(sys.argv)


if __name__ == "__main__":
    main()
