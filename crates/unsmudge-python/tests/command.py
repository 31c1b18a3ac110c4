"""The command that the Python package is compared with."""

import os
import subprocess
from pathlib import Path

TARGET = Path(__file__).resolve().parents[3] / "target"
PROGRAM = Path(os.environ.get("UNSMUDGE_BIN", TARGET / "release" / "unsmudge"))


def run(*arguments):
    """What the command prints; what it says of a failure is what the test says."""
    if not PROGRAM.exists():
        raise FileNotFoundError(f"{PROGRAM}: `make build` makes it; or set UNSMUDGE_BIN")
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
