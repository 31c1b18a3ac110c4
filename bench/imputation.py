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
# Seconds that a run may take.
LIMIT = 600.0
# The experiment, a key of the lines of its journal that are told, and what makes its tables.
EXPERIMENT, MARK, SCRIPT = "imputation", "hiding", "data.py"
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
    for record in rivals.journal(folder, EXPERIMENT, MARK):
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


def methods():
    """The methods that can be run here."""
    return list(METHODS)


def told(line):
    found = [line["scores"].get(name) for name in ("nrmse", "error")]
    return " / ".join(f"{value:.3f}" for value in found if value is not None)


if __name__ == "__main__":
    rivals.main(sys.modules[__name__])
