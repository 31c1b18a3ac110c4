"""Prepares tables for `unsmudge reproduce imputation`: data.py FOLDER SOURCE

SOURCE holds files of the UCI repository: auto_imports.csv, horse-colic.data, winequality-red.csv,
adult-train.csv, pima-indians-diabetes.data.csv; files that are not there are left out. diabetes,
breast cancer and iris are scikit-learn's, without targets except the species of iris.
"""

import csv
import shutil
import sys
from pathlib import Path

from sklearn import datasets

COPIES = {"auto_imports.csv": "auto.csv", "horse-colic.data": "horse-colic.data",
          "winequality-red.csv": "wine.csv", "adult-train.csv": "adult.csv"}
PIMA = "pima-indians-diabetes.data.csv"
# Glucose, blood pressure, skin, insulin and body mass index: nobody's is 0.
ZEROS_ARE_MISSING = range(1, 6)


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def main():
    folder, source = map(Path, sys.argv[1:])
    folder.mkdir(parents=True, exist_ok=True)
    for name, copy in COPIES.items():
        if (source / name).exists():
            shutil.copyfile(source / name, folder / copy)
    if (source / PIMA).exists():
        with open(source / PIMA, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        for row in rows:
            for j in ZEROS_ARE_MISSING:
                if float(row[j]) == 0.0:
                    row[j] = ""
        names = ["pregnancies", "glucose", "pressure", "skin", "insulin", "bmi", "pedigree", "age",
                 "diabetic"]
        write(folder / "pima.csv", names, rows)
    for name, found in [("diabetes", datasets.load_diabetes(scaled=False)),
                        ("breast-cancer", datasets.load_breast_cancer())]:
        write(folder / f"{name}.csv", found.feature_names, found.data.tolist())
    iris = datasets.load_iris()
    species = [iris.target_names[k] for k in iris.target]
    rows = [[*row, word] for row, word in zip(iris.data.tolist(), species)]
    write(folder / "iris.csv", [*iris.feature_names, "species"], rows)
    print("\n".join(sorted(path.name for path in folder.iterdir())))


if __name__ == "__main__":
    main()
