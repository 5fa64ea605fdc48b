"""The tests of litecon: `python -m tests` runs them once per side."""
