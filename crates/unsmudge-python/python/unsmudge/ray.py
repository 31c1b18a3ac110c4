"""Many machines by Ray: search over settings, one model that several workers train, and models used
on data sets of Ray Data.

Install it with ``pip install 'unsmudge[ray]'``. Nothing is scheduled here: Ray starts the work,
repeats what a lost worker had, and stops early what is worse than the others.

Ray's processes listen on all network interfaces of a machine: use it on trusted networks only.
"""

import contextlib
import importlib
import os
from pathlib import Path

import numpy as np

from ._trials import begin, trial
from ._workers import needed, options

__all__ = ["search", "train", "transform", "impute", "score"]


def search(
    data,
    folder,
    space,
    *,
    arguments=(),
    n_trials=10,
    n_threads=1,
    grace_epochs=3,
    max_failures=3,
    verbose=0,
    **tune_config,
):
    """Choose settings on held-out rows: each trial is a run of the command ``unsmudge train``.

    A trial is a run folder below ``folder``, which ``unsmudge resume`` and ``inspect`` take like any
    other. A trial whose worker was killed goes on from its last checkpoint, on any worker that sees
    the folder; the same call goes on with a search that was interrupted. Trials are stopped early
    by successive halving (ASHA) of the epochs of their last stage.

    Parameters
    ----------
    data : str or os.PathLike
        What ``unsmudge train`` is given: a file, a folder, or ``problem:NAME``. Every worker must
        see it under this name.

    folder : str or os.PathLike
        Folder of the search, which every worker must see: a shared one where there are several
        machines.

    space : dict
        Arguments of ``unsmudge train`` by name, without dashes, as in
        ``{"hidden": "64,32", "tune_rate": ray.tune.loguniform(1e-3, 1)}``: values, or Ray Tune's
        search spaces. True is an argument without a value, False and None leave it out, and a list
        is its elements with commas between them.

    arguments : sequence of str, default=()
        Further arguments of ``unsmudge train``, the same for all trials.

    n_trials : int, default=10
        Number of draws from ``space``; of each, all combinations of its grids.

    n_threads : int, default=1
        Threads of a trial, and the CPUs that Ray reserves for it. They change no result.

    grace_epochs : int, default=3
        Epochs that every trial gets. 0: no trial is stopped early.

    max_failures : int, default=3
        How often a trial goes on after its worker was lost.

    verbose : int, default=0
        How much Ray Tune prints: nothing, or tables of the trials (1, 2).

    **tune_config
        Further parameters of ``ray.tune.TuneConfig``, such as ``search_alg`` or
        ``max_concurrent_trials``.

    Returns
    -------
    results : ray.tune.ResultGrid
        ``results.get_best_result()`` has the lowest ``held_out`` of its metrics, the error rate of
        classes, else the loss, of the last stage at its best epoch; ``metrics["run"]`` is its run
        folder.

    Raises
    ------
    ImportError
        Ray is not installed.

    ValueError
        The folder holds a search of other data, arguments or settings.
    """
    tune = needed("ray.tune")
    folder, data = Path(folder).resolve(), seen(data)
    line = [data, *arguments, "--threads", str(n_threads)]
    work = tune.with_resources(
        tune.with_parameters(trial, line=line, folder=str(folder)), {"cpu": n_threads}
    )
    told = {name: str(getattr(of, "domain_str", of)) for name, of in space.items()}
    begin(folder, {"data": data, "arguments": list(arguments), "space": told})
    records = str(folder / "tune")
    if tune.Tuner.can_restore(records):
        tuner = tune.Tuner.restore(records, work, resume_unfinished=True, resume_errored=True)
        return fitted(tuner, verbose)
    if grace_epochs > 0 and "scheduler" not in tune_config:
        # Trials end by themselves: the greatest number of epochs is no limit of theirs.
        halving = tune.schedulers.ASHAScheduler(
            max_t=10**6, grace_period=grace_epochs, reduction_factor=2
        )
        tune_config["scheduler"] = halving
    tuner = tune.Tuner(
        work,
        param_space=space,
        tune_config=tune.TuneConfig(
            metric="held_out", mode="min", num_samples=n_trials, **tune_config
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(folder),
            verbose=verbose,
            failure_config=tune.FailureConfig(max_failures=max_failures),
        ),
    )
    return fitted(tuner, verbose)


def seen(data):
    """Data as workers see it, whose working folder is another."""
    return str(Path(data).resolve()) if Path(data).exists() else str(data)


def fitted(tuner, verbose):
    with contextlib.ExitStack() as stack:
        if not verbose:  # Tune prints a little even then
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
        return tuner.fit()


def train(data, folder, settings, *, arguments=(), n_workers=2, n_threads=1, max_failures=3):
    """Train one model on several workers, to the same bits for any number of them.

    Each worker is a process of the command ``unsmudge train --rank``, which computes the gradients
    of some shards of every batch. It pays for very large batches and fast networks only:
    docs/distributed.md has the numbers. Where a worker is lost, Ray starts all of them again, and
    they go on from the last checkpoint; so does the same call after an interruption, with any
    number of workers.

    Parameters
    ----------
    data, folder, arguments
        As of :func:`search`: every worker must see data and folder under these names.

    settings : dict
        Arguments of ``unsmudge train`` by name, without dashes. ``shards``, at least ``n_workers``,
        is the number of parts of a batch; another number gives other last bits.

    n_workers : int, default=2
        Number of processes. They change no result.

    n_threads : int, default=1
        Threads of each, and the CPUs that Ray reserves for it. They change no result.

    max_failures : int, default=3
        How often training goes on after a worker was lost.

    Returns
    -------
    run : pathlib.Path
        The run folder, ``folder / "run"``. What each worker printed is beside it.

    Raises
    ------
    ImportError
        Ray is not installed.

    ray.train.TrainingFailedError
        The command failed, or workers were lost, too often; it has the last lines of the command.
    """
    api, trainer = needed("ray.train"), needed("ray.train.v2.api.data_parallel_trainer")
    ranks = importlib.import_module("unsmudge._ranks")
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    line = ["train", seen(data), *arguments, *options(settings), "--threads", str(n_threads)]
    work = trainer.DataParallelTrainer(
        ranks.rank,
        train_loop_config={"line": line, "folder": str(folder)},
        backend_config=ranks.Ranks(),
        scaling_config=api.ScalingConfig(
            num_workers=n_workers, resources_per_worker={"CPU": n_threads}
        ),
        run_config=api.RunConfig(
            name="ray",
            storage_path=str(folder),
            failure_config=api.FailureConfig(max_failures=max_failures),
        ),
    )
    work.fit()
    return folder / "run"


def transform(estimator, rows, *, keep=(), n_actors=1, **how):
    """The codes of rows.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with ``transform`` and ``get_feature_names_out``.

    rows : ray.data.Dataset
        Rows like those of ``fit``, whose columns have the names of those.

    keep : sequence of str, default=()
        Columns that are no inputs and are kept, such as the key of a row: Ray promises no order.

    n_actors : int, default=1
        Number of processes that hold the model.

    **how
        Further parameters of ``ray.data.Dataset.map_batches``, such as ``batch_size`` (4096 here)
        and ``num_cpus``.

    Returns
    -------
    codes : ray.data.Dataset
        The columns of ``keep``, and one for each hidden unit.
    """
    return used(estimator, rows, Codes, keep, n_actors, how)


def impute(imputer, rows, *, keep=(), n_actors=1, **how):
    """Rows with their missing cells filled by a fitted ``DenoisingImputer``.

    Parameters are those of :func:`transform`.

    Returns
    -------
    filled : ray.data.Dataset
        The columns of ``keep``, and those that ``imputer.transform`` returns.
    """
    return used(imputer, rows, Filled, keep, n_actors, how)


def score(detector, rows, *, keep=(), n_actors=1, **how):
    """How normal rows are, by a fitted estimator with ``score_samples``.

    Parameters are those of :func:`transform`.

    Returns
    -------
    scores : ray.data.Dataset
        The columns of ``keep``, and ``score``, which is higher where a row is more normal.
    """
    return used(detector, rows, Scores, keep, n_actors, how)


def used(estimator, rows, work, keep, n_actors, how):
    data = needed("ray.data")
    how = {"batch_size": 4096, "compute": data.ActorPoolStrategy(size=n_actors), **how}
    estimator = needed("ray").put(estimator)
    return rows.map_batches(
        work, fn_constructor_args=(estimator, list(keep)), batch_format="pandas", **how
    )


class Use:
    """A model in an actor, which keeps it from batch to batch."""

    def __init__(self, estimator, keep):
        self.estimator = needed("ray").get(estimator)
        self.keep = keep

    def __call__(self, batch):
        rows = batch.drop(columns=self.keep)
        out = batch[self.keep].copy()
        for name, column in self.columns(rows):
            if name in out:
                raise ValueError(f"keep: the result has a column {name!r} of its own")
            out[name] = column
        return out


class Codes(Use):
    def columns(self, rows):
        codes = np.asarray(self.estimator.transform(rows))
        return zip(self.estimator.get_feature_names_out(), codes.T, strict=True)


class Filled(Use):
    def columns(self, rows):
        filled = self.estimator.transform(rows)
        if hasattr(filled, "items"):  # a DataFrame
            return filled.items()
        return zip(self.estimator.get_feature_names_out(), np.asarray(filled).T, strict=True)


class Scores(Use):
    def columns(self, rows):
        return [("score", self.estimator.score_samples(rows))]
