"""Common documentation of the estimators."""

import inspect

ATTRIBUTES = """\
history_ : list of dict
    One dict per epoch and stage: stage, epoch, rate, train_loss, valid_loss, and for the network
    of a classifier valid_error.

n_iter_ : int
    Number of epochs of fine-tuning.

n_features_in_ : int
    Number of columns seen in ``fit``.

feature_names_in_ : ndarray of shape (n_features_in_,)
    Names of the columns, if all are strings.
"""

NOTES = """\
Notes
-----
After Ctrl-C the estimator keeps its current weights, and ``KeyboardInterrupt`` is raised again. If
fine-tuning has not started, the estimator encodes but does not predict.
"""


def documented(cls):
    """Inserts the generated parameters and the common parts into the docstring of a class."""
    generated = next(of for of in cls.__mro__ if of.__module__.endswith("._parameters"))
    parts = {
        "parameters": inspect.cleandoc(generated.__doc__),
        "attributes": ATTRIBUTES,
        "notes": NOTES,
    }
    text = inspect.cleandoc(cls.__doc__)
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part.rstrip())
    cls.__doc__ = text
    return cls
