"""Tables with holes as matrices, and back: one-hot and standardised, or categories by number."""

import csv

import numpy
import pandas


class Coded:
    """A table with holes. Columns `categories`, from 0, are words, all others numbers."""

    def __init__(self, path, categories):
        self.text = pandas.read_csv(path, dtype=str, keep_default_na=False)
        self.categories = set(categories)
        self.levels = {}
        values = numpy.full(self.text.shape, numpy.nan)
        for j, name in enumerate(self.text.columns):
            cells = self.text[name].to_numpy(dtype=object)
            seen = cells != ""
            if j in self.categories:
                self.levels[j] = sorted(set(cells[seen]))
                code = {level: k for k, level in enumerate(self.levels[j])}
                values[seen, j] = [code[cell] for cell in cells[seen]]
            else:
                values[seen, j] = cells[seen].astype(float)
        self.values = values  # categories by number, NaN where missing

    def frame(self):
        """With categories as pandas has them."""
        frame = pandas.DataFrame(self.values.copy(), columns=self.names())
        for j in self.categories:
            codes = numpy.nan_to_num(self.values[:, j], nan=-1).astype(int)
            frame[f"c{j}"] = pandas.Categorical.from_codes(codes, categories=self.levels[j])
        return frame

    def names(self):
        """Names without letters that a package could mind."""
        return [f"c{j}" for j in range(self.values.shape[1])]

    def one_hot(self):
        """A column for each number, standardised, and for each level of a category; columns that
        are constant where they are seen are left out."""
        columns, places = [], []
        for j in range(self.values.shape[1]):
            cells = self.values[:, j]
            if j in self.categories:
                if len(self.levels[j]) < 2:
                    continue
                for k in range(len(self.levels[j])):
                    columns.append(numpy.where(numpy.isnan(cells), numpy.nan, cells == k))
                    places.append((j, k))
            elif (scale := numpy.nanstd(cells)) > 0.0:
                columns.append((cells - numpy.nanmean(cells)) / scale)
                places.append((j, None))
        self.places = places
        return numpy.stack(columns, axis=1)

    def from_one_hot(self, filled):
        """As `values`, of a matrix as `one_hot` gives it: a category is its greatest level."""
        values = numpy.array([self.constant(j) for j in range(self.values.shape[1])])
        values = numpy.tile(values, (len(filled), 1))
        best = numpy.full(values.shape, -numpy.inf)
        for column, (j, k) in enumerate(self.places):
            if k is None:
                cells = self.values[:, j]
                values[:, j] = filled[:, column] * numpy.nanstd(cells) + numpy.nanmean(cells)
            else:
                is_best = filled[:, column] > best[:, j]
                values[is_best, j] = k
                best[is_best, j] = filled[is_best, column]
        return values

    def constant(self, j):
        seen = self.values[~numpy.isnan(self.values[:, j]), j]
        return seen[0]

    def write(self, path, filled):
        """The table with its holes filled: numbers within the range that was seen, categories by
        the nearest number."""
        rows = self.text.to_numpy(dtype=object, copy=True)
        for j in range(rows.shape[1]):
            holes = numpy.isnan(self.values[:, j])
            cells = numpy.asarray(filled)[holes, j].astype(float)
            if numpy.isnan(cells).any():
                raise ValueError(f"cells left empty in column {self.text.columns[j]}")
            seen = self.values[~holes, j]
            cells = numpy.clip(cells, seen.min(), seen.max())
            if j in self.categories:
                rows[holes, j] = [self.levels[j][int(k)] for k in numpy.rint(cells)]
            else:
                rows[holes, j] = [repr(float(cell)) for cell in cells]
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([list(self.text.columns), *rows])
