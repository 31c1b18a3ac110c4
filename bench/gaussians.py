"""Samples of PCA and Gaussians, the rival of `unsmudge reproduce samples`, by scikit-learn.

    python3 bench/gaussians.py FOLDER

FOLDER holds pixels-PART.npy and classes-PART.npy of training and validation digits. For each class:
the digits in the first principal components of all digits, a mixture of Gaussians with full
covariances there, and its samples taken back to pixels. The numbers of components and of Gaussians
are chosen by the log density of validation digits, of which what PCA leaves counts as normal noise.
As many samples as the journal asks for are written as gaussians-samples.npy and
gaussians-classes.npy, and a JSON line into rivals.jsonl; the same `unsmudge reproduce` then measures
them. Needs numpy and scikit-learn.
"""

import argparse
import json
import time
from pathlib import Path

import numpy
import sklearn
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

GRID = [(axes, gaussians) for axes in (30, 40, 60) for gaussians in (10, 20, 40)]
SEED = 0
SMALLEST_VARIANCE = 16.0  # added to that of each axis; pixels go from 0 to 255


def fitted(codes, classes, n_gaussians):
    """A mixture for each class; fewer Gaussians where a class has few digits."""
    mixtures = []
    for one in range(classes.max() + 1):
        mine = codes[classes == one]
        n = max(1, min(n_gaussians, len(mine) // (2 * codes.shape[1])))
        mixtures.append(GaussianMixture(n, reg_covar=SMALLEST_VARIANCE, random_state=SEED).fit(mine))
    return mixtures


def log_density(pca, mixtures, digits, classes):
    """Mean log density of digits given their classes, by PCA's probabilistic model of the rest."""
    codes = pca.transform(digits)
    rest = digits - pca.inverse_transform(codes)
    n_rest = digits.shape[1] - codes.shape[1]
    squares = (rest**2).sum(axis=1) / pca.noise_variance_
    of_rest = -0.5 * (squares + n_rest * numpy.log(2.0 * numpy.pi * pca.noise_variance_))
    of_codes = numpy.empty(len(digits))
    for one, mixture in enumerate(mixtures):
        mine = classes == one
        if mine.any():
            of_codes[mine] = mixture.score_samples(codes[mine])
    return float((of_codes + of_rest).mean())


def run(folder, n):
    def read(part):
        pixels = numpy.load(folder / f"pixels-{part}.npy").astype(numpy.float64)
        return pixels, numpy.load(folder / f"classes-{part}.npy").ravel().astype(int)

    started = time.monotonic()
    (train, of_train), (valid, of_valid) = read("train"), read("valid")
    best = None
    for n_axes, n_gaussians in GRID:
        pca = PCA(n_axes, random_state=SEED).fit(train)
        mixtures = fitted(pca.transform(train), of_train, n_gaussians)
        density = log_density(pca, mixtures, valid, of_valid)
        print(f"{n_axes} components, {n_gaussians} Gaussians a class: {density:.1f}", flush=True)
        if best is None or density > best[0]:
            best = density, pca, mixtures
    density, pca, mixtures = best
    # One class after the other, as the model's samples are: every k-th has all of them.
    classes = numpy.arange(n) * len(mixtures) // n
    samples = numpy.empty((n, train.shape[1]), dtype=numpy.float32)
    for one, mixture in enumerate(mixtures):
        mine = classes == one
        samples[mine] = pca.inverse_transform(mixture.sample(int(mine.sum()))[0])
    numpy.save(folder / "gaussians-classes.npy", classes.astype(numpy.float32)[:, None])
    numpy.save(folder / "gaussians-samples.npy", numpy.clip(samples, 0.0, 255.0))
    line = {
        "generator": "gaussians",
        "n_components": int(pca.n_components_),
        "n_gaussians": max(mixture.n_components for mixture in mixtures),
        "valid_density": density,
        "seconds": time.monotonic() - started,
        "scikit_learn": sklearn.__version__,
    }
    with (folder / "rivals.jsonl").open("a") as journal:
        journal.write(json.dumps(line) + "\n")
    print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    journal = folder / "journal.jsonl"
    if not (journal.exists() and (folder / "pixels-train.npy").exists()):
        raise SystemExit(f"gaussians.py: {folder}: no journal.jsonl with pixels-train.npy: run "
                         "unsmudge reproduce samples into this folder first")
    if (folder / "gaussians-samples.npy").exists():
        raise SystemExit(f"gaussians.py: {folder}: gaussians-samples.npy is there already")
    header = json.loads(journal.read_text().splitlines()[0])
    run(folder, header["settings"]["n_samples"])


if __name__ == "__main__":
    main()
