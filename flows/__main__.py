"""`python -m flows`: the command line without the console script."""

from __future__ import annotations

from flows.cli import main

if __name__ == "__main__":
    main()
