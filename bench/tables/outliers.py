"""Prepares tables for `unsmudge reproduce anomaly`: outliers.py FOLDER SOURCE

SOURCE holds sets of ADBench as NumPy archives, X and y, such as 38_thyroid.npz. Numbers are written
as they are, with y as the last column, `outlier`.
"""

import csv
import sys
from pathlib import Path

import numpy


def main():
    folder, source = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.npz")):
        found = numpy.load(path)
        x, y = found["X"], found["y"].astype(int)
        name = path.stem.split("_", 1)[-1]
        header = [*(f"x{j + 1}" for j in range(x.shape[1])), "outlier"]
        rows = ([*row, label] for row, label in zip(x.tolist(), y.tolist(), strict=True))
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        print(f"{name}: {len(x)} rows, {x.shape[1]} columns, {y.sum()} outliers")


if __name__ == "__main__":
    main()
