"""Scores of filled tables, by the rules of crates/unsmudge-lab/src/experiment/imputation/scores.rs:
errors of numbers in standard deviations of the known cells of their column, shares of wrong
categories. Needs no packages.
"""

import csv
import math


def read(path):
    """The header and the rows of a table, cells as text."""
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def deviation(values):
    if min(values) == max(values):
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


def column_score(name, is_category, known, pairs):
    """Of a column with these known cells, and pairs of a hidden cell and what it was filled with;
    None where there is none, or no scale."""
    score = {"name": name, "n_cells": len(pairs), "error": None, "rmse": None, "mae": None}
    if not pairs:
        return None
    if is_category:
        score["error"] = sum(truth != found for truth, found in pairs) / len(pairs)
        return score
    scale = deviation([float(cell) for cell in known])
    if scale == 0.0:
        return None
    errors = [(float(found) - float(truth)) / scale for truth, found in pairs]
    score["rmse"] = math.sqrt(math.fsum(error**2 for error in errors) / len(errors))
    score["mae"] = math.fsum(map(abs, errors)) / len(errors)
    return score


def mean(weighted):
    n = sum(weight for weight, _ in weighted)
    return math.fsum(weight * value for weight, value in weighted) / n if n else None


def scores(method, record, whole, holes, filled):
    """Scores of the table `filled`, all of them paths; `record` is a line of the journal. Raises
    ValueError for cells that are still empty, or are no numbers."""
    (header, truth), (_, seen), (_, found) = read(whole), read(holes), read(filled)
    if len(found) != len(truth):
        raise ValueError(f"{len(found)} rows instead of {len(truth)}")
    columns = []
    for j, name in enumerate(header):
        known = [row[j] for row in truth if row[j]]
        cells = zip(truth, seen, found)
        pairs = [(a[j], c[j]) for a, b, c in cells if a[j] and not b[j]]
        if any(not cell for _, cell in pairs):
            raise ValueError(f"cells left empty in column {name}")
        columns.append(column_score(name, j in record["categories"], known, pairs))
    columns = [column for column in columns if column]
    numbers = [column for column in columns if column["rmse"] is not None]
    categories = [column for column in columns if column["error"] is not None]
    pooled = mean([(of["n_cells"], of["rmse"] ** 2) for of in numbers])
    return {
        "method": method,
        "nrmse": mean([(1, of["rmse"]) for of in numbers]),
        "pooled_rmse": None if pooled is None else math.sqrt(pooled),
        "mae": mean([(1, of["mae"]) for of in numbers]),
        "error": mean([(1, of["error"]) for of in categories]),
        "pooled_error": mean([(of["n_cells"], of["error"]) for of in categories]),
        "columns": columns,
        "seconds": None,
    }
