"""Benchmarks of litecon against the raw floor and its peers: `python -m benchmarks`."""
