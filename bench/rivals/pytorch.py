"""The same work in PyTorch eager, as a careful user writes it: the data is one float32 tensor, an
epoch is one permutation, losses stay tensors until the epoch is over, the update is the fused one.

Prints one JSON object. What `seconds` counts is what `unsmudge train` counts: the epochs with the
held-out loss after each; not imports, not reading the data, not the warm-up.
"""

import argparse
import gzip
import json
import os
import resource
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

EVALUATION_BATCH = 256  # as in unsmudge
WARM_UP_STEPS = 50


def read_images(folder, part):
    """Images of an IDX file as n x 784 float32 in [0, 1]."""
    for name in (f"{part}-images-idx3-ubyte", f"{part}-images-idx3-ubyte.gz"):
        path = Path(folder) / name
        if path.exists():
            data = (gzip.open if name.endswith(".gz") else open)(path, "rb").read()
            shape = np.frombuffer(data, ">u4", 3, 4)
            cells = np.frombuffer(data, np.uint8, offset=16).reshape(shape[0], -1)
            return torch.from_numpy(cells.astype(np.float32)).div_(255)
    raise SystemExit(f"no {part} images in {folder}")


class Autoencoder:
    """784 - hidden - 784, sigmoid, cross-entropy; the weights' start is that of unsmudge."""

    def __init__(self, n_inputs, n_hidden, tied, seed):
        torch.manual_seed(seed)
        reach = 4 * (6 / (n_inputs + n_hidden)) ** 0.5
        self.weights = torch.empty(n_hidden, n_inputs).uniform_(-reach, reach)
        self.bias = torch.zeros(n_hidden)
        self.decoder_bias = torch.zeros(n_inputs)
        self.decoder_weights = None
        if not tied:
            self.decoder_weights = torch.empty(n_inputs, n_hidden).uniform_(-reach, reach)
        for tensor in self.tensors():
            tensor.requires_grad_()

    def tensors(self):
        every = [self.weights, self.bias, self.decoder_weights, self.decoder_bias]
        return [tensor for tensor in every if tensor is not None]

    def encode(self, x):
        return torch.sigmoid(F.linear(x, self.weights, self.bias))

    def loss(self, clean, nu):
        """Sum over components, mean over examples."""
        corrupted = clean
        if nu > 0:
            corrupted = clean * (torch.rand_like(clean) >= nu)  # twice as fast as bernoulli_
        weights = self.weights.t() if self.decoder_weights is None else self.decoder_weights
        logits = F.linear(self.encode(corrupted), weights, self.decoder_bias)
        total = F.binary_cross_entropy_with_logits(logits, clean, reduction="sum")
        return total / len(clean)


def train_epoch(model, optimizer, data, batch, nu, steps=None):
    """Mean loss of the epoch's examples, each taken before its update."""
    order = torch.randperm(len(data))
    total = torch.zeros(())
    for rows in order.split(batch)[:steps]:
        loss = model.loss(data.index_select(0, rows), nu)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(rows)
    return total.item() / len(data)


@torch.no_grad()
def held_out_loss(model, data, nu):
    total = torch.zeros(())
    for clean in data.split(EVALUATION_BATCH):
        total += model.loss(clean, nu) * len(clean)
    return total.item() / len(data)


def train(options, started):
    data = read_images(options.data, "train")
    train, valid = data[: -options.valid], data[-options.valid :]

    def fresh():
        model = Autoencoder(data.shape[1], options.hidden, options.tied, options.seed)
        return model, torch.optim.SGD(model.tensors(), lr=options.rate, fused=True)

    model, optimizer = fresh()
    train_epoch(model, optimizer, train, options.batch, options.nu, steps=1)
    first_update = time.monotonic() - started
    train_epoch(model, optimizer, train, options.batch, options.nu, steps=WARM_UP_STEPS)

    model, optimizer = fresh()
    first = time.perf_counter()
    for _ in range(options.epochs):
        train_loss = train_epoch(model, optimizer, train, options.batch, options.nu)
        valid_loss = held_out_loss(model, valid, options.nu)
    seconds = time.perf_counter() - first
    return {
        "seconds": seconds,
        "samples_per_second": len(train) * options.epochs / seconds,
        "train_loss": train_loss,
        "valid_loss": valid_loss,
        "first_update_seconds": first_update,
    }


def read_encoder(path):
    """W and b of an unsmudge model, which is a safetensors file."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    tensors = []
    for name in ("encoder.weights", "encoder.bias"):
        first, last = header[name]["data_offsets"]
        values = np.frombuffer(data[8 + size + first : 8 + size + last], np.float32)
        tensors.append(torch.from_numpy(values.reshape(header[name]["shape"]).copy()))
    return tensors


@torch.no_grad()
def encode(options):
    data = read_images(options.data, "t10k")
    weights, bias = read_encoder(options.model)
    first = time.perf_counter()
    codes = torch.cat([torch.sigmoid(F.linear(x, weights, bias)) for x in data.split(1000)])
    seconds = time.perf_counter() - first
    np.save(options.out, codes.numpy())
    return {"work_seconds": seconds, "n_rows": len(data)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["train", "encode"])
    parser.add_argument("--data", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--hidden", type=int)
    parser.add_argument("--tied", action="store_true")
    parser.add_argument("--nu", type=float)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--valid", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model")
    parser.add_argument("--out")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    # run.py says when it started this process; CLOCK_MONOTONIC is one for all processes.
    started = float(os.environ.get("BENCH_STARTED", time.monotonic()))
    result = train(options, started) if options.work == "train" else encode(options)
    result["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result["torch"] = torch.__version__
    result["threads"] = torch.get_num_threads()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
