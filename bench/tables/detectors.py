"""One method on one part of a table, in a process of its own:
detectors.py METHOD TABLE SPLIT PROTOCOL CATEGORIES SEED OUT. Prints the seconds of training and
scoring. All methods are PyOD's, with its defaults.
"""

import csv
import importlib
import json
import sys
import time
import warnings

import numpy
from coding import Coded
from ranking import parts

# Method: its module.
METHODS = {"IForest": "iforest", "ECOD": "ecod", "COPOD": "copod", "HBOS": "hbos", "KNN": "knn",
           "LOF": "lof", "PCA": "pca", "MCD": "mcd", "OCSVM": "ocsvm", "CBLOF": "cblof",
           "AutoEncoder": "auto_encoder", "DeepSVDD": "deep_svdd"}
# Those of networks, which need torch.
OF_NETWORKS = {"AutoEncoder", "DeepSVDD"}
# Those with functions that are compiled when they run first, which is no part of their seconds.
COMPILED = {"ECOD", "COPOD", "HBOS", "CBLOF"}


def inputs(table, categories, train, test):
    """Both parts, standardised by the rows that are trained on: a column for each number and for
    each level of a category. Missing cells are the mean. Columns that are constant in all these
    rows are left out."""
    coded = Coded(table, categories)
    label = coded.values.shape[1] - 1
    x = coded.one_hot()
    x = x[:, [j != label for j, _ in coded.places]]
    train, test = x[train], x[test]
    mean = numpy.nan_to_num(numpy.nanmean(train, axis=0))
    scale = numpy.nan_to_num(numpy.nanstd(train, axis=0))
    scale[scale < 1e-9] = 1.0
    train, test = (numpy.nan_to_num((part - mean) / scale) for part in (train, test))
    varies = numpy.ptp(numpy.concatenate([train, test]), axis=0) > 0.0
    # In rows: compiled functions are compiled anew for columns.
    return tuple(numpy.ascontiguousarray(part[:, varies]) for part in (train, test))


def detector(method, n_columns, seed):
    found = getattr(importlib.import_module(f"pyod.models.{METHODS[method]}"), method)
    settings = {"n_features": n_columns} if method == "DeepSVDD" else {}
    if method in OF_NETWORKS:
        settings["verbose"] = 0
    if "random_state" in found.__init__.__code__.co_varnames:
        settings["random_state"] = seed
    return found(**settings)


def main():
    method, table, split, protocol, categories, seed, out = sys.argv[1:]
    warnings.filterwarnings("ignore")
    train_rows, test_rows = parts(split)
    train, test = inputs(table, json.loads(categories), train_rows, test_rows)
    if method in COMPILED:
        sample = numpy.random.default_rng(0).normal(size=(200, train.shape[1]))
        detector(method, train.shape[1], 0).fit(sample).decision_function(sample)
    found = detector(method, train.shape[1], int(seed))
    start = time.monotonic()
    found.fit(train)
    # A row that is trained on is not its own neighbour.
    scores = found.decision_scores_ if protocol == "unsup" else found.decision_function(test)
    seconds = time.monotonic() - start
    with open(out, "w", newline="", encoding="utf-8") as file:
        rows = ([row + 1, float(score)] for row, score in zip(test_rows, scores, strict=True))
        csv.writer(file, lineterminator="\n").writerows([["row", "score"], *rows])
    print(seconds)


if __name__ == "__main__":
    main()
