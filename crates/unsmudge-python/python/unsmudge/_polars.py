"""Columns of polars' DataFrames, and DataFrames with their missing cells filled."""

import numpy as np
import polars as pl

from ._columns import Column, are_numbers, of_objects, of_words, shown

PER_SECOND = {"ms": 1e3, "us": 1e6, "ns": 1e9}


def read(frame, names):
    """The columns of a DataFrame."""
    return [column(name, frame[name]) for name in names]


def holds_words(frame):
    """Whether the DataFrame has words that are no numbers, categories or dates."""
    numbers = (pl.Boolean, pl.Null)
    others = [of for of in frame if not of.dtype.is_numeric() and of.dtype not in numbers]
    columns = (column(of.name, of) for of in others)
    return any(
        of.is_date or of.is_declared or of.words and not are_numbers(of.words) for of in columns
    )


def column(name, series):
    dtype = series.dtype
    if dtype == pl.Boolean:
        places = series.cast(pl.Int8).fill_null(-1).to_numpy()
        return of_words(name, places, [False, True], is_declared=True)
    if dtype == pl.Enum:
        places = series.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        return of_words(name, places, dtype.categories.to_list(), is_declared=True)
    if dtype in (pl.String, pl.Categorical):
        words = series.cast(pl.String)
        levels = words.drop_nulls().unique().to_list()
        places = words.cast(pl.Enum(levels)).to_physical().cast(pl.Int64)
        return of_words(name, places.fill_null(-1).to_numpy(), levels)
    if dtype == pl.Date:
        return Column(name, numbers(series.to_physical()) * 86_400, is_date=True)
    if dtype in (pl.Datetime, pl.Duration):
        cells = numbers(series.to_physical()) / PER_SECOND[dtype.time_unit]
        return Column(name, cells, is_date=dtype == pl.Datetime)
    if dtype.is_numeric() or dtype == pl.Null:
        return Column(name, numbers(series))
    if dtype == pl.Object:
        cells = np.array(series.to_list() + [None], dtype=object)[:-1]
        return of_objects(name, cells, np.array([cell is None for cell in cells]))
    raise ValueError(
        f"X: column {shown(name)} has the type {dtype}: expected numbers, words, categories, "
        "booleans or dates"
    )


def numbers(series):
    return series.cast(pl.Float64).to_numpy().copy()


def objects(frame, j):
    """The cells of a column as objects."""
    cells = np.empty(frame.height, dtype=object)
    cells[:] = frame.to_series(j).to_list()
    return cells


def of_cells(frame, rows, columns):
    """A DataFrame of cells, which are of these rows; of mixed types as text."""
    text = {
        name: [None if cell is None else str(cell) for cell in cells]
        for name, cells in columns.items()
        if cells.dtype == object
    }
    return pl.DataFrame({"row": rows, **columns, **text})


def write(frame, filled, indicators):
    """A copy of the DataFrame with cells filled: where, and with what, by place of the column."""
    columns = frame.get_columns()
    for j, (column, holes, values) in filled.items():
        columns[j] = series_of(columns[j], column, holes, values)
    columns += [pl.Series(name, holes) for name, holes in indicators.items()]
    return pl.DataFrame(columns)


def series_of(series, column, holes, values):
    dtype = series.dtype
    if dtype == pl.Null:
        dtype = pl.String if values.dtype == object else pl.Float64
    if dtype == pl.Date:
        values = np.rint(values / 86_400).astype(np.int32)
    elif dtype in (pl.Datetime, pl.Duration):
        values = np.rint(values * PER_SECOND[dtype.time_unit]).astype(np.int64)
    elif dtype.is_integer():
        values = np.rint(values).astype(np.int64)
    elif dtype == pl.Enum:
        known = dtype.categories.to_list()
        dtype = pl.Enum(list(dict.fromkeys([*known, *map(str, values)])))
    new = pl.Series(series.name, values.tolist() if values.dtype == object else values).cast(dtype)
    of_rows = new.gather(np.maximum(np.cumsum(holes) - 1, 0))
    return series.cast(dtype).zip_with(pl.Series(~holes), of_rows)
