"""The support vector machines of Table 1, by scikit-learn, on files that `unsmudge problem` wrote.

    python3 bench/svm.py FOLDER --out JOURNAL [--kernel rbf|poly] [--quick]

FOLDER holds IDX files (train, valid, t10k). C, and gamma or degree, are chosen on the validation
rows alone; the machine of the table then looks at the test rows once. One JSON line for each trial
and for the result is added to JOURNAL; trials that are there are not repeated. Kernels are made
here, of dot products that numpy computes once for all trials, which is many times faster than
scikit-learn's own. Needs numpy and scikit-learn, and 4 GB of memory for 10,000 training rows.
"""

import argparse
import gzip
import json
import math
import time
from pathlib import Path

import numpy
import sklearn
from sklearn.svm import SVC

# C, then gamma for rbf (inputs in [0, 1]) or degree for poly.
GRID = {
    "rbf": [(c, g) for c in (1.0, 10.0, 100.0) for g in (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08)],
    "poly": [(c, degree) for c in (0.01, 0.1, 1.0, 10.0) for degree in (2, 3, 4, 6, 8)],
}
QUICK = {"rbf": [(10.0, 0.02)], "poly": [(1.0, 3)]}
BLOCK = 2000  # rows that are looked at together


def read_idx(folder, name):
    """An IDX file of bytes, plain or gzipped, as an array."""
    found = sorted(folder.glob(f"*{name}*"))
    if len(found) != 1:
        raise SystemExit(f"svm.py: {folder}: expected one file *{name}*, found {len(found)}")
    data = found[0].read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    n_sizes = data[3]
    sizes = numpy.frombuffer(data, ">u4", n_sizes, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * n_sizes).reshape(sizes)


def read(folder, part):
    images = read_idx(folder, f"{part}-images")
    labels = read_idx(folder, f"{part}-labels")
    return images.reshape(len(images), -1).astype(numpy.float64) / 255.0, labels


def parts(folder, n_valid):
    """Training, validation and test rows; without a validation file the last training rows are."""
    train = read(folder, "train")
    if any(folder.glob("*valid-images*")):
        valid = read(folder, "valid")
    else:
        valid = tuple(part[-n_valid:] for part in train)
        train = tuple(part[:-n_valid] for part in train)
    test_name = "t10k" if any(folder.glob("*t10k-images*")) else "test"
    return train, valid, read(folder, test_name)


class Rows:
    """Rows beside the training rows: their dot products with them, and their squares."""

    def __init__(self, rows, learned):
        self.dots = rows @ learned.T
        self.squares = (rows * rows).sum(axis=1)


class Machine:
    """An SVM whose kernel is exp(-gamma (distance)^2) or (scale x . y + 1)^degree."""

    def __init__(self, kernel, c, shape, learned):
        self.kernel, self.c, self.shape = kernel, c, shape
        self.squares = (learned * learned).sum(axis=1)
        self.scale = 1.0 / (learned.shape[1] * learned.var())

    def products(self, rows):
        """Kernel of rows and the rows learned from: n_rows x n_learned."""
        if self.kernel == "rbf":
            distances = rows.squares[:, None] + self.squares[None, :] - 2.0 * rows.dots
            return numpy.exp(-self.shape * distances)
        base = self.scale * rows.dots + 1.0
        powers = base.copy()
        for _ in range(int(self.shape) - 1):
            powers *= base
        return powers

    def fit(self, rows, y):
        products = self.products(rows)
        self.svc = SVC(C=self.c, kernel="precomputed", cache_size=1000).fit(products, y)
        return self

    def n_wrong(self, rows, y):
        return int((self.svc.predict(self.products(rows)) != y).sum())


def processor():
    """The processor's model, as the lines say where they were computed."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", help="the problem's name in the journal [default: the folder's]")
    parser.add_argument("--kernel", choices=sorted(GRID), default="rbf")
    parser.add_argument("--valid", type=int, default=200, help="without a validation file")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    name = arguments.name or arguments.folder.name
    lines = arguments.out.read_text().splitlines() if arguments.out.exists() else []
    known = [json.loads(line) for line in lines]
    mine = [r for r in known if r["problem"] == name and r["kernel"] == arguments.kernel]
    if any("test" in record for record in mine):
        return
    (x, y), (valid_x, valid_y), (test_x, test_y) = parts(arguments.folder, arguments.valid)
    best = None
    with arguments.out.open("a") as journal:

        def add(record):
            journal.write(json.dumps({"problem": name, "kernel": arguments.kernel, **record}) + "\n")
            journal.flush()
            print(record, flush=True)

        train_rows, valid_rows = Rows(x, x), Rows(valid_x, x)
        for c, shape in (QUICK if arguments.quick else GRID)[arguments.kernel]:
            done = [r for r in mine if (r.get("C"), r.get("shape")) == (c, shape)]
            if done:
                trial = done[0]
            else:
                started = time.monotonic()
                machine = Machine(arguments.kernel, c, shape, x).fit(train_rows, y)
                error = machine.n_wrong(valid_rows, valid_y) / len(valid_y)
                seconds = time.monotonic() - started
                trial = {"C": c, "shape": shape, "valid_error": error, "seconds": seconds}
                add(trial)
            if best is None or trial["valid_error"] < best["valid_error"]:
                best = trial
        started = time.monotonic()
        machine = Machine(arguments.kernel, best["C"], best["shape"], x).fit(train_rows, y)
        n_wrong = sum(
            machine.n_wrong(Rows(test_x[i : i + BLOCK], x), test_y[i : i + BLOCK])
            for i in range(0, len(test_x), BLOCK)
        )
        error = n_wrong / len(test_y)
        interval = 1.96 * math.sqrt(error * (1 - error) / len(test_y))
        add({
            "chosen": {"C": best["C"], "shape": best["shape"]},
            "test": {"error_rate": error, "interval": interval, "n_examples": len(test_y)},
            "n_candidates": len((QUICK if arguments.quick else GRID)[arguments.kernel]),
            "seconds": time.monotonic() - started,
            "scikit_learn": sklearn.__version__,
            "machine": processor(),
        })


if __name__ == "__main__":
    main()
