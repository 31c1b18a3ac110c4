"""Columns of pandas' DataFrames, and DataFrames with their missing cells filled."""

import datetime

import numpy as np
import pandas as pd

from ._columns import Column, are_numbers, of_objects, of_words, shown


def read(frame, names):
    """The columns of a DataFrame."""
    return [column(name, frame.iloc[:, j]) for j, name in enumerate(names)]


def holds_words(frame):
    """Whether the DataFrame has words that are no numbers, categories or dates."""
    types = pd.api.types
    others = [j for j, dtype in enumerate(frame.dtypes) if not types.is_numeric_dtype(dtype)]
    columns = (column(j + 1, frame.iloc[:, j]) for j in others)
    return any(
        of.is_date or of.is_declared or of.words and not are_numbers(of.words) for of in columns
    )


def column(name, series):
    dtype = series.dtype
    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        words = list(dtype.categories)
        return of_words(name, series.cat.codes.to_numpy(), words, is_declared=True)
    if types.is_bool_dtype(dtype):
        places = series.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype=int)
        return of_words(name, places, [False, True], is_declared=True)
    if types.is_datetime64_any_dtype(dtype):
        return Column(name, seconds(series), is_date=True)
    if types.is_timedelta64_dtype(dtype):
        return Column(name, series.dt.total_seconds().to_numpy(dtype=np.float64))
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        return Column(name, series.to_numpy(dtype=np.float64, na_value=np.nan))
    if not types.is_object_dtype(dtype) and not types.is_string_dtype(dtype):
        raise ValueError(
            f"X: column {shown(name)} has the type {dtype}: expected numbers, words, categories, "
            "booleans or dates"
        )
    kind = types.infer_dtype(series, skipna=True)
    if kind == "string":
        places, words = pd.factorize(series)
        return of_words(name, places, list(words))
    if kind in ("date", "datetime", "datetime64"):
        return Column(name, seconds(pd.to_datetime(series)), is_date=True)
    cells = series.to_numpy(dtype=object)
    return of_objects(name, cells, series.isna().to_numpy())


def seconds(dates):
    """Seconds since 1970 of dates, in UTC where they have a time zone."""
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    times = dates.to_numpy(dtype="datetime64[us]")
    cells = times.astype(np.int64) / 1e6
    cells[np.isnat(times)] = np.nan
    return cells


def objects(frame, j):
    """The cells of a column as objects."""
    return frame.iloc[:, j].astype(object).to_numpy()


def of_cells(frame, rows, columns):
    """A DataFrame of cells, which are of these rows of ``frame``."""
    rows = rows if frame is None else frame.index[rows]
    cells = pd.DataFrame({"row": rows, **columns})
    for name in ("low", "high"):
        if not any(isinstance(cell, datetime.date) for cell in cells[name]):
            cells[name] = cells[name].astype(float)
    return cells


def write(frame, filled, indicators):
    """A copy of the DataFrame with cells filled: where, and with what, by place of the column."""
    out = frame.copy()
    for j, (column, holes, values) in filled.items():
        out.isetitem(j, series_of(frame.iloc[:, j], column, holes, values))
    for name, holes in indicators.items():
        out[name] = holes
    return out


def series_of(series, column, holes, values):
    dtype = series.dtype
    if column.is_date and values.dtype != object:
        values = dates(values, dtype, series.dropna())
    if isinstance(dtype, pd.CategoricalDtype):
        known = set(dtype.categories)
        more = [word for word in dict.fromkeys(values) if word not in known]
        series = series.cat.add_categories(more) if more else series
    elif pd.api.types.is_timedelta64_dtype(dtype):
        values = np.rint(values * 1e6).astype("timedelta64[us]")
    elif pd.api.types.is_integer_dtype(dtype):
        values = np.rint(values)
    elif column.words is None and values.dtype == object and not pd.api.types.is_string_dtype(dtype):
        series = series.astype(object)
    array = series.array.copy()
    array[holes] = pd.array(values, dtype=series.dtype)
    return pd.Series(array, dtype=series.dtype, index=series.index, name=series.name)


def dates(values, dtype, present):
    """Dates from seconds since 1970, of the type of a column."""
    times = np.rint(values * 1e6).astype(np.int64).astype("datetime64[us]")
    if isinstance(dtype, pd.DatetimeTZDtype):
        return pd.DatetimeIndex(times, tz="UTC").tz_convert(dtype.tz)
    if pd.api.types.is_object_dtype(dtype):
        of_day = len(present) > 0 and not isinstance(present.iloc[0], datetime.datetime)
        objects = np.empty(len(times), dtype=object)
        objects[:] = list(times.astype("datetime64[D]" if of_day else "datetime64[us]").tolist())
        return objects
    return pd.DatetimeIndex(times)
