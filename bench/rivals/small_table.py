"""A small table from Python: our estimator, or scikit-learn's MLPRegressor with --mlp, which is given
corrupted rows once, since it draws no noise of its own. common.py says how it is talked to. `seconds`
are those of `fit`: what a user waits for in a session."""

import time
import warnings

import numpy as np

from common import arguments, read_inputs, serve, since_start


def mlp(options, inputs, seed):
    from sklearn.neural_network import MLPRegressor

    random = np.random.default_rng(seed)
    amount = options.corruption[1]
    noisy = inputs + amount * random.standard_normal(inputs.shape, dtype=np.float32)
    model = MLPRegressor(hidden_layer_sizes=options.hidden[:1], activation="logistic",
                         solver="adam", alpha=0.0, batch_size=options.batch,
                         learning_rate_init=options.rate, max_iter=options.epochs, tol=0.0,
                         n_iter_no_change=options.epochs, random_state=seed)
    model.fit(noisy, inputs)
    # Half the mean over components; ours is the sum over them.
    return 2 * inputs.shape[1] * model.loss_


def autoencoder(options, inputs, seed):
    from unsmudge import DenoisingAutoencoder

    kind, amount = options.corruption
    model = DenoisingAutoencoder(
        n_hidden=options.hidden[0], corruption=f"{kind}:{amount}", tied=False,
        loss="squared-error", scaling="as-is", epochs=options.epochs, batch=options.batch,
        optimizer="adam", rate=options.rate, valid=options.valid, random_state=seed,
        n_jobs=options.threads)
    model.fit(inputs)
    return model.history_[-1]["train_loss"]


def main():
    options = arguments("--mlp")
    inputs = read_inputs(options.data)
    fit, rows = (mlp, inputs[: -options.valid]) if options.mlp else (autoencoder, inputs)

    def run(seed):
        first = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that all epochs were used
            loss = fit(options, rows, seed)
        return {"seconds": time.perf_counter() - first, "train_loss": loss, "valid_loss": None,
                "valid_error": None}

    run(0)
    serve({"warm_up_seconds": since_start()}, run)


if __name__ == "__main__":
    main()
