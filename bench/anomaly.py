"""Other programs on the rows that `unsmudge reproduce anomaly` tells in FOLDER.

    python3 bench/anomaly.py FOLDER [--only TEXT] [--unsmudge BINARY] [--limit SECONDS]
    python3 bench/anomaly.py FOLDER --check
    python3 bench/anomaly.py --tables FOLDER [--source FOLDER]

Every method is a process of its own, with seconds and peak memory. One JSON line for each table,
protocol, seed and method is added to FOLDER/rivals.jsonl; lines that are there are not computed
again. --check compares the measures of our scores with those of the journal. --tables writes the
tables of our own measurement. The packages of requirements-tables.txt are installed into
bench/.venv-tables the first time; methods of networks run where torch is installed there too.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH / "tables"))
import rivals  # noqa: E402
from ranking import parts, ranking, read  # noqa: E402
from rivals import PYTHON  # noqa: E402

SOURCE = BENCH.parent.parent / "shared" / "data" / "anomaly"
COMMAND = "unsmudge score"
# Seconds that a run may take.
LIMIT = 300.0
# The experiment, a key of the lines of its journal that are told, and what makes its tables.
EXPERIMENT, MARK, SCRIPT = "anomaly", "ranking", "outliers.py"
# Those of tables/detectors.py.
METHODS = ["IForest", "ECOD", "COPOD", "HBOS", "KNN", "LOF", "PCA", "MCD", "OCSVM", "CBLOF"]
OF_NETWORKS = ["AutoEncoder", "DeepSVDD"]


def version(method, binary):
    """Name and version of the program or packages."""
    if method == COMMAND:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.strip()
    packages = rivals.version("pyod")
    return f"{packages}, {torch()}" if method in OF_NETWORKS else packages


def torch():
    """Name and version of torch; None where it is not installed."""
    script = "import torch; print('torch', torch.__version__)"
    said = subprocess.run([PYTHON, "-c", script], capture_output=True, text=True)
    return said.stdout.strip() if said.returncode == 0 else None


def files(folder, record):
    """The table, and its part without the ending."""
    name = f"{record['table']}-{record['protocol']}-{record['seed']}"
    return folder / "anomaly" / f"{record['table']}.csv", folder / "anomaly" / name


def labels(table, rows):
    """Whether each of these rows is unusual."""
    cells = read(table)
    return [cells[row][-1] == "1" for row in rows]


def check(folder):
    """Exits with 1 where our measures are others than those of the journal."""
    worst = 0.0
    for record in rivals.journal(folder, EXPERIMENT, MARK):
        table, name = files(folder, record)
        lines = read(f"{name}-scores.csv")
        is_outlier = labels(table, [int(line[0]) - 1 for line in lines])
        usual = [float(line[2]) for line, is_one in zip(lines, is_outlier) if not is_one]
        up_to = [sum(p <= t / 100 + 1e-9 for p in usual) / len(usual) for t in range(1, 21)]
        reported = [is_one for line, is_one in zip(lines, is_outlier) if float(line[3]) <= 0.1]
        if (record["n_reported"], record["n_false"]) != (len(reported), reported.count(False)):
            sys.exit(f"anomaly.py: {name.name}: {len(reported)} rows reported, in the journal "
                     f"{record['n_reported']}")
        found = ranking([float(line[1]) for line in lines], is_outlier)
        pairs = [*zip(up_to, record["usual_up_to"], strict=True),
                 *((value, record["ranking"][key]) for key, value in found.items())]
        worst = max(worst, *(abs(a - b) for a, b in pairs))
    print(f"greatest difference {worst:.1e}")
    sys.exit(worst > 1e-9)


def our_commands(record, table, name, binary, scratch):
    """The commands of a user who has these rows, the last of which writes the scores."""
    lines = table.read_text().splitlines()
    lines = [line.rsplit(",", 1)[0] for line in lines]
    for part, rows in zip(("train", "test"), parts(f"{name}.csv"), strict=True):
        text = "\n".join([lines[0], *(lines[1 + row] for row in rows)]) + "\n"
        (scratch / f"{part}.csv").write_text(text)
    end = ["-o", scratch / "scores.csv", "-q", "--seed", record["seed"]]
    if record["protocol"] == "unsup":
        return [[binary, "score", scratch / "train.csv", *end]]
    own = ["--clean", "--model", scratch / "model", "-o", scratch / "own.csv", *end[2:]]
    return [[binary, "score", scratch / "train.csv", *own],
            [binary, "score", scratch / "model", scratch / "test.csv", *end[:3]]]


def measured(record, method, folder, arguments):
    """The line of one method on one part of a table."""
    table, name = files(folder, record)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        if method == COMMAND:
            commands = our_commands(record, table, name, arguments.unsmudge, scratch)
        else:
            commands = [[PYTHON, BENCH / "tables" / "detectors.py", method, table, f"{name}.csv",
                         record["protocol"], json.dumps(record["categories"]), record["seed"],
                         scratch / "scores.csv"]]
        seconds, megabytes, found = 0.0, 0.0, None
        for command in commands:
            last, own, peak, failure = rivals.watched(command, arguments.limit - seconds, scratch)
            seconds, megabytes = seconds + own, max(megabytes, peak)
            if failure is not None:
                break
        else:
            if method != COMMAND:
                seconds = float(last)
            scores = [float(line[1]) for line in read(scratch / "scores.csv")]
            try:
                found = ranking(scores, labels(table, parts(f"{name}.csv")[1]))
            except ValueError as error:
                failure = f"failed: {error}"
    return {"table": record["table"], "protocol": record["protocol"], "seed": record["seed"],
            "method": method, "version": version(method, arguments.unsmudge), "failure": failure,
            "ranking": found, "seconds": seconds, "megabytes": megabytes}


def key(line, method):
    return line["table"], line["protocol"], line["seed"], method


def methods():
    """The methods that can be run here."""
    if torch():
        return [*METHODS, *OF_NETWORKS]
    print(f"without {' and '.join(OF_NETWORKS)}: {PYTHON} has no torch", file=sys.stderr)
    return METHODS


def told(line):
    found = line["ranking"]
    return f"AUROC {found['auroc']:.3f}, AUPR {found['aupr']:.3f}"


if __name__ == "__main__":
    rivals.main(sys.modules[__name__])
