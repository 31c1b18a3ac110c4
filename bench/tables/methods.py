"""One method on one table with holes, in a process of its own:
methods.py METHOD HOLES CATEGORIES OUT THREADS. Prints the seconds of filling.
"""

import json
import sys
import time
import warnings

import numpy
from coding import Coded

SEED = 0


def knn(k):
    def fill(coded, _threads):
        from sklearn.impute import KNNImputer

        return coded.from_one_hot(KNNImputer(n_neighbors=k).fit_transform(coded.one_hot()))

    return fill


def chained_ridge(is_apart):
    """Where `is_apart`, a level is not predicted from other levels of its column. Where one is seen
    all are, so that 1 less their sum is learned, and hidden categories stay what they began as."""

    def fill(coded, _threads):
        from sklearn.experimental import enable_iterative_imputer  # noqa: F401
        from sklearn.impute import IterativeImputer

        class Apart(IterativeImputer):
            def _get_neighbor_feat_idx(self, n_features, feat_idx, abs_corr_mat):
                return numpy.flatnonzero(column_of != column_of[feat_idx])

        x = coded.one_hot()
        column_of = numpy.array([j for j, _ in coded.places])
        imputer = Apart if is_apart else IterativeImputer
        imputer = imputer(min_value=numpy.nanmin(x, axis=0), max_value=numpy.nanmax(x, axis=0),
                          random_state=SEED)
        return coded.from_one_hot(imputer.fit_transform(x))

    return fill


def chained_trees(coded, threads):
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    trees = ExtraTreesRegressor(n_estimators=100, n_jobs=threads, random_state=SEED)
    return IterativeImputer(trees, random_state=SEED).fit_transform(coded.values)


def forests(threads):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    settings = {"n_estimators": 100, "max_features": "sqrt", "n_jobs": threads,
                "random_state": SEED}
    return RandomForestClassifier(**settings), RandomForestRegressor(**settings)


def miss_forest(coded, threads):
    """Stekhoven and Buehlmann 2012: forests trained on the seen cells of each column in turn, until
    the filled cells change more than the time before. (docs/decisions/rivals-of-tables.md)"""
    x, missing = coded.values.copy(), numpy.isnan(coded.values)
    is_category = numpy.array([j in coded.categories for j in range(x.shape[1])])
    for j in range(x.shape[1]):
        seen = x[~missing[:, j], j]
        start = numpy.bincount(seen.astype(int)).argmax() if is_category[j] else seen.mean()
        x[missing[:, j], j] = start
    order = [j for j in numpy.argsort(missing.sum(axis=0)) if missing[:, j].any()]
    of_categories, of_numbers = forests(threads)
    least = numpy.array([numpy.inf, numpy.inf])
    for _ in range(10):
        before = x.copy()
        for j in order:
            forest = of_categories if is_category[j] else of_numbers
            others, holes = numpy.delete(x, j, axis=1), missing[:, j]
            forest.fit(others[~holes], x[~holes, j])
            x[holes, j] = forest.predict(others[holes])
        numbers, words = x[:, ~is_category], (x != before)[:, is_category]
        change = ((numbers - before[:, ~is_category]) ** 2).sum() / max((numbers**2).sum(), 1e-30)
        changes = numpy.array([change, words.sum() / max(missing[:, is_category].sum(), 1)])
        if (changes >= least).all():
            return before
        least = changes
    return x


def missforest_package(coded, threads):
    import pandas
    from missforest import MissForest

    frame = pandas.DataFrame(coded.values, columns=coded.names())
    classifier, regressor = forests(threads)
    categorical = [f"c{j}" for j in sorted(coded.categories)] or None
    imputer = MissForest(classifier, regressor, categorical=categorical, verbose=0)
    return imputer.fit_transform(frame)[coded.names()].to_numpy(dtype=float)


def miceforest_package(coded, threads):
    """The mean, or the most frequent level, of five draws by mean matching."""
    import miceforest
    from miceforest import imputation_kernel

    # Probabilities of rare levels are rounded to 0 and 1, whose log odds it refuses.
    logodds = imputation_kernel.logodds
    imputation_kernel.logodds = lambda p: logodds(numpy.clip(p, 1e-7, 1.0 - 1e-7))
    # On few rows threads cost more than they save.
    threads = threads if len(coded.values) >= 5000 else 1
    kernel = miceforest.ImputationKernel(coded.frame(), num_datasets=5, random_state=SEED)
    kernel.mice(5, num_threads=threads, verbose=False)
    draws = [kernel.complete_data(dataset) for dataset in range(5)]
    filled = coded.values.copy()
    for j, name in enumerate(coded.names()):
        if j in coded.categories:
            codes = numpy.stack([draw[name].cat.codes.to_numpy() for draw in draws])
            counts = numpy.stack([(codes == k).sum(axis=0) for k in range(len(coded.levels[j]))])
            filled[:, j] = counts.argmax(axis=0)
        else:
            filled[:, j] = numpy.mean([draw[name].to_numpy(dtype=float) for draw in draws], axis=0)
    return filled


def gaussian_copula(coded, threads):
    """Without a column for the first level of a category, which follows from the others: the
    copula's correlations would be singular."""
    numpy.round_ = numpy.round  # its name before numpy 2
    from gcimpute.gaussian_copula import GaussianCopula

    x = coded.one_hot()
    firsts = [column for column, (_, k) in enumerate(coded.places) if k == 0]
    others = numpy.setdiff1d(numpy.arange(x.shape[1]), firsts)
    model = GaussianCopula(random_state=SEED, n_jobs=threads, verbose=0)
    x[:, others] = model.fit_transform(x[:, others])
    for first in firsts:
        j = coded.places[first][0]
        rest = [c for c, (i, k) in enumerate(coded.places) if i == j and k != 0]
        x[:, first] = 1.0 - x[:, rest].sum(axis=1)
    return coded.from_one_hot(x)


def soft_impute(coded, _threads):
    """Mazumder, Hastie and Tibshirani 2010; the threshold is chosen on a tenth of the seen cells.
    (docs/decisions/rivals-of-tables.md)"""
    x = coded.one_hot()
    seen = ~numpy.isnan(x)
    held_out = seen & (numpy.random.default_rng(SEED).random(x.shape) < 0.1)
    thresholds = numpy.linalg.norm(numpy.nan_to_num(x), 2) * numpy.geomspace(1.0, 0.005, 20)
    z, errors = numpy.zeros_like(x), []
    for threshold in thresholds:
        z = thresholded(x, seen & ~held_out, z, threshold)
        errors.append(((z - x)[held_out] ** 2).mean())
    z = numpy.zeros_like(x)
    for threshold in thresholds[: int(numpy.argmin(errors)) + 1]:
        z = thresholded(x, seen, z, threshold)
    return coded.from_one_hot(z)


def thresholded(x, seen, z, threshold):
    for _ in range(100):
        # Singular values by the products of the columns, which are few.
        filled = numpy.where(seen, x, z)
        squares, v = numpy.linalg.eigh(filled.T @ filled)
        s = numpy.sqrt(numpy.maximum(squares, 1e-30))
        after = filled @ ((v * numpy.maximum(1.0 - threshold / s, 0.0)) @ v.T)
        change = ((after - z) ** 2).sum() / max((z**2).sum(), 1e-30)
        z = after
        if change < 1e-5:
            break
    return z


METHODS = {
    "KNN 5": knn(5),
    "KNN 10": knn(10),
    "chained ridge": chained_ridge(False),
    "chained ridge, levels apart": chained_ridge(True),
    "chained trees": chained_trees,
    "MissForest": miss_forest,
    "missforest": missforest_package,
    "miceforest": miceforest_package,
    "gcimpute": gaussian_copula,
    "SoftImpute": soft_impute,
}


def main():
    method, holes, categories, out, threads = sys.argv[1:]
    warnings.filterwarnings("ignore")
    coded = Coded(holes, json.loads(categories))
    start = time.monotonic()
    filled = METHODS[method](coded, int(threads))
    seconds = time.monotonic() - start
    coded.write(out, filled)
    print(seconds)


if __name__ == "__main__":
    main()
