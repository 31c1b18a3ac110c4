"""Generates data: `python data.py dense|table|sparse ROWS COLUMNS FILE.npy`, by run.py in its
environment. All have structure to learn, and the same bits every time.

dense   f32 in (0, 1), no cell 0: sigmoids of 20 hidden causes and a little noise.
table   f32, columns of mean 0 and variance 1 from 6 hidden causes: what a small table is after scaling.
sparse  bytes 0 and 255, one cell in a hundred set, columns of a topic together: bags of words.
"""

import sys

import numpy as np


def dense(random, n_rows, n_columns):
    causes = random.standard_normal((n_rows, 20), dtype=np.float32)
    loads = random.standard_normal((20, n_columns), dtype=np.float32)
    noise = 0.2 * random.standard_normal((n_rows, n_columns), dtype=np.float32)
    return 1 / (1 + np.exp(-0.7 * (causes @ loads) - noise))


def table(random, n_rows, n_columns):
    causes = random.standard_normal((n_rows, 6), dtype=np.float32)
    cells = causes @ random.standard_normal((6, n_columns), dtype=np.float32)
    cells += 0.3 * random.standard_normal(cells.shape, dtype=np.float32)
    return (cells - cells.mean(0)) / cells.std(0)


def sparse(random, n_rows, n_columns):
    n_topics, share = 20, 0.01
    of_topic = random.integers(n_topics, size=n_columns)
    topics = random.integers(n_topics, size=n_rows)
    likely = np.where(topics[:, None] == of_topic, 0.5 * n_topics * share, 0.5 * share)
    return np.uint8(255) * (random.random((n_rows, n_columns), dtype=np.float32) < likely)


kind, n_rows, n_columns, path = sys.argv[1:]
make = {"dense": dense, "table": table, "sparse": sparse}[kind]
cells = make(np.random.default_rng(0), int(n_rows), int(n_columns))
np.save(path, cells if cells.dtype == np.uint8 else cells.astype(np.float32))
