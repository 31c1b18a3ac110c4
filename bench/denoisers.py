"""Wavelets and BM3D on the digits with noise that `unsmudge reproduce deep-relu` leaves in FOLDER.

    python3 bench/denoisers.py FOLDER [--quick]

FOLDER holds clean-PART.npy and noisy-PART.npy of validation and test digits. Each method's
settings are chosen on validation digits alone; it restores some test digits once. One JSON line for
each method is added to FOLDER/rivals.jsonl, and the first digits that it restored are written as
restored-METHOD.npy, from which the same `unsmudge reproduce` draws them; lines that are there are
not computed again. The packages of requirements-denoisers.txt are installed into
bench/.venv-denoisers the first time.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH / "tables"))
import rivals  # noqa: E402

try:
    import numpy
except ImportError:  # it is in the environment, in which main starts this again
    numpy = None

REQUIREMENTS = BENCH / "requirements-denoisers.txt"
ENVIRONMENT = BENCH / ".venv-denoisers"
# Digits that settings are compared on, that are measured, and that are drawn: BM3D takes a second
# for a digit.
N_CHOOSING, N_MEASURED, N_SHOWN = 60, 500, 12
# Student's t of 15 degrees of freedom, which stands for all above in the journal too.
QUANTILE = 2.131


def wavelets(digit, sigma, wavelet, threshold, shifts):
    from skimage.restoration import cycle_spin, denoise_wavelet

    settings = {"sigma": sigma, "wavelet": wavelet, "method": threshold, "mode": "soft"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a digit has room for few levels of long wavelets
        return cycle_spin(digit, func=denoise_wavelet, max_shifts=shifts, func_kw=settings,
                          num_workers=1)


def bm3d(digit, sigma):
    from bm3d import bm3d as denoise

    return denoise(digit, sigma)


METHODS = {
    "wavelets": (wavelets, {
        "sigma": [0.1, 0.15, 0.2, 0.3, 0.4, 0.5],
        "wavelet": ["haar", "db2", "sym4"],
        "threshold": ["BayesShrink", "VisuShrink"],
        "shifts": [3],
    }, ["scikit-image", "PyWavelets"]),
    "BM3D": (bm3d, {"sigma": [0.25, 0.3, 0.35, 0.4]}, ["bm3d"]),
}


def restored(function, settings, digits):
    of_digit = [function(digit.reshape(28, 28), **settings).ravel() for digit in digits]
    return numpy.clip(numpy.array(of_digit), 0.0, 1.0)


def errors(clean, digits):
    return ((clean - digits) ** 2).sum(axis=1)


def run(folder, is_quick):
    def read(part, n):
        """Evenly spaced digits: those of MNIST become more difficult half way."""
        both = [numpy.load(folder / f"{kind}-{part}.npy").astype(numpy.float64)
                for kind in ("clean", "noisy")]
        rows = numpy.linspace(0, len(both[0]) - 1, min(n, len(both[0]))).astype(int)
        return [digits[rows] for digits in both]

    path = folder / "rivals.jsonl"
    known = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for method, (function, grid, packages) in METHODS.items():
        if any(line["method"] == method for line in known):
            continue
        started = time.monotonic()
        clean, noisy = read("valid", 10 if is_quick else N_CHOOSING)
        best = None
        for values in itertools.product(*grid.values()):
            settings = dict(zip(grid, values))
            error = float(errors(clean, restored(function, settings, noisy)).mean())
            print(f"{method} {settings}: {error:.2f}", file=sys.stderr, flush=True)
            if best is None or error < best[0]:
                best = error, settings
        error, settings = best
        clean, noisy = read("test", 50 if is_quick else N_MEASURED)
        of_test = errors(clean, restored(function, settings, noisy))
        deviation = of_test.std(ddof=1) / len(of_test) ** 0.5
        shown = restored(function, settings, numpy.load(folder / "noisy-test.npy")[:N_SHOWN])
        numpy.save(folder / f"restored-{method}.npy", shown.astype(numpy.float32))
        line = {
            "method": method,
            "version": ", ".join(f"{package} {version(package)}" for package in packages),
            "chosen": settings,
            "valid": error,
            "test": {"mean": float(of_test.mean()), "interval": QUANTILE * float(deviation),
                     "n": len(of_test)},
            "seconds": time.monotonic() - started,
        }
        with path.open("a") as journal:
            journal.write(json.dumps(line) + "\n")
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="fewer digits")
    arguments = parser.parse_args()
    if not (arguments.folder / "noisy-test.npy").exists():
        raise SystemExit(f"denoisers.py: {arguments.folder}: no noisy-test.npy: run unsmudge "
                         "reproduce deep-relu into this folder")
    python = rivals.environment(REQUIREMENTS, ENVIRONMENT)
    if Path(sys.prefix) != python.parent.parent:
        os.execv(python, [python, *sys.argv])
    run(arguments.folder, arguments.quick)


if __name__ == "__main__":
    main()
