"""How well scores tell unusual rows, by the rules of
crates/unsmudge-lab/src/experiment/anomaly/ranking.rs. Needs no packages.
"""

import csv
import itertools
import math


def read(path):
    """The rows of a table without its header, cells as text."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def parts(split):
    """The rows, from 0, that are trained on and tested."""
    rows = {"train": [], "test": []}
    for row, part in read(split):
        rows[part].append(int(row) - 1)
    return rows["train"], rows["test"]


def ranking(scores, is_outlier):
    """Of scores, of which higher ones are more unusual. Raises ValueError for those that are no
    numbers."""
    if len(scores) != len(is_outlier) or any(map(math.isnan, scores)):
        raise ValueError("scores that are missing or no numbers")
    rows = sorted(zip(scores, is_outlier), key=lambda row: -row[0])
    n_unusual = sum(is_outlier)
    n_usual = len(rows) - n_unusual
    above = found = 0
    auroc = aupr = precision = 0.0
    for _, equal in itertools.groupby(rows, key=lambda row: row[0]):
        equal = [is_unusual for _, is_unusual in equal]
        n_equal, unusual = len(equal), sum(equal)
        usual_below = n_usual - (above - found) - (n_equal - unusual)
        auroc += unusual * (usual_below + (n_equal - unusual) / 2)
        aupr += unusual * (found + unusual) / (above + n_equal)
        precision += min(max(n_unusual - above, 0), n_equal) * unusual / n_equal
        above, found = above + n_equal, found + unusual
    return {"auroc": auroc / (n_unusual * n_usual), "aupr": aupr / n_unusual,
            "precision_at_n": precision / n_unusual}
