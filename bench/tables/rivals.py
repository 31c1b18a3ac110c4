"""What the rivals of tables share: their environment, a process of their own for each run, and the
file of their lines.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
REQUIREMENTS = BENCH / "requirements-tables.txt"
ENVIRONMENT = BENCH / ".venv-tables"
PYTHON = ENVIRONMENT / "bin" / "python"


def environment():
    """bench/.venv-tables with the packages of requirements-tables.txt."""
    installed = ENVIRONMENT / REQUIREMENTS.name
    if installed.exists() and installed.read_text() == REQUIREMENTS.read_text():
        return
    print("installing the rivals into bench/.venv-tables", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    installed.write_text(REQUIREMENTS.read_text())


def version(package):
    """Name and version of a package."""
    lines = REQUIREMENTS.read_text().splitlines()
    pins = dict(line.split("#")[0].strip().split("==") for line in lines)
    return f"{package} {pins[package]}"


def journal(folder, experiment, mark):
    """The lines of an experiment that have the key `mark`."""
    path = folder / "journal.jsonl"
    if not path.exists():
        sys.exit(f"{path}: not there: run unsmudge reproduce {experiment} first")
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return [line for line in lines if mark in line]


def watched(command, limit, scratch):
    """Runs a command; its last line, the seconds, the megabytes and why it failed, or None."""
    started = time.monotonic()
    with open(scratch / "out", "wb") as out, open(scratch / "errors", "wb") as errors:
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=errors)
    failure, finished = None, (0, 0, None)
    while finished[0] == 0:
        finished = os.wait4(process.pid, os.WNOHANG)
        if finished[0] == 0 and failure is None and time.monotonic() - started > limit:
            failure = f"over {limit:.0f} s"
            process.kill()
        time.sleep(0.01)
    seconds, (_, status, usage) = time.monotonic() - started, finished
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = (scratch / "out").read_text(errors="replace").strip().splitlines()
    if failure is None and process.returncode != 0:
        said = (scratch / "errors").read_text(errors="replace").strip().splitlines()
        failure = f"failed: {(said or [f'exit status {process.returncode}'])[-1][:120]}"
    return lines[-1] if lines else "", seconds, usage.ru_maxrss / 1024, failure


class Lines:
    """The lines of FOLDER/rivals.jsonl, which this process alone adds to."""

    def __init__(self, folder):
        self.file = open(folder / "rivals.jsonl", "a+b")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"{folder / 'rivals.jsonl'}: another process adds lines to it: wait for its end")
        self.file.seek(0)
        text = self.file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.file.truncate(len(whole))  # an incomplete last line, left by a killed process
        self.known = [json.loads(line) for line in whole.splitlines()]

    def add(self, line):
        self.file.write(json.dumps(line).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())
