"""What the rivals of tables share: their environment, a process of their own for each run, and the
file of their lines.
"""

import argparse
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


def environment(requirements=REQUIREMENTS, folder=ENVIRONMENT):
    """The environment of a folder, bench/.venv-tables unless told, with the packages of a file."""
    python = folder / "bin" / "python"
    installed = folder / requirements.name
    if installed.exists() and installed.read_text() == requirements.read_text():
        return python
    print(f"installing the rivals into bench/{folder.name}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    installed.write_text(requirements.read_text())
    return python


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


def run(folder, arguments, bench, methods):
    """Adds the lines of all methods on all records that are not there yet. `bench` is the module of
    the experiment.
    """
    lines = Lines(folder)
    known = {bench.key(line, line["method"]) for line in lines.known}
    for record in journal(folder, bench.EXPERIMENT, bench.MARK):
        for method in methods:
            what = f"{bench.files(folder, record)[1].name} {method}"
            if bench.key(record, method) in known or arguments.only not in what:
                continue
            line = bench.measured(record, method, folder, arguments)
            lines.add(line)
            print(f"{what}: {line['failure'] or bench.told(line)}, {line['seconds']:.1f} s, "
                  f"{line['megabytes']:.0f} MB", flush=True)


def main(bench):
    """The command of an experiment, whose module is `bench`."""
    parser = argparse.ArgumentParser(description=bench.__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default="", metavar="TEXT", help="only runs whose name has TEXT")
    parser.add_argument("--unsmudge", type=Path, metavar="BINARY",
                        help=f"measure `{bench.COMMAND}` as a whole command too")
    parser.add_argument("--limit", type=float, default=bench.LIMIT, metavar="SECONDS")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tables", type=Path, metavar="FOLDER")
    parser.add_argument("--source", type=Path, default=bench.SOURCE, metavar="FOLDER")
    arguments = parser.parse_args()
    if (arguments.folder is None) == (arguments.tables is None):
        parser.error("either the folder of the experiment, or --tables")
    if arguments.check:
        bench.check(arguments.folder)
    environment()
    if arguments.tables:
        script = BENCH / "tables" / bench.SCRIPT
        subprocess.run([PYTHON, script, arguments.tables, arguments.source], check=True)
    else:
        methods = [*bench.methods(), *([bench.COMMAND] if arguments.unsmudge else [])]
        run(arguments.folder, arguments, bench, methods)
