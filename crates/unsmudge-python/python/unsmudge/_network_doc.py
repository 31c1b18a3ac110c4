"""Common documentation of classifier and regressor."""

import inspect

PARAMETERS = """\
Parameters
----------
n_hidden : int or sequence of int, default=(500, 500, 500)
    Units of each layer, lowest first.

corruption : str or sequence of str, default="masking:0.25"
    Noise in pretraining, one for all layers or one for each; see :class:`DenoisingAutoencoder`.

tied : bool, default=True
    Whether decoders are encoders transposed.

activation : {"sigmoid", "tanh", "relu", "softplus", "identity"}, default="sigmoid"
    Of the hidden units.

initial_bias : float, default=0.0
    Where hidden biases begin; -2 is often better.

loss : {"cross-entropy", "squared-error"}, default=None
    Of the lowest layer in pretraining; None follows the data.

decoder : str, default=None
    Activation of the lowest layer's decoder.

emphasis : str, default="none"
    As of :class:`DenoisingAutoencoder`.

joint_epochs : int, default=None
    Epochs in which all layers denoise together before fine-tuning; None is no such stage.

scaling : {"as-is", "bytes", "standardise", "unit"}, default=None
    How columns become inputs; None follows the data.

epochs : int, default=None
    Sights of all rows in pretraining, for each layer; 0 starts from random weights.

batch : int, default=20
    Rows in a batch of pretraining.

optimizer : str, default=None
    Of pretraining, as of :class:`DenoisingAutoencoder`.

rate : float, default=None
    Learning rate of pretraining.

schedule : str, default="constant"
    The rate of pretraining over the epochs.

l2, l1 : float, default=0.0
    Penalties on weights in pretraining.

clip : float, default=None
    Greatest norm of a gradient in pretraining.

patience : int, default=None
    Epochs without a lower held-out loss before a layer is done.

precision : {"f32", "bf16"}, default="f32"
    What products in training multiply in.

dropout : float, default=0.0
    Probability that a hidden unit is dropped in fine-tuning. Sensible: 0 to 0.5.

tune_epochs : int, default=None
    Epochs of fine-tuning. None is up to 100 (more for few rows), until the held-out error has not
    fallen for a tenth of them.

tune_rate : float, default=None
    Learning rate of fine-tuning.

tune_batch : int, default=20
    Rows in a batch of fine-tuning.

tune_optimizer : str, default=None
    Of fine-tuning.

tune_l2 : float, default=0.0
    Penalty on weights in fine-tuning.

tune_patience : int, default=None
    Epochs without a lower held-out error before fine-tuning stops.

valid : int, default=None
    How many of the last rows are held out, to choose the best epoch by. None is a tenth, at most
    10,000. Shuffle rows that are sorted.

image_shape : tuple of two int, default=None
    Height and width, where a row is a picture.

random_state : int, RandomState instance or None, default=None
    Governs initial weights, the order of rows, noise and dropout.

n_jobs : int, default=None
    Threads. None and -1 are all cores.

verbose : int, default=0
    Whether progress is shown.

callback : callable, default=None
    ``callback(epoch, history)`` after each epoch; training stops when it returns True.
"""

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
    """Inserts the common parts into the docstring of a class."""
    parts = {"parameters": PARAMETERS, "attributes": ATTRIBUTES, "notes": NOTES}
    text = inspect.cleandoc(cls.__doc__)
    for name, part in parts.items():
        text = text.replace("{" + name + "}", part.rstrip())
    cls.__doc__ = text
    return cls
