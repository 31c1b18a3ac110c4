"""Callbacks that send losses to experiment trackers, epoch by epoch.

Each goes into the parameter ``callback`` of an estimator, such as
``DenoisingAutoencoder(callback=TensorBoard("logs/first"))``, and needs the package of its tracker.
Losses are called by stage: ``layer 1/train_loss``, ``layer 1/valid_loss``, ``network/valid_error``;
those of an estimator without layers ``training/train_loss``, or ``training 1/train_loss`` and so on
where it trains more than once.
"""

import importlib

__all__ = ["MLflow", "TensorBoard", "WandB"]


def package(name, user):
    """The package of a tracker."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.split(".")[0]
        raise ImportError(f"{user} needs {package}: pip install {package}") from error


def metrics(history):
    """The numbers of the last epoch by name."""
    record = dict(history[-1])
    stage, _ = record.pop("stage"), record.pop("epoch")
    return {f"{stage}/{name}": value for name, value in record.items() if value is not None}


class TensorBoard:
    """Write the losses of a training as a run of TensorBoard.

    Parameters
    ----------
    folder : str or os.PathLike
        Folder of the run: one for each training, since curves of two in one folder are mixed.
    """

    def __init__(self, folder):
        package("tensorboard.summary", "TensorBoard")
        self.folder = folder
        self._writer = None

    def __call__(self, epoch, history):
        if self._writer is None:
            self._writer = package("tensorboard.summary", "TensorBoard").Writer(str(self.folder))
        for name, value in metrics(history).items():
            self._writer.add_scalar(name, value, step=epoch)
        self._writer.flush()

    def __getstate__(self):
        # Clones and pickles of an estimator open the folder themselves.
        return {"folder": self.folder, "_writer": None}


class MLflow:
    """Log the losses of a training to the active run of MLflow, which starts one if there is none."""

    def __init__(self):
        package("mlflow", "MLflow")

    def __call__(self, epoch, history):
        package("mlflow", "MLflow").log_metrics(metrics(history), step=epoch)


class WandB:
    """Log the losses of a training to the current run of Weights & Biases; one is started if there
    is none. Its steps are its own: each has the ``epoch`` of its stage."""

    def __init__(self):
        package("wandb", "WandB")

    def __call__(self, epoch, history):
        wandb = package("wandb", "WandB")
        run = wandb.run or wandb.init()
        run.log({**metrics(history), "epoch": epoch})
