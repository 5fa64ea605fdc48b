"""`python -m litecon`: serve the inspector."""

from __future__ import annotations

import sys

from .inspector.serve import main

if __name__ == "__main__":
    sys.exit(main())
