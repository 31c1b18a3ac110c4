"""The support vector machines of Table 1, by scikit-learn, on files that `unsmudge problem` wrote.

    python3 bench/svm.py FOLDER --out JOURNAL [--kernel rbf|poly] [--quick]

FOLDER holds IDX files (train, valid, t10k). Hyper-parameters are chosen on the validation rows
alone; the test rows are looked at once. One JSON line for each trial and for the result is added to
JOURNAL; trials that are there are not repeated. Needs numpy and scikit-learn.
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
    "rbf": [(c, gamma) for c in (1.0, 10.0, 100.0) for gamma in (0.005, 0.01, 0.02, 0.05)],
    "poly": [(c, degree) for c in (0.1, 1.0, 10.0) for degree in (2, 3, 4)],
}
QUICK = {"rbf": [(10.0, 0.02)], "poly": [(1.0, 3)]}


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


def machine(kernel, c, shape):
    if kernel == "rbf":
        return SVC(C=c, kernel="rbf", gamma=shape, cache_size=2000)
    return SVC(C=c, kernel="poly", degree=int(shape), gamma="scale", coef0=1.0, cache_size=2000)


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
    if any("test_error" in record for record in mine):
        return
    (x, y), (valid_x, valid_y), (test_x, test_y) = parts(arguments.folder, arguments.valid)
    best = None
    with arguments.out.open("a") as journal:

        def add(record):
            journal.write(json.dumps({"problem": name, "kernel": arguments.kernel, **record}) + "\n")
            journal.flush()
            print(record, flush=True)

        for c, shape in (QUICK if arguments.quick else GRID)[arguments.kernel]:
            done = [r for r in mine if (r.get("C"), r.get("shape")) == (c, shape)]
            if done:
                trial = done[0]
            else:
                started = time.monotonic()
                fitted = machine(arguments.kernel, c, shape).fit(x, y)
                error = float(numpy.mean(fitted.predict(valid_x) != valid_y))
                seconds = time.monotonic() - started
                trial = {"C": c, "shape": shape, "valid_error": error, "seconds": seconds}
                add(trial)
            if best is None or trial["valid_error"] < best["valid_error"]:
                best = trial
        started = time.monotonic()
        fitted = machine(arguments.kernel, best["C"], best["shape"]).fit(x, y)
        error = float(numpy.mean(fitted.predict(test_x) != test_y))
        interval = 1.96 * math.sqrt(error * (1 - error) / len(test_y))
        add({
            "chosen": {"C": best["C"], "shape": best["shape"]},
            "test_error": error,
            "interval": interval,
            "n_test": len(test_y),
            "seconds": time.monotonic() - started,
            "scikit_learn": sklearn.__version__,
        })


if __name__ == "__main__":
    main()
