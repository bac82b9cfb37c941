"""What the tests of a built Hearth share: where the program is, how long they may take, how they skip."""

import contextlib
import random
import signal
import sys
from pathlib import Path

from crash.server import ROOT

# Exit code of a test that could not be run, as automake has it.
SKIPPED = 77


def skip(reason):
    """Ends the test without a verdict; Tools/trials.py shows the reason."""
    print(f"SKIPPED: {reason}", flush=True)
    raise SystemExit(SKIPPED)


def add_options(parser, limit):
    """The options that all tests have. - Parameter limit: seconds after which a run is given up."""
    parser.add_argument("--hearth", type=Path, default=ROOT / ".build/release/hearth")
    parser.add_argument("--limit", type=int, default=limit, metavar="SECONDS", help="give up after so long")


def add_seed(parser):
    parser.add_argument("--seed", type=int, default=None, help="repeat the choices of another run")


def seed_of(arguments):
    return random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed


def program(arguments):
    """The absolute path of `hearth`."""
    path = arguments.hearth.resolve()
    if not path.exists():
        raise SystemExit(f"There is no program at {path}; run `make build`.")
    return path


@contextlib.contextmanager
def limited(arguments):
    """Turns SIGTERM, SIGHUP, Ctrl-C and the end of the time into SystemExit, so that what was started is ended."""

    def ended(number, frame):
        raise SystemExit(128 + number)

    def late(number, frame):
        raise SystemExit(f"not done after {arguments.limit} s")

    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGHUP, ended)
    signal.signal(signal.SIGALRM, late)
    signal.alarm(arguments.limit)
    try:
        yield
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None
    finally:
        signal.alarm(0)
