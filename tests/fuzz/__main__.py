"""A long run of one of the fuzzers: `python -m tests.fuzz bodies --seconds 600`."""

from __future__ import annotations

import argparse
import math
import random
import sys

from .all import FUZZERS


def main() -> int:
    """Run as long as the options say, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("name", choices=sorted(FUZZERS))
    parser.add_argument("--seconds", type=float, default=None, help="60, where no number of inputs is given")
    parser.add_argument("--inputs", type=int, default=None, help="no more than these")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--first", type=int, default=0, help="the number of the first input, as a failure tells it")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    print(f"{options.name}, CPython {sys.version.split()[0]}, seed {seed}", flush=True)
    fuzzer = FUZZERS[options.name](seed)
    inputs = math.inf if options.inputs is None else options.inputs
    seconds = options.seconds or (60 if options.inputs is None else math.inf)
    done = fuzzer.run(seconds=seconds, inputs=inputs, first=options.first)
    print(f"{done:,} inputs, the slowest took {1000 * fuzzer.slowest:.0f} ms")
    for name, number in sorted(fuzzer.counts.items()):
        print(f"{number:>12,} {name}")
    return 0


sys.exit(main())
