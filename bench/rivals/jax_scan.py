"""The same work in JAX, as a careful user writes it: an epoch is one jitted lax.scan over its
batches with the parameters' buffers donated, permutation, noise and update inside. Random bits are
XLA's own generator (`rbg`); with threefry it takes as long.

common.py says how it is talked to and what is timed. JAX has no setting for the number of threads:
XLA takes as many as the cores it may run on, to which run.py holds every side.
"""

import time
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from common import (EVALUATION_BATCH, arguments, reach, read_encoder, read_inputs, read_labels,
                    serve, since_start)

jax.config.update("jax_default_prng_impl", "rbg")


def uniform(key, n_inputs, n_outputs, is_linear=False):
    limit = reach(n_inputs, n_outputs, is_linear)
    return jax.random.uniform(key, (n_inputs, n_outputs), minval=-limit, maxval=limit)


def corrupt(key, clean, kind, amount):
    if kind == "bernoulli":
        return jnp.where(jax.random.uniform(key, clean.shape) >= amount, clean, 0.0)
    if kind == "gaussian":
        return clean + amount * jax.random.normal(key, clean.shape)
    return clean


def layer(x, weights, bias):
    return jax.nn.sigmoid(x @ weights + bias)


class Autoencoder:
    """Sigmoid code; a sigmoid decoder under cross-entropy, a linear one under squared error."""

    def __init__(self, n_inputs, n_hidden, options):
        self.sizes, self.options = (n_inputs, n_hidden), options

    def fresh(self, seed):
        encoder, decoder = jax.random.split(jax.random.key(seed))
        n_inputs, n_hidden = self.sizes
        tensors = {"weights": uniform(encoder, n_inputs, n_hidden), "bias": jnp.zeros(n_hidden),
                   "decoder_bias": jnp.zeros(n_inputs)}
        if not self.options.tied:
            is_linear = self.options.loss == "squared-error"
            tensors["decoder_weights"] = uniform(decoder, n_hidden, n_inputs, is_linear)
        return tensors

    def loss(self, tensors, key, clean, _):
        """Sum over components, mean over examples; nothing counts as an error."""
        corrupted = corrupt(key, clean, *self.options.corruption)
        hidden = layer(corrupted, tensors["weights"], tensors["bias"])
        weights = tensors["weights"].T if self.options.tied else tensors["decoder_weights"]
        output = hidden @ weights + tensors["decoder_bias"]
        if self.options.loss == "squared-error":
            losses = (output - clean) ** 2
        else:
            losses = jax.nn.softplus(output) - clean * output
        return losses.sum() / len(clean), 0.0


class Network:
    """Sigmoid layers below a softmax whose weights begin at 0."""

    def __init__(self, sizes, n_classes, layers=None):
        self.sizes, self.n_classes, self.layers = sizes, n_classes, layers

    def fresh(self, seed):
        keys = jax.random.split(jax.random.key(seed), len(self.sizes))
        # Copies: the trained state is donated, and the layers are needed again.
        layers = self.layers or [(uniform(key, low, high), jnp.zeros(high))
                                 for key, low, high in zip(keys, self.sizes, self.sizes[1:])]
        head = (jnp.zeros((self.sizes[-1], self.n_classes)), jnp.zeros(self.n_classes))
        return [*jax.tree.map(jnp.copy, layers), head]

    def loss(self, tensors, _, x, labels):
        for weights, bias in tensors[:-1]:
            x = layer(x, weights, bias)
        logits = x @ tensors[-1][0] + tensors[-1][1]
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -chosen.mean(), (logits.argmax(1) != labels).mean(dtype=jnp.float32)


def descend(optimizer, rate, tensors, memory, gradient):
    """Plain SGD, or Adam (Kingma and Ba 2015)."""
    if optimizer == "sgd":
        return jax.tree.map(lambda w, g: w - rate * g, tensors, gradient), memory
    first, second, t = memory
    t = t + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    bias1, bias2 = 1 - 0.9**t, 1 - 0.999**t
    def update(w, m, v):
        return w - rate * (m / bias1) / (jnp.sqrt(v / bias2) + 1e-8)
    return jax.tree.map(update, tensors, first, second), (first, second, t)


class Trainer:
    def __init__(self, model, optimizer, rate, batch, options):
        self.model, self.optimizer, self.rate, self.batch = model, optimizer, rate, batch
        self.options = options
        self.epoch = jax.jit(self.scan_epoch, donate_argnums=0)
        self.held_out = jax.jit(self.scan_held_out)

    def fresh(self, seed):
        tensors = self.model.fresh(seed)
        memory = ()
        if self.optimizer == "adam":
            memory = (*(jax.tree.map(jnp.zeros_like, tensors) for _ in range(2)), 0.0)
        return tensors, memory, jax.random.key(seed + 1000)

    def step(self, state, inputs, labels, rows):
        tensors, memory, key = state
        key, now = jax.random.split(key)
        some = None if labels is None else labels[rows]
        (loss, _), gradient = jax.value_and_grad(self.model.loss, has_aux=True)(
            tensors, now, inputs[rows], some)
        tensors, memory = descend(self.optimizer, self.rate, tensors, memory, gradient)
        return (tensors, memory, key), loss * len(rows)

    def scan_epoch(self, state, inputs, labels):
        """Mean loss of the epoch's examples, each taken before its update."""
        tensors, memory, key = state
        key, now = jax.random.split(key)
        order = jax.random.permutation(now, len(inputs))
        n_whole = len(inputs) // self.batch * self.batch
        step = partial(self.step, inputs=inputs, labels=labels)
        state, losses = lax.scan(lambda state, rows: step(state, rows=rows), (tensors, memory, key),
                                 order[:n_whole].reshape(-1, self.batch))
        total = losses.sum()
        if n_whole < len(inputs):
            state, rest = step(state, rows=order[n_whole:])
            total += rest
        return state, total / len(inputs)

    def scan_held_out(self, state, inputs, labels):
        """Loss and error rate."""
        tensors, _, key = state
        def measure(rows):
            some = None if labels is None else labels[rows]
            both = self.model.loss(tensors, jax.random.fold_in(key, rows[0]), inputs[rows], some)
            return jnp.stack(both) * len(rows)
        n_whole = len(inputs) // EVALUATION_BATCH * EVALUATION_BATCH
        rows = jnp.arange(len(inputs))
        total = lax.map(measure, rows[:n_whole].reshape(-1, EVALUATION_BATCH)).sum(0)
        if n_whole < len(inputs):
            total += measure(rows[n_whole:])
        return total / len(inputs)

    def fit(self, seed, epochs, train, valid, error=None):
        """Results of the last epoch with seconds, and the state."""
        state = jax.block_until_ready(self.fresh(seed))
        first = time.perf_counter()
        for _ in range(epochs):
            state, train_loss = self.epoch(state, *train)
            valid_loss, valid_error = self.held_out(state, *valid).tolist()
            if error is not None and valid_error <= error:
                break
        seconds = time.perf_counter() - first
        return state, {"seconds": seconds, "train_loss": float(train_loss),
                       "valid_loss": valid_loss, "valid_error": valid_error}


def splits(options):
    inputs = read_inputs(options.data)
    labels = read_labels(options.data) if options.work in ("tune", "recipe") else None
    def part(rows):
        return jnp.array(inputs[rows]), None if labels is None else jnp.array(labels[rows])
    return part(slice(None, -options.valid)), part(slice(-options.valid, None))


def train(options):
    train, valid = splits(options)
    n_inputs = train[0].shape[1]
    if options.work == "train":
        model = Autoencoder(n_inputs, options.hidden[0], options)
        trainer = Trainer(model, options.optimizer, options.rate, options.batch, options)
        epochs = options.epochs
    else:
        model = Network([n_inputs, *options.hidden], 10)
        trainer = Trainer(model, "sgd", options.tune_rate, options.tune_batch, options)
        epochs = options.tune_epochs

    def run(seed):
        _, result = trainer.fit(seed, epochs, train, valid)
        return result | {"samples": len(train[0]) * epochs}

    trainer.fit(0, 1, train, valid)
    # The first update is known only after its epoch: the scan returns nothing before.
    serve({"warm_up_seconds": since_start()}, run)


def recipe(options):
    """Greedy layers, then fine-tuning until the held-out error is below the target."""
    train, valid = splits(options)
    sizes = [train[0].shape[1], *options.hidden]
    trainers = [Trainer(Autoencoder(low, high, options), options.optimizer, options.rate,
                        options.batch, options) for low, high in zip(sizes, sizes[1:])]
    network = Network(sizes, 10)
    tuner = Trainer(network, "sgd", options.tune_rate, options.tune_batch, options)
    encode = jax.jit(layer)

    def run(seed, epochs=options.epochs, tune_epochs=options.tune_epochs):
        first = time.perf_counter()
        inputs, network.layers = [train[0], valid[0]], []
        for trainer in trainers:
            state, _ = trainer.fit(seed, epochs, (inputs[0], None), (inputs[1], None))
            network.layers.append((state[0]["weights"], state[0]["bias"]))
            inputs = [encode(part, *network.layers[-1]) for part in inputs]
        jax.block_until_ready(inputs)
        pretraining = time.perf_counter() - first
        _, result = tuner.fit(seed, tune_epochs, train, valid, options.error)
        return result | {"seconds": pretraining + result["seconds"]}

    run(0, 1, 1)
    serve({"warm_up_seconds": since_start()}, run)


def encode(options):
    """Unused: the whole command is timed."""
    data = jnp.array(read_inputs(options.data, "t10k"))
    weights, bias = read_encoder(options.model)
    first = time.perf_counter()
    codes = np.asarray(jax.jit(layer)(data, weights.T, bias))
    seconds = time.perf_counter() - first
    np.save(options.out, codes)
    serve({"work_seconds": seconds}, None)


def main():
    options = arguments()
    {"train": train, "tune": train, "recipe": recipe, "encode": encode}[options.work](options)


if __name__ == "__main__":
    main()
