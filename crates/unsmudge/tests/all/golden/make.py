"""Makes torch.json beside it: what PyTorch learns from the same weights, order and noise.

    python make.py            # needs torch and numpy; takes seconds

Random numbers, initial weights, order and noise are written anew here, in numpy, from their
definitions: Philox4x32-10 (Salmon et al. 2011) with counter (column / 4, row, epoch, purpose |
layer | part | row's upper bits) and the seed as key. Losses, gradients, clipping and updates are
PyTorch's own (autograd, clip_grad_norm_, torch.optim), in float64, so that what differs is ours.
"""

import json
import pathlib

import numpy as np
import torch
from torch.nn import functional

N_INPUTS, N_HIDDEN, N_ROWS, BATCH, N_STEPS = 24, 10, 60, 20, 20
WEIGHTS, ORDER, NOISE, SAMPLE = 1, 2, 3, 7  # purposes
SEED, DATA_SEED = 1234567890123, 77

CASES = {
    "tied sigmoid cross-entropy bernoulli sgd": dict(
        tied=True, activation="sigmoid", loss="cross-entropy", corruption="bernoulli:0.3",
        optimizer="sgd", rate=0.1),
    "untied tanh squared-error masking adam": dict(
        tied=False, activation="tanh", loss="squared-error", corruption="masking:0.25",
        optimizer="adam", rate=0.001),
    "untied relu cross-entropy momentum": dict(
        tied=False, activation="relu", loss="cross-entropy", corruption="bernoulli:0.2",
        optimizer="momentum:0.9", rate=0.02),
    "tied tanh cross-entropy nesterov l2 clip": dict(
        tied=True, activation="tanh", loss="cross-entropy", corruption="masking:0.5",
        optimizer="nesterov:0.9", rate=0.05, l2=0.01, clip=0.5),
    "tied softplus squared-error adamw": dict(
        tied=True, activation="softplus", loss="squared-error", corruption="none",
        optimizer="adamw:0.1", rate=0.002),
}


def philox(counter, key):
    """Philox4x32-10 of four uint64 arrays that hold 32-bit words."""
    a, b, c, d = counter
    low, high = key & 0xFFFFFFFF, key >> 32
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        left, right = np.uint64(0xD2511F53) * a, np.uint64(0xCD9E8D57) * c
        a, b, c, d = (
            (right >> np.uint64(32)) ^ b ^ np.uint64(low), right & mask,
            (left >> np.uint64(32)) ^ d ^ np.uint64(high), left & mask)
        low, high = (low + 0x9E3779B9) & 0xFFFFFFFF, (high + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


def words(n, seed, purpose, part=0, epoch=0, row=0):
    """The numbers of columns 0..n of one key."""
    blocks = np.arange((n + 3) // 4, dtype=np.uint64)
    full = lambda x: np.full_like(blocks, x)
    last = purpose << 24 | part << 8 | row >> 32
    out = philox((blocks, full(row & 0xFFFFFFFF), full(epoch), full(last)), seed)
    return np.stack(out, axis=1).ravel()[:n]


def unit(w):
    return (w >> np.uint64(8)).astype(np.float64) / 2**24


def below(word, n):
    return int(word) * n >> 32


def permutation(n, epoch):
    order, w = list(range(n)), words(n, SEED, ORDER, epoch=epoch)
    for last in range(n - 1, 0, -1):
        other = below(w[last], last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def initial_weights(n_rows, n_columns, limit, part):
    rows = [words(n_columns, SEED, WEIGHTS, part=part, row=i) for i in range(n_rows)]
    limit = np.float32(limit)
    return limit * (np.float32(2) * unit(np.stack(rows)).astype(np.float32) - np.float32(1))


def limit(n_in, n_out, activation):
    if activation == "relu":
        return (6 / n_in) ** 0.5
    return (4 if activation == "sigmoid" else 1) * (6 / (n_in + n_out)) ** 0.5


def corrupt(x, corruption, epoch, row):
    kind, _, amount = corruption.partition(":")
    x = x.copy()
    if kind == "bernoulli":
        x[unit(words(len(x), SEED, NOISE, epoch=epoch, row=row)) < np.float32(amount)] = 0
    elif kind == "masking":
        n = int(np.floor(float(np.float32(amount)) * len(x) + 0.5))
        places = list(range(len(x)))
        for i, word in enumerate(words(n, SEED, NOISE, epoch=epoch, row=row)):
            j = i + below(word, len(x) - i)
            places[i], places[j] = places[j], places[i]
        x[places[:n]] = 0
    return x


def make_optimizer(case, weights, biases):
    kind, _, number = case["optimizer"].partition(":")
    rate, l2 = case["rate"], case.get("l2", 0.0)
    if kind == "adam":
        return torch.optim.Adam(weights + biases, lr=rate)
    if kind == "adamw":
        return torch.optim.AdamW(weights + biases, lr=rate, weight_decay=float(number))
    # Weights are penalised, biases are not.
    groups = [dict(params=weights, weight_decay=l2), dict(params=biases, weight_decay=0.0)]
    return torch.optim.SGD(groups, lr=rate, momentum=float(number or 0), nesterov=kind == "nesterov")


def train(case):
    activation, loss_name = case["activation"], case["loss"]
    decoder = "sigmoid" if loss_name == "cross-entropy" else "identity"
    data = np.stack([unit(words(N_INPUTS, DATA_SEED, SAMPLE, row=i)) for i in range(N_ROWS)])
    tensor = lambda a: torch.nn.Parameter(torch.tensor(a, dtype=torch.float64))
    w = tensor(initial_weights(N_HIDDEN, N_INPUTS, limit(N_INPUTS, N_HIDDEN, activation), 0))
    v = tensor(initial_weights(N_INPUTS, N_HIDDEN, limit(N_HIDDEN, N_INPUTS, decoder), 1))
    b, c = tensor(np.zeros(N_HIDDEN)), tensor(np.zeros(N_INPUTS))
    weights = [w] if case["tied"] else [w, v]
    optimizer = make_optimizer(case, weights, [b, c])
    losses, after = [], {}
    for step in range(N_STEPS):
        epoch, batch = divmod(step, N_ROWS // BATCH)
        rows = permutation(N_ROWS, epoch)[batch * BATCH:(batch + 1) * BATCH]
        clean = torch.tensor(data[rows])
        noisy = torch.tensor(np.stack([corrupt(data[r], case["corruption"], epoch, r) for r in rows]))
        hidden = getattr(functional, activation)(functional.linear(noisy, w, b))
        output = functional.linear(hidden, w.T if case["tied"] else v, c)
        if loss_name == "cross-entropy":
            sums = functional.binary_cross_entropy_with_logits(output, clean, reduction="none")
        else:
            sums = functional.mse_loss(output, clean, reduction="none")
        loss = sums.sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        if "clip" in case:
            norm = torch.nn.utils.clip_grad_norm_(weights + [b, c], case["clip"])
            assert step > 0 or norm > case["clip"], "the case clips nothing"
        optimizer.step()
        losses.append(loss.item())
        if step + 1 in (1, N_STEPS):
            named = {"encoder.weights": w, "encoder.bias": b, "decoder.bias": c}
            if not case["tied"]:
                named["decoder.weights"] = v
            flat = {k: t.detach().numpy().ravel().tolist() for k, t in named.items()}
            after[str(step + 1)] = {k: [float(f"{x:.9g}") for x in t] for k, t in flat.items()}
    return dict(settings=case, losses=losses, tensors_after=after)


def main():
    found = [int(x) for x in np.array(philox([np.zeros(1, np.uint64)] * 4, 0)).ravel()]
    assert found == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8], "Random123's known answer"
    golden = dict(
        made_by="make.py", torch=torch.__version__, numpy=np.__version__, precision="float64",
        n_inputs=N_INPUTS, n_hidden=N_HIDDEN, n_rows=N_ROWS, batch=BATCH, seed=SEED,
        data_seed=DATA_SEED, cases={name: train(case) for name, case in CASES.items()})
    path = pathlib.Path(__file__).with_name("torch.json")
    text = json.dumps(golden, indent=1)
    # One line for each list of numbers.
    lines = text.split("\n")
    out, in_list = [], False
    for line in lines:
        if in_list:
            out[-1] += line.strip().replace(",", ", ")
        else:
            out.append(line)
        in_list = (in_list or "[" in line) and "]" not in line
    path.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
