"""Other programs on the tables with holes that `unsmudge reproduce imputation` leaves in FOLDER.

    python3 bench/imputation.py FOLDER [--only TEXT] [--unsmudge BINARY] [--limit SECONDS]
    python3 bench/imputation.py FOLDER --check
    python3 bench/imputation.py --tables FOLDER [--source FOLDER]

Every method is a process of its own, with seconds and peak memory. One JSON line for each table,
mask and method is added to FOLDER/rivals.jsonl; lines that are there are not computed again.
--check compares the scores of our filled tables with those of the journal. --tables writes the
tables of our own measurement. The packages of requirements-tables.txt are installed into
bench/.venv-tables the first time.
"""

import argparse
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH / "tables"))
from scores import scores  # noqa: E402

REQUIREMENTS = BENCH / "requirements-tables.txt"
ENVIRONMENT = BENCH / ".venv-tables"
PYTHON = ENVIRONMENT / "bin" / "python"
SOURCE = BENCH.parent.parent / "shared" / "data" / "tables"
COMMAND = "unsmudge impute"
# Those of tables/methods.py, with the package that is named in results.
METHODS = {"KNN 5": "scikit-learn", "KNN 10": "scikit-learn", "chained ridge": "scikit-learn",
           "chained ridge, levels apart": "scikit-learn", "chained trees": "scikit-learn",
           "MissForest": "scikit-learn", "missforest": "MissForest", "miceforest": "miceforest",
           "gcimpute": "gcimpute", "SoftImpute": "numpy"}


def environment():
    """bench/.venv-tables with the packages of requirements-tables.txt."""
    installed = ENVIRONMENT / REQUIREMENTS.name
    if installed.exists() and installed.read_text() == REQUIREMENTS.read_text():
        return
    print("installing the rivals into bench/.venv-tables", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    installed.write_text(REQUIREMENTS.read_text())


def version(method, binary):
    """Name and version of the program or package."""
    if method == COMMAND:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip()
    package = METHODS[method]
    lines = REQUIREMENTS.read_text().splitlines()
    pins = dict(line.split("#")[0].strip().split("==") for line in lines)
    return f"{package} {pins[package]}"


def journal(folder):
    """The lines of the experiment."""
    path = folder / "journal.jsonl"
    if not path.exists():
        sys.exit(f"imputation.py: {path}: not there: run unsmudge reproduce imputation first")
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
    return [line for line in lines if "hiding" in line]


def files(folder, record):
    """The whole table, and the one with holes without its ending."""
    hiding, percent = record["hiding"], round(100 * record["hiding"]["rate"])
    name = f"{record['table']}-{hiding['mechanism']}-{percent}-{record['mask']}"
    return folder / "imputation" / f"{record['table']}.csv", folder / "imputation" / name


def check(folder):
    """Exits with 1 where our scores are others than those of the journal."""
    worst = 0.0
    for record in journal(folder):
        whole, name = files(folder, record)
        ours = next(of for of in record["scores"] if of["method"] == "unsmudge")
        found = scores("unsmudge", record, whole, f"{name}.csv", f"{name}-filled.csv")
        pairs = [(ours, found), *zip(ours["columns"], found["columns"], strict=True)]
        for one, other in pairs:
            for key in set(one) - {"seconds"}:
                a, b = one[key], other[key]
                if isinstance(a, float) and isinstance(b, float):
                    worst = max(worst, abs(a - b) / max(abs(a), 1.0))
                elif key != "columns" and a != b:
                    sys.exit(f"imputation.py: {name}: {key} is {b}, in the journal {a}")
    print(f"greatest difference {worst:.1e}")
    sys.exit(worst > 1e-5)


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


def measured(record, method, folder, arguments):
    """The line of one method on one table with holes."""
    whole, name = files(folder, record)
    holes, threads = f"{name}.csv", len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        out = scratch / "filled.csv"
        if method == COMMAND:
            command = [arguments.unsmudge, "impute", holes, "-o", out, "-q"]
        else:
            command = [PYTHON, BENCH / "tables" / "methods.py", method, holes,
                       json.dumps(record["categories"]), out, threads]
        last, seconds, megabytes, failure = watched(command, arguments.limit, scratch)
        found = None
        if failure is None:
            if method != COMMAND:
                seconds = float(last)
            try:
                found = scores(method, record, whole, holes, out)
            except ValueError as error:
                failure = f"failed: {error}"
    return {"table": record["table"], "hiding": record["hiding"], "mask": record["mask"],
            "method": method, "version": version(method, arguments.unsmudge), "failure": failure,
            "scores": found, "seconds": seconds, "megabytes": megabytes}


def key(line, method):
    return line["table"], line["hiding"]["mechanism"], line["hiding"]["rate"], line["mask"], method


def run(folder, arguments):
    records = journal(folder)
    methods = [*METHODS, *([COMMAND] if arguments.unsmudge else [])]
    with open(folder / "rivals.jsonl", "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.seek(0)
        text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        file.truncate(len(whole))  # an incomplete last line, left by a killed process
        lines = [json.loads(line) for line in whole.splitlines()]
        known = {key(line, line["method"]) for line in lines}
        for record in records:
            for method in methods:
                what = f"{files(folder, record)[1].name} {method}"
                if key(record, method) in known or arguments.only not in what:
                    continue
                line = measured(record, method, folder, arguments)
                file.write(json.dumps(line).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
                found = line["scores"] or {}
                told = [f"{found[name]:.3f}" for name in ("nrmse", "error")
                        if found.get(name) is not None]
                print(f"{what}: {line['failure'] or ' / '.join(told)}, {line['seconds']:.1f} s, "
                      f"{line['megabytes']:.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default="", metavar="TEXT", help="only runs whose name has TEXT")
    parser.add_argument("--unsmudge", type=Path, metavar="BINARY",
                        help="measure `unsmudge impute` as a whole command too")
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tables", type=Path, metavar="FOLDER")
    parser.add_argument("--source", type=Path, default=SOURCE, metavar="FOLDER")
    arguments = parser.parse_args()
    if (arguments.folder is None) == (arguments.tables is None):
        parser.error("either the folder of the experiment, or --tables")
    if arguments.check:
        check(arguments.folder)
    environment()
    if arguments.tables:
        script = BENCH / "tables" / "data.py"
        subprocess.run([PYTHON, script, arguments.tables, arguments.source], check=True)
    else:
        run(arguments.folder, arguments)


if __name__ == "__main__":
    main()
