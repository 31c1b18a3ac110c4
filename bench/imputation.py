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
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH / "tables"))
import rivals  # noqa: E402
from rivals import PYTHON  # noqa: E402
from scores import scores  # noqa: E402

SOURCE = BENCH.parent.parent / "shared" / "data" / "tables"
COMMAND = "unsmudge impute"
# Those of tables/methods.py, with the package that is named in results.
METHODS = {"KNN 5": "scikit-learn", "KNN 10": "scikit-learn", "chained ridge": "scikit-learn",
           "chained ridge, levels apart": "scikit-learn", "chained trees": "scikit-learn",
           "MissForest": "scikit-learn", "missforest": "MissForest", "miceforest": "miceforest",
           "gcimpute": "gcimpute", "SoftImpute": "numpy"}


def version(method, binary):
    """Name and version of the program or package."""
    if method == COMMAND:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip()
    return rivals.version(METHODS[method])


def files(folder, record):
    """The whole table, and the one with holes without its ending."""
    hiding, percent = record["hiding"], round(100 * record["hiding"]["rate"])
    name = f"{record['table']}-{hiding['mechanism']}-{percent}-{record['mask']}"
    return folder / "imputation" / f"{record['table']}.csv", folder / "imputation" / name


def check(folder):
    """Exits with 1 where our scores are others than those of the journal."""
    worst = 0.0
    for record in rivals.journal(folder, "imputation", "hiding"):
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
        last, seconds, megabytes, failure = rivals.watched(command, arguments.limit, scratch)
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
    records = rivals.journal(folder, "imputation", "hiding")
    methods = [*METHODS, *([COMMAND] if arguments.unsmudge else [])]
    lines = rivals.Lines(folder)
    known = {key(line, line["method"]) for line in lines.known}
    for record in records:
        for method in methods:
            what = f"{files(folder, record)[1].name} {method}"
            if key(record, method) in known or arguments.only not in what:
                continue
            line = measured(record, method, folder, arguments)
            lines.add(line)
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
    rivals.environment()
    if arguments.tables:
        script = BENCH / "tables" / "data.py"
        subprocess.run([PYTHON, script, arguments.tables, arguments.source], check=True)
    else:
        run(arguments.folder, arguments)


if __name__ == "__main__":
    main()
