"""Prepares a run: our binary, the other systems, the data, the peak of the machine."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
CACHE = BENCH / ".cache"
MNIST = ROOT.parent / "shared" / "data" / "mnist"
BINARY = ROOT / "target" / "release" / "unsmudge"
PYTHON = BENCH / ".venv" / "bin" / "python"
BURN = BENCH / "rivals" / "burn"


def say(text):
    print(text, file=sys.stderr, flush=True)


def build():
    say("building unsmudge")
    subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "unsmudge-cli"],
                   cwd=ROOT, check=True)


def build_burn():
    say("building the rival in burn: minutes at first")
    subprocess.run(["cargo", "build", "--release", "--quiet", "--locked"], cwd=BURN, check=True)


def install_package():
    say("building our Python package: minutes at first")
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps",
                    ROOT / "crates" / "unsmudge-python"], check=True)


def environment():
    """bench/.venv with the packages of requirements.txt."""
    lines = (BENCH / "requirements.txt").read_text().splitlines()
    pins = dict(line.split("#")[0].strip().split("==") for line in lines)
    if not PYTHON.exists():
        say("making bench/.venv")
        subprocess.run([sys.executable, "-m", "venv", BENCH / ".venv"], check=True)
    check = f"import importlib.metadata as m; print(*map(m.version, {list(pins)}))"
    found = subprocess.run([PYTHON, "-c", check], capture_output=True, text=True)
    if found.stdout.split() != list(pins.values()):
        say("installing the rivals into bench/.venv: some gigabytes")
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "-r",
                        BENCH / "requirements.txt"], check=True)


def data(name, n_rows):
    """The data of a case: `mnist`, or a kind of data.py with its columns."""
    if name == "mnist":
        return mnist_part(n_rows)
    kind, n_columns = name.split("-")
    path = CACHE / f"{name}-{n_rows}.npy"
    if not path.exists():
        say(f"making {path.name}")
        subprocess.run([PYTHON, BENCH / "data.py", kind, str(n_rows), n_columns, path], check=True)
    return path


def mnist_part(n_rows):
    """A folder with the first rows of every IDX file, unpacked."""
    source = digits()
    part = CACHE / f"{source.name}-{n_rows}"
    part.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*-ubyte*"):
        to = part / path.name.removesuffix(".gz")
        if to.exists():
            continue
        cells = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
        n_dimensions = cells[3]
        sizes = [int.from_bytes(cells[4 + 4 * i:8 + 4 * i], "big") for i in range(n_dimensions)]
        kept, row = min(n_rows, sizes[0]), 1
        for size in sizes[1:]:
            row *= size
        first = 4 + 4 * n_dimensions
        head = cells[:4] + kept.to_bytes(4, "big") + cells[8:first]
        to.write_bytes(head + cells[first:first + kept * row])
    return part


def digits():
    """MNIST; generated digits if it is missing."""
    if MNIST.is_dir():
        return MNIST
    folder = CACHE / "drawn"
    if not folder.is_dir():
        say("drawing digits")
        subprocess.run([BINARY, "problem", "basic", "--out", folder, "--size", "60000,1,10000",
                        "-q"], check=True)
        for path in folder.glob("valid-*"):
            path.unlink()
    return folder


def peaks(threads):
    """GFLOP/s of f32, and of bf16 where the processor has it, for each number of threads."""
    program = CACHE / "peak"
    subprocess.run([os.environ.get("CC", "cc"), "-O3", "-march=native", "-pthread", "-o", program,
                    BENCH / "peak.c"], check=True)
    return {n: json.loads(subprocess.run([program, str(n)], capture_output=True, check=True).stdout)
            for n in threads}
