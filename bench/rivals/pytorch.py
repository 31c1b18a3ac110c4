"""The same work in PyTorch, as a careful user writes it: the data is one float32 tensor, an epoch
is one permutation, losses stay tensors until the epoch is over, the update is the fused one.

--compile puts the whole step, from the gathering of the batch to the update, through torch.compile
as one graph: on a CPU that is faster than a compiled loss with backward() and a fused update, and
max-autotune is no faster. --bf16 runs the forward pass, and with it the backward one, under autocast
to bfloat16. common.py says how it is talked to and what is timed.
"""

import os
import time
from functools import partial

os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of idle compilers beside us

import numpy as np
import torch
import torch.nn.functional as F

from common import (EVALUATION_BATCH, WARM_UP_STEPS, arguments, reach, read_encoder, read_inputs,
                    read_labels, serve, since_start)


def uniform(n_outputs, n_inputs, is_linear=False):
    limit = reach(n_inputs, n_outputs, is_linear)
    return torch.empty(n_outputs, n_inputs).uniform_(-limit, limit)


def corrupt(clean, kind, amount):
    if kind == "bernoulli":
        return clean * (torch.rand_like(clean) >= amount)  # twice as fast as bernoulli_
    if kind == "gaussian":
        return clean + amount * torch.randn_like(clean)
    return clean


def layer(x, weights, bias):
    return torch.sigmoid(F.linear(x, weights, bias))


class Autoencoder:
    """Sigmoid code; a sigmoid decoder under cross-entropy, a linear one under squared error."""

    def __init__(self, n_inputs, n_hidden, options):
        self.options = options
        self.tensors = [uniform(n_hidden, n_inputs), torch.zeros(n_hidden), torch.zeros(n_inputs)]
        if not options.tied:
            is_linear = options.loss == "squared-error"
            self.tensors.append(uniform(n_inputs, n_hidden, is_linear))

    def loss(self, tensors, clean, _):
        """Sum over components, mean over examples; nothing counts as an error."""
        weights, bias, decoder_bias, *decoder = tensors
        hidden = layer(corrupt(clean, *self.options.corruption), weights, bias)
        output = F.linear(hidden, decoder[0] if decoder else weights.t(), decoder_bias).float()
        if self.options.loss == "squared-error":
            total = F.mse_loss(output, clean, reduction="sum")
        else:
            total = F.binary_cross_entropy_with_logits(output, clean, reduction="sum")
        return total / len(clean), torch.zeros(())


class Network:
    """Sigmoid layers below a softmax whose weights begin at 0."""

    def __init__(self, layers, n_classes):
        n_hidden = layers[-1][0].shape[0]
        head = [torch.zeros(n_classes, n_hidden), torch.zeros(n_classes)]
        self.tensors = [tensor for one in layers for tensor in one] + head

    def loss(self, tensors, x, labels):
        for i in range(0, len(tensors) - 2, 2):
            x = layer(x, tensors[i], tensors[i + 1])
        logits = F.linear(x, *tensors[-2:]).float()
        return F.cross_entropy(logits, labels), (logits.argmax(1) != labels).float().mean()


class Trainer:
    def __init__(self, model, optimizer, rate, batch, options):
        self.model, self.batch, self.bf16 = model, batch, options.bf16
        self.tensors, self.rate, self.optimizer = model.tensors, rate, None
        self.step, self.measure = self.eager_step, self.loss
        if options.compile:
            self.memory = [torch.zeros_like(w) for w in 2 * self.tensors]
            self.time = torch.zeros(())
            step = {"sgd": self.descend, "adam": self.adam}[optimizer]
            self.step = torch.compile(partial(self.whole_step, step), dynamic=False)
            self.measure = torch.compile(self.loss, dynamic=False)
        else:
            for tensor in self.tensors:
                tensor.requires_grad_()
            self.kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer]
            self.optimizer = self.kind(self.tensors, lr=rate, fused=True)

    def restart(self, model):
        """Copies the values of a fresh model in place, so that compiled code is kept."""
        with torch.no_grad():
            for mine, its in zip(self.tensors, model.tensors, strict=True):
                mine.copy_(its)
            if self.optimizer:
                self.optimizer = self.kind(self.tensors, lr=self.rate, fused=True)
            else:
                for memory in [*self.memory, self.time]:
                    memory.zero_()
        return self

    def loss(self, tensors, inputs, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model.loss(tensors, inputs, labels)

    def eager_step(self, inputs, labels, rows):
        loss, _ = self.loss(self.tensors, *gather(inputs, labels, rows))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def whole_step(self, update, inputs, labels, rows):
        batch = gather(inputs, labels, rows)
        # Autocast around the gradient too: backward then shares the rounded weights.
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = torch.func.grad_and_value(self.model.loss, has_aux=True)
            gradients, (loss, _) = loss(self.tensors, *batch)
        with torch.no_grad():
            update(gradients)
        return loss

    def descend(self, gradients):
        for w, g in zip(self.tensors, gradients):
            w.sub_(g, alpha=self.rate)

    def adam(self, gradients):
        n = len(gradients)
        self.time.add_(1)
        bias1, bias2 = 1 - 0.9**self.time, 1 - 0.999**self.time
        for w, g, m, v in zip(self.tensors, gradients, self.memory[:n], self.memory[n:]):
            m.lerp_(g, 0.1)
            v.mul_(0.999).add_(0.001 * g * g)
            w.sub_(self.rate * (m / bias1) / ((v / bias2).sqrt() + 1e-8))

    def epoch(self, inputs, labels, steps=None):
        """Mean loss of the epoch's examples, each taken before its update."""
        total = torch.zeros(())
        for rows in torch.randperm(len(inputs)).split(self.batch)[:steps]:
            total += self.step(inputs, labels, rows) * len(rows)
        return total.item() / len(inputs)

    @torch.no_grad()
    def held_out(self, inputs, labels):
        """Loss and error rate."""
        total = torch.zeros(2)
        for first in range(0, len(inputs), EVALUATION_BATCH):
            part = slice(first, first + EVALUATION_BATCH)
            both = self.measure(self.tensors, inputs[part], labels[part])
            total += torch.stack(both) * len(inputs[part])
        return [value / len(inputs) for value in total.tolist()]

    def fit(self, epochs, train, valid, error=None):
        """Results of the last epoch, and seconds."""
        first = time.perf_counter()
        for _ in range(epochs):
            train_loss = self.epoch(*train)
            valid_loss, valid_error = self.held_out(*valid)
            if error is not None and valid_error <= error:
                break
        return {"seconds": time.perf_counter() - first, "train_loss": train_loss,
                "valid_loss": valid_loss, "valid_error": valid_error}

    def warm_up(self, train, valid):
        """All shapes of an epoch: full batches, the last one, held-out batches."""
        self.epoch(*train, steps=1)
        first_update = since_start()
        self.epoch(*train, steps=WARM_UP_STEPS)
        rest = len(train[0]) % self.batch
        if rest:
            self.step(*train, torch.arange(rest))
        self.held_out(*valid)
        return {"first_update_seconds": first_update, "warm_up_seconds": since_start()}


def gather(inputs, labels, rows):
    return inputs.index_select(0, rows), labels.index_select(0, rows)


def random_network(sizes):
    layers = [(uniform(high, low), torch.zeros(high)) for low, high in zip(sizes, sizes[1:])]
    return Network(layers, 10)


def splits(options):
    inputs = torch.from_numpy(read_inputs(options.data))
    labels = torch.zeros(len(inputs), 0)
    if options.work in ("tune", "recipe"):
        labels = torch.from_numpy(read_labels(options.data))
    def part(rows):
        return inputs[rows], labels[rows]
    return part(slice(None, -options.valid)), part(slice(-options.valid, None))


def pretrainer(model, options):
    return Trainer(model, options.optimizer, options.rate, options.batch, options)


def tuner(model, options):
    return Trainer(model, "sgd", options.tune_rate, options.tune_batch, options)


def train(options):
    train, valid = splits(options)
    n_inputs = train[0].shape[1]
    if options.work == "train":
        def fresh():
            return Autoencoder(n_inputs, options.hidden[0], options)
        trainer, epochs = pretrainer(fresh(), options), options.epochs
    else:
        def fresh():
            return random_network([n_inputs, *options.hidden])
        trainer, epochs = tuner(fresh(), options), options.tune_epochs

    def run(seed):
        torch.manual_seed(seed)
        result = trainer.restart(fresh()).fit(epochs, train, valid)
        return result | {"samples": len(train[0]) * epochs}

    serve(trainer.warm_up(train, valid), run)


def recipe(options):
    """Greedy layers, then fine-tuning until the held-out error is below the target."""
    train, valid = splits(options)
    sizes = [train[0].shape[1], *options.hidden]

    def fresh():
        return [Autoencoder(low, high, options) for low, high in zip(sizes, sizes[1:])]
    trainers = [pretrainer(model, options) for model in fresh()]
    network = tuner(random_network(sizes), options)

    def pretrain(models, fit):
        inputs, layers = [train[0], valid[0]], []
        for trainer, model in zip(trainers, models):
            fit(trainer.restart(model), *((part, train[1]) for part in inputs))
            layers.append([tensor.detach() for tensor in trainer.tensors[:2]])
            inputs = [torch.cat([layer(x, *layers[-1]) for x in part.split(1000)])
                      for part in inputs]
        return layers

    def run(seed):
        torch.manual_seed(seed)
        models = fresh()
        first = time.perf_counter()
        layers = pretrain(models, lambda trainer, *parts: trainer.fit(options.epochs, *parts))
        network.restart(Network(layers, 10))
        pretraining = time.perf_counter() - first
        result = network.fit(options.tune_epochs, train, valid, options.error)
        return result | {"seconds": pretraining + result["seconds"]}

    pretrain(fresh(), Trainer.warm_up)
    serve(network.warm_up(train, valid), run)


@torch.no_grad()
def encode(options):
    """Unused: the whole command is timed."""
    data = torch.from_numpy(read_inputs(options.data, "t10k"))
    weights, bias = (torch.from_numpy(part.copy()) for part in read_encoder(options.model))
    first = time.perf_counter()
    codes = torch.cat([torch.sigmoid(F.linear(x, weights, bias)) for x in data.split(1000)])
    seconds = time.perf_counter() - first
    np.save(options.out, codes.numpy())
    serve({"work_seconds": seconds}, None)


def main():
    options = arguments("--compile", "--bf16")
    torch.set_num_threads(options.threads)
    if options.compile:  # the name alone imports the compiler, for seconds
        torch._dynamo.config.recompile_limit = 1000  # a graph for each shape, layer and run
    {"train": train, "tune": train, "recipe": recipe, "encode": encode}[options.work](options)


if __name__ == "__main__":
    main()
