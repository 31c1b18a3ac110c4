"""Progress, callbacks and warnings during training."""

import sys

from ._warn import warn
from .errors import DataWarning


class Watch:
    """Observer of training: shows progress, calls the callback, warns. True stops training.

    Parameters
    ----------
    verbose : int or bool
        Whether to show progress: a tqdm bar if tqdm is installed, else lines.
    callback : callable or None
        ``callback(epoch, history)`` after each epoch.
    may_stop : bool
        Whether the callback may stop training: what is learned by then must be of use.
    """

    def __init__(self, verbose, callback, may_stop=True):
        self.verbose = verbose
        self.callback = callback
        self.may_stop = may_stop
        self.history = []
        self.stage = ""
        self.epochs = 0
        self.bar = None

    def __call__(self, event, facts):
        return getattr(self, f"on_{event}")(**facts)

    def on_stage(self, stage, number, n_stages, sizes, epochs):
        self.close()
        number_of = f" {number}" if n_stages > 1 else ""
        self.stage, self.epochs = stage or f"training{number_of}", epochs
        if not self.verbose:
            return
        units = "-".join(str(size) for size in sizes)
        title = f"{self.stage} ({units})"
        try:
            from tqdm.auto import tqdm
        except ImportError:
            print(f"{title}: up to {epochs} epochs, stage {number} of {n_stages}", file=sys.stderr)
        else:
            self.bar = tqdm(total=epochs, desc=title, unit="epoch")

    def on_batch(self, epoch, batch, n_batches, loss):
        if self.bar is not None:
            self.bar.set_postfix_str(f"batch {batch}/{n_batches}, loss {loss:.4g}")

    def on_epoch(self, is_best, seconds, **record):
        self.history.append({"stage": self.stage, **record})
        if self.verbose:
            self.show(record, seconds)
        stops = self.callback is not None and self.callback(record["epoch"], self.history) is True
        if stops and not self.may_stop:
            text = "callback: returned True, but this model is of use only after all its steps"
            raise ValueError(f"{text}; choose fewer of them by the parameter steps")
        return stops

    def on_warning(self, text):
        warn(text, DataWarning, "the rows of some fits are odd; fit one apart to see how")

    def show(self, record, seconds):
        losses = [f"loss {record['train_loss']:.4g}"]
        if record["valid_loss"] is not None:
            losses.append(f"held out {record['valid_loss']:.4g}")
        if record.get("valid_error") is not None:
            losses.append(f"error {100 * record['valid_error']:.3g} %")
        if self.bar is None:
            at = f"{self.stage}: epoch {record['epoch']}/{self.epochs}"
            print(f"{at}: {', '.join(losses)} ({seconds:.2g} s)", file=sys.stderr)
        else:
            self.bar.set_postfix_str(", ".join(losses))
            self.bar.update()

    def close(self):
        if self.bar is not None:
            self.bar.close()
            self.bar = None
