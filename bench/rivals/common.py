"""Common parts of the Python programs: arguments, reading of data, and the protocol with
run.py. A rival starts once for a case, warms up, and says so with a line of JSON; then it does a
run for every line it reads, which is a seed, and answers with a line. By hand: 0 and Enter is a run,
Ctrl-D the end.

What `seconds` counts is what `unsmudge train` counts: the epochs with the held-out loss after each;
not imports, not reading the data, not compilation, not warm-up.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

EVALUATION_BATCH = 256  # as in unsmudge
WARM_UP_STEPS = 50


def arguments(*own):
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["train", "tune", "recipe", "encode"])
    parser.add_argument("--data", type=Path, required=True, help="an NPY file or an IDX folder")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--hidden", type=lambda text: [int(n) for n in text.split(",")])
    parser.add_argument("--tied", action="store_true")
    parser.add_argument("--loss", default="cross-entropy")
    parser.add_argument("--corruption", type=noise, default=("none", 0.0))
    parser.add_argument("--optimizer", default="sgd")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--epochs", type=int, help="of each layer")
    parser.add_argument("--tune-batch", type=int)
    parser.add_argument("--tune-rate", type=float)
    parser.add_argument("--tune-epochs", type=int)
    parser.add_argument("--error", type=float, help="stop once the held-out error is that low")
    parser.add_argument("--valid", type=int)
    parser.add_argument("--model")
    parser.add_argument("--out")
    for name in own:
        parser.add_argument(name, action="store_true")
    return parser.parse_args()


def noise(text):
    """`none`, `bernoulli:NU` or `gaussian:SIGMA`."""
    kind, _, amount = text.partition(":")
    return kind, float(amount or 0)


def read_inputs(path, part="train"):
    """n x d float32: bytes become [0, 1], floats stay as they are."""
    if path.is_dir():
        cells = read_idx(path / f"{part}-images-idx3-ubyte")
    else:
        cells = np.load(path)
    inputs = cells.reshape(len(cells), -1).astype(np.float32)
    return inputs / 255 if cells.dtype == np.uint8 else inputs


def read_labels(path, part="train"):
    return read_idx(path / f"{part}-labels-idx1-ubyte").astype(np.int64)


def read_idx(path):
    data = path.read_bytes()
    shape = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_encoder(path):
    """W and b of an unsmudge model, which is a safetensors file."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    tensors = []
    for name in ("layer.1.encoder.weights", "layer.1.encoder.bias"):
        first, last = header[name]["data_offsets"]
        values = np.frombuffer(data[8 + size + first : 8 + size + last], np.float32)
        tensors.append(values.reshape(header[name]["shape"]))
    return tensors


def reach(n_inputs, n_outputs, is_linear=False):
    """Initial weights are uniform on +- this, as in unsmudge: of sigmoids, or of linear units."""
    return (1 if is_linear else 4) * (6 / (n_inputs + n_outputs)) ** 0.5


def since_start():
    """Seconds since run.py started this process; CLOCK_MONOTONIC is one for all processes."""
    return time.monotonic() - float(os.environ.get("BENCH_STARTED", time.monotonic()))


def say(record):
    # VmHWM, not ru_maxrss, which a process inherits from its parent.
    status = Path("/proc/self/status").read_text()
    record["peak_rss_mb"] = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps(record), flush=True)


def serve(ready, run):
    """`ready` is the result of the warm-up, `run` does one run."""
    say({"ready": True} | ready)
    for line in sys.stdin:
        say(run(int(line)))
