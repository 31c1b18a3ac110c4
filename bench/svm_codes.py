"""Support vector machines, linear and rbf, on the codes written by `unsmudge reproduce layers`.

    python3 bench/svm_codes.py FOLDER [--kernel linear|rbf] [--quick]

FOLDER holds codes-LAYER-PART.npy and classes-PART.npy. C and gamma are chosen on the validation
rows alone; the test rows are looked at once. One JSON line for each trial and for each result is
added to FOLDER/svm.jsonl; lines that are there are not computed again. Needs numpy and
scikit-learn.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy
import sklearn
from sklearn.svm import SVC, LinearSVC

# C for the linear kernel; C and gamma * mean squared distance for rbf, which lets one grid serve
# pixels and codes of any size.
GRID = {
    "linear": [(c, None) for c in (0.001, 0.01, 0.1, 1.0, 10.0)],
    "rbf": [(c, width) for c in (3.0, 30.0) for width in (1.0, 3.0)],
}
QUICK = {"linear": [(0.01, None)], "rbf": [(10.0, 2.0)]}
MOST_ROWS = 500  # of which distances are measured


def read(folder, layer, part):
    codes = numpy.load(folder / f"codes-{layer}-{part}.npy").astype(numpy.float64)
    classes = numpy.load(folder / f"classes-{part}.npy").ravel().astype(int)
    return codes, classes


def machine(kernel, c, width, x):
    if kernel == "linear":
        return LinearSVC(C=c, dual="auto", max_iter=5000)
    some = x[:MOST_ROWS]
    squares = (some**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2.0 * some @ some.T
    return SVC(C=c, kernel="rbf", gamma=width / distances.mean(), cache_size=1000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kernel", choices=sorted(GRID), help="this one only")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    folder = arguments.folder
    names = [path.name for path in folder.glob("codes-*-train.npy")]
    if not names:
        raise SystemExit(f"svm_codes.py: {folder}: no codes-LAYER-train.npy: run unsmudge reproduce layers")
    path = folder / "svm.jsonl"
    known = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    with path.open("a") as journal:

        def add(record):
            journal.write(json.dumps(record) + "\n")
            journal.flush()
            print(record, flush=True)

        for layer in sorted(int(name.split("-")[1]) for name in names):
            for kernel, grid in (QUICK if arguments.quick else GRID).items():
                if arguments.kernel not in (None, kernel):
                    continue
                mine = [r for r in known if (r["layer"], r["kernel"]) == (layer, kernel)]
                if any("test_error" in record for record in mine):
                    continue
                started = time.monotonic()
                of = {"layer": layer, "kernel": kernel}
                parts = {part: read(folder, layer, part) for part in ("train", "valid", "test")}
                best = None
                for c, width in grid:
                    done = [r for r in mine if (r.get("C"), r.get("width")) == (c, width)]
                    if done:
                        trial = done[0]
                    else:
                        fitted = machine(kernel, c, width, parts["train"][0]).fit(*parts["train"])
                        x, y = parts["valid"]
                        error = float(numpy.mean(fitted.predict(x) != y))
                        trial = {**of, "C": c, "width": width, "valid_error": error}
                        add(trial)
                    if best is None or trial["valid_error"] < best["valid_error"]:
                        best = trial
                fitted = machine(kernel, best["C"], best["width"], parts["train"][0])
                fitted = fitted.fit(*parts["train"])
                x, y = parts["test"]
                error = float(numpy.mean(fitted.predict(x) != y))
                add({
                    **of,
                    "chosen": {"C": best["C"], "width": best["width"]},
                    "valid_error": best["valid_error"],
                    "test_error": error,
                    "interval": 1.96 * math.sqrt(error * (1.0 - error) / len(y)),
                    "n_test": len(y),
                    "seconds": time.monotonic() - started,
                    "scikit_learn": sklearn.__version__,
                })


if __name__ == "__main__":
    main()
