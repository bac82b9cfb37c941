"""What the tests of a built Hearth share: where the program is, how long they may take, how they skip."""

import argparse
import contextlib
import random
import shutil
import signal
import sys
import tempfile
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


def run_rounds(about, name, rounds, limit, run):
    """The main function of a crash test: reads its options, runs it in a folder of its own, and lists what it found.

    - Parameter about: the tool's documentation.
    - Parameter name: of the test, in what is printed and in the name of its folder.
    - Parameter rounds, limit: the defaults of the options.
    - Parameter run: a function of the options, the seed and the folder; it returns the broken promises."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--keep", action="store_true", help="leave the data folder even when all is well")
    add_seed(parser)
    add_options(parser, limit=limit)
    arguments = parser.parse_args()
    seed = seed_of(arguments)
    folder = Path(tempfile.mkdtemp(prefix=f"hearth-{name.replace(' ', '-')}-"))
    print(f"{name} test: seed {seed}, {arguments.rounds} rounds, {folder}", flush=True)
    with limited(arguments):
        faults = run(arguments, seed, folder)
    if faults:
        print(f"\n{len(faults)} broken promises with seed {seed}; the data is in {folder}")
        for fault in faults[:30]:
            print(f"  {fault}")
        sys.exit(1)
    if not arguments.keep:
        shutil.rmtree(folder)
    print("every promise held")
