"""Samples of rows of numbers, by a denoiser that is told the noise level."""

import json

import numpy as np
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from . import _native, _settings
from ._base import Saved
from ._classifier import name_of
from ._rows import checked, native
from ._suggestion import suggesting
from ._watch import Watch


class DenoisingDiffusion(Saved):
    """Draws rows like those it was fitted to, by a denoiser that is told the noise level.

    One network of residual layers learns to remove normal noise of any level; samples start from
    pure noise and follow its reconstructions to none. The same network denoises, and gives the
    gradient of the log density of the data under noise; equations (34) to (36) of
    docs/equations.md.

    Rows are pictures or tables of numbers, without missing cells. For tables with words or missing
    cells there is :class:`DenoisingImputer`.

    Parameters
    ----------
    n_hidden : int, default=None
        Hidden units of a layer; None for 256, or 1024 from 5000 rows on.

    n_layers : int, default=None
        Hidden layers; None for 3, or 4 from 5000 rows on.

    steps : int, default=None
        Number of training steps; None for 3000, or 4000 from 5000 rows on. More are better.

    batch : int, default=None
        Rows of a step; None for 128, or 256 from 5000 rows on.

    rate : float, default=None
        Highest learning rate; None for 0.001, or 0.0015 from 5000 rows on.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, order and noise.

    n_jobs : int, default=None
        Number of threads. None and -1: one for each core (None: as many as ``OMP_NUM_THREADS``
        says).

    verbose : int, default=0
        Whether progress is shown: by tqdm where it is installed, else in lines.

    callback : callable, default=None
        ``callback(epoch, history)`` after each epoch. It cannot stop training, whose steps
        are ``steps``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes that samples can be drawn of, if ``fit`` had any.

    n_features_in_ : int
        Number of columns seen in ``fit``.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    See Also
    --------
    DenoisingImputer : Tables with words and missing cells, whose cells can be drawn.

    Examples
    --------
    >>> import numpy as np
    >>> from unsmudge import DenoisingDiffusion
    >>> X = np.random.default_rng(0).normal(size=(500, 2)) * [1, 5]
    >>> model = DenoisingDiffusion(n_hidden=32, steps=300, random_state=0).fit(X)
    >>> drawn = model.sample(100, random_state=1)
    >>> drawn.shape
    (100, 2)
    >>> bool(drawn[:, 1].std() > 2 * drawn[:, 0].std())
    True
    """

    @suggesting
    def __init__(
        self,
        *,
        n_hidden=None,
        n_layers=None,
        steps=None,
        batch=None,
        rate=None,
        random_state=None,
        n_jobs=None,
        verbose=0,
        callback=None,
    ):
        self.n_hidden = n_hidden
        self.n_layers = n_layers
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callback = callback

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @classmethod
    def _of(cls, model):
        """An estimator with a model from a file."""
        names = ("n_hidden", "n_layers", "steps", "batch", "rate")
        settings = json.loads(model.settings())
        estimator = cls(random_state=settings["seed"], **{name: settings[name] for name in names})
        estimator._model = model
        estimator.n_features_in_ = model.n_columns()
        return estimator

    def fit(self, X, y=None):
        """Train on rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.

        y : array-like of shape (n_samples,), default=None
            A class for each row, which samples can be drawn of.

        Returns
        -------
        self : object
            The fitted estimator.
        """
        X = checked(self, X, reset=True, ensure_min_samples=2)
        labels = None
        if hasattr(self, "classes_"):
            del self.classes_
        if y is not None:
            y = column_or_1d(y)
            check_classification_targets(y)
            if len(y) != X.shape[0]:
                raise ValueError(f"X has {X.shape[0]} rows, y has {len(y)}")
            self.classes_, codes = np.unique(y, return_inverse=True)
            labels = (codes.astype(np.uint32), [name_of(of) for of in self.classes_])
        names = ("n_hidden", "n_layers", "steps", "batch", "rate")
        settings = {name: getattr(self, name) for name in names}
        settings["seed"] = _settings.seed_of(self.random_state)
        watch = Watch(self.verbose, self.callback, may_stop=False)
        try:
            self._model = _native.DiffusionModel.fit(
                _settings.to_json(settings),
                native(X),
                labels,
                n_threads=_settings.n_threads(self.n_jobs),
                watch=watch,
            )
        finally:
            watch.close()
        return self

    def sample(self, n_samples=1, random_state=None, *, label=None, guidance=0.0, noise_levels=18):
        """Draw rows.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.

        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        label : class, default=None
            Class of all rows, one of ``classes_``; None for all classes in equal shares, one after
            the other.

        guidance : float, default=0.0
            How much more typical of their class rows are, and less various.

        noise_levels : int, default=18
            Noise levels from the highest to none, each with two reconstructions.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows within the range that each column had in ``fit``: of float32, or of float64 where
            a column has numbers that float32 would round.
        """
        check_is_fitted(self)
        code = None
        if label is not None:
            names = self._model.classes()
            if name_of(label) not in names:
                known = ", ".join(names) or "none: fit had no y"
                raise ValueError(f"label={label!r}: allowed is one of classes_, {known}")
            code = names.index(name_of(label))
        seed = _settings.seed_of(random_state)
        n_threads = _settings.n_threads(self.n_jobs)
        sampling = (noise_levels, guidance, seed)
        cells = self._model.sample(n_samples, code, sampling, n_threads)
        offsets = np.array(self._model.offsets())
        return cells + offsets if offsets.any() else cells

    def denoise(self, X, noise_level):
        """Expected clean rows.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows with normal noise.

        noise_level : float
            Standard deviation of the noise, of columns as they are scaled: by 255 for bytes, not at
            all for numbers in [0, 1], else by their standard deviation.

        Returns
        -------
        clean : ndarray of shape (n_samples, n_features)
            Rows of float32.
        """
        check_is_fitted(self)
        rows = native(checked(self, X, reset=False))
        return self._model.denoise(rows, noise_level, _settings.n_threads(self.n_jobs))

    def score_field(self, X, noise_level):
        """Gradients of the log density of the data with normal noise.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Points.

        noise_level : float
            Standard deviation of the noise, as in ``denoise``.

        Returns
        -------
        gradients : ndarray of shape (n_samples, n_features)
            In units of the columns of ``X``.
        """
        check_is_fitted(self)
        rows = native(checked(self, X, reset=False))
        return self._model.score_field(rows, noise_level, _settings.n_threads(self.n_jobs))
