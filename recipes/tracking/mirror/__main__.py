"""What the mirror process does: `python -m recipes.tracking.mirror RUN_FOLDER [--trainer PID | --once]`."""

import argparse
import os
import signal
import sys
from pathlib import Path

# Started by its path, from any folder: the trainer's own copy of the package is the one to use.
ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from recipes.tracking.mirror.lifeline import Lifeline  # noqa: E402
from recipes.tracking.mirror.mirror import Place, mirror  # noqa: E402

NICENESS = 10
TRIES_ONCE = 3


def main() -> int:
    """Mirror a run until its trainer is done; 0 if MLflow then has everything."""
    parser = argparse.ArgumentParser(prog="python -m recipes.tracking.mirror", description=__doc__)
    parser.add_argument("run_folder", type=Path)
    parser.add_argument("--uri", help="how to call the MLflow at MLFLOW_TRACKING_URI in records")
    parser.add_argument("--trainer", type=int, metavar="PID", help="the process that trains this run now")
    parser.add_argument("--once", action="store_true", help=f"give up after {TRIES_ONCE} tries")
    options = parser.parse_args()

    os.nice(NICENESS)
    # A signal to stop reaches every process of a job; the mirror stays to tell how the run ended, and not for longer.
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    lifeline = Lifeline(sys.stdin.fileno(), options.trainer)

    place = Place(os.environ["MLFLOW_TRACKING_URI"], shown=options.uri)
    tries = TRIES_ONCE if options.once else None
    return 0 if mirror(options.run_folder, place, lifeline, tries) else 1


if __name__ == "__main__":
    sys.exit(main())
