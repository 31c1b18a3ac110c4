"""Columns of tables as numbers: places of words, seconds of dates, NaN where a cell is missing."""

import difflib
import numbers
from dataclasses import dataclass

import numpy as np

DAY = 86_400

# As the command reads text: a column of words that are all different, of at least so many rows,
# tells nothing; as one of many words that are seen in few rows on average, and one of more words
# than a category has that was not asked for.
LEAST_IDS = 20
MANY_WORDS = 100
ROWS_OF_WORD = 5
MOST_WORDS = 1_000

# Words among numbers are a category if there are so few, each seen several times.
MOST_MIXED = 32


@dataclass
class Column:
    """One column of a table as it came."""

    # Its number from 1 where the table has no names.
    name: str | int
    # float64: numbers, seconds since 1970, or places in ``words``; NaN where a cell is missing.
    cells: np.ndarray
    # Of a category: its words in order, as the table has them.
    words: list | None = None
    is_date: bool = False
    # Whether the table says that it is a category.
    is_declared: bool = False


@dataclass
class Known:
    """One column that a model knows."""

    name: str | int
    # ``number``, ``date`` (days), ``time`` (seconds), ``category``, or ``ignored``: no input.
    kind: str
    words: list | None = None
    has_missing: bool = False


def shown(name):
    """A column in messages."""
    return f'"{name}"' if isinstance(name, str) else str(name)


def of_words(name, places, words, *, is_declared=False):
    """A column from places in ``words``, below 0 where a cell is missing.

    Words are sorted unless the table itself says what the words of the column are.
    """
    texts = [str(word) for word in words]
    first = dict(zip(reversed(texts), reversed(words), strict=True))
    levels = list(dict.fromkeys(texts)) if is_declared else sorted(first)
    place = {text: k for k, text in enumerate(levels)}
    cells = np.array([place[text] for text in texts] + [np.nan])[places]
    return Column(name, cells, [first[text] for text in levels], is_declared=is_declared)


def of_objects(name, cells, is_missing):
    """A column from Python objects: a category if a word is among them."""
    present = cells[~is_missing]
    if not any(isinstance(cell, (str, bool, np.bool_)) for cell in present):
        values = np.full(len(cells), np.nan)
        values[~is_missing] = [float(cell) for cell in present]
        return Column(name, values)
    places, known = np.full(len(cells), -1), {}
    if all(isinstance(cell, (bool, np.bool_)) for cell in present):
        places[~is_missing] = present.astype(int)
        return of_words(name, places, [False, True], is_declared=True)
    places[~is_missing] = [known.setdefault((type(cell), str(cell)), len(known)) for cell in present]
    words = dict(zip(places[~is_missing], present, strict=True))
    return of_words(name, places, [words[k] for k in range(len(known))])


def without(column, missing):
    """The column, where cells that equal ``missing`` are missing too."""
    if column.words is None:
        if is_number(missing) and not column.is_date:
            column.cells = np.where(column.cells == missing, np.nan, column.cells)
        return column
    if any(is_same(word, missing) for word in column.words):
        kept = [k for k, word in enumerate(column.words) if not is_same(word, missing)]
        moved = np.full(len(column.words) + 1, -1)
        moved[kept] = np.arange(len(kept))
        words = [column.words[k] for k in kept]
        is_declared = column.is_declared
        column = of_words(column.name, moved[places_in(column)], words, is_declared=is_declared)
    if column.words and not column.is_declared and all(map(is_number, column.words)):
        return Column(column.name, as_numbers(column))
    return column


def places_in(column):
    """The places of words of a column, -1 where a cell is missing."""
    return np.where(np.isnan(column.cells), -1, column.cells).astype(int)


def as_numbers(column):
    """The cells of a category as numbers; NaN also where a word is none."""
    values = [float(word) if is_number(word) else np.nan for word in column.words]
    return np.array([*values, np.nan])[places_in(column)]


def is_number(value):
    return isinstance(value, (numbers.Number, np.bool_))


def is_same(word, missing):
    both = is_number(word) and is_number(missing)
    return (both or type(word) is type(missing)) and word == missing


def learned(column, left_out):
    """What is learned of a column, and what to warn of; ``left_out`` is said of columns that tell
    nothing."""
    present = column.cells[~np.isnan(column.cells)]
    known = Known(column.name, "number", None, len(present) < len(column.cells))
    warning = None
    if len(present) == 0:
        warning = "has no values"
    elif column.is_date:
        known.kind = "date" if (present % DAY == 0).all() else "time"
    elif column.words is not None:
        check_mixed(column, present)
        known.kind, known.words = "category", column.words
        warning = too_many(present)
    if warning is not None:
        known.kind = "ignored"
        return known, f"X: left out: column {shown(known.name)}, which {warning}{left_out}"
    if known.kind == "category" and not column.is_declared and are_numbers(known.words):
        return known, (
            f"X: column {shown(known.name)} has numbers as text, and is used as a category; convert "
            "it to use it as numbers"
        )
    return known, None


def too_many(present):
    """Why words are no category, if they are not."""
    n_levels = len(np.unique(present))
    if n_levels == len(present) >= LEAST_IDS:
        return "has a different text in every row"
    is_rare = n_levels > MANY_WORDS and ROWS_OF_WORD * n_levels > len(present)
    if is_rare or n_levels > MOST_WORDS:
        return "has too many different texts to be a category"
    return None


def are_numbers(texts):
    try:
        return all(isinstance(float(text), float) for text in texts)
    except ValueError:
        return False


def check_mixed(column, present):
    """Refuses a column of numbers and few words, which is more likely one of numbers."""
    n_words = len(present) - (~np.isnan(as_numbers(column))).sum()
    if column.is_declared or n_words == len(present):
        return
    n_levels = len(column.words)
    if n_levels > MOST_MIXED or 3 * n_levels > len(present) or 10 * n_words < len(present):
        raise ValueError(not_a_number(column))


def not_a_number(column):
    """What is said of the first cell of a category that is no number."""
    row = np.flatnonzero(np.isnan(as_numbers(column)) & ~np.isnan(column.cells))[0]
    word = column.words[int(column.cells[row])]
    return (
        f"X: row {row + 1}, column {shown(column.name)}: expected a number, found {word!r}; correct "
        f"the cell, or declare it missing by missing_values={word!r}"
    )


def cells_of(known, column):
    """The cells of a column as the model knows them, and what to warn of."""
    is_missing = np.isnan(column.cells)
    if is_missing.all():
        return column.cells, None
    if known.kind == "category":
        return places_of(known, column)
    if known.kind in ("date", "time"):
        if not column.is_date:
            raise ValueError(other_kind(known, column))
        return column.cells / (DAY if known.kind == "date" else 1), None
    if column.is_date:
        raise ValueError(other_kind(known, column))
    if column.words is None:
        return column.cells, None
    cells = as_numbers(column)
    if (np.isnan(cells) != is_missing).any():
        raise ValueError(not_a_number(column))
    return cells, None


def places_of(known, column):
    """Places of words among the known ones, after the last where a word is none of them."""
    if column.is_date:
        raise ValueError(other_kind(known, column))
    if column.words is None:
        values, places = np.unique(column.cells, return_inverse=True)
        places = np.where(np.isnan(column.cells), -1, places.reshape(-1))
        words = [int(value) if value.is_integer() else value for value in values.tolist()]
    else:
        words, places = column.words, places_in(column)
    place = {str(word): k for k, word in enumerate(known.words)}
    cells = np.array([place.get(str(word), len(place)) for word in words] + [np.nan])[places]
    unseen = np.flatnonzero(cells == len(place))
    if len(unseen) == 0:
        return cells, None
    if column.words is None and len(unseen) == (~np.isnan(cells)).sum():
        raise ValueError(other_kind(known, column))
    word = words[places[unseen[0]]]
    n = f"{len(unseen)} cell{'s' if len(unseen) > 1 else ''}"
    return cells, (
        f"X: column {shown(known.name)} has {n} with levels that training did not have, the first "
        f"in row {unseen[0] + 1}, {word!r}: none of the known levels stands for them"
    )


def other_kind(known, column):
    """What is said of a column of another kind than in ``fit``."""
    found = "dates" if column.is_date else "numbers" if column.words is None else "words"
    expected = {"number": "numbers", "category": "a category", "date": "dates", "time": "times"}
    words = ""
    if known.words is not None:
        few = ", ".join(repr(str(word)) for word in known.words[:3])
        words = f" of {few}" + (", ..." if len(known.words) > 3 else "")
    return f"X: column {shown(known.name)}: expected {expected[known.kind]}{words}, as in fit, found {found}"


def values_of(known, column, cells):
    """Cells of a model as a table, or its column, has them: numbers, seconds of dates, words."""
    if known.kind == "category":
        own = {} if column is None else {str(word): word for word in column.words or ()}
        words = [own.get(str(word), word) for word in known.words]
        if column is not None and column.words is None and are_numbers(words):
            return np.array(words, dtype=float)[cells.astype(int)]
        values = np.empty(len(cells), dtype=object)
        values[:] = [words[int(cell)] for cell in cells]
        return values
    if column is not None and column.words == [False, True]:
        return np.rint(cells).astype(bool).astype(object)
    return np.rint(cells) * DAY if known.kind == "date" else cells


def objects_of(known, column, cells):
    """Cells of a model as objects: numbers, words, and dates with a time of day or without; None
    where there is none."""
    present = ~np.isnan(cells)
    objects = np.full(len(cells), None, dtype=object)
    values = values_of(known, column, cells[present])
    if known.kind in ("date", "time"):
        times = np.rint(values * 1e6).astype(np.int64).astype("datetime64[us]")
        values = times.astype("datetime64[D]") if known.kind == "date" else times
    objects[present] = values.tolist()
    return objects


def check_different(names):
    """Refuses names of columns that are not all different."""
    seen = set()
    for name in names:
        if name in seen:
            raise ValueError(f'X has two columns "{name}": expected different names')
        seen.add(name)


def matched(known, names):
    """The place of each known column among ``names``."""
    places = {name: k for k, name in enumerate(names)}
    extra = [name for name in names if name not in known]
    missing = [name for name in known if name not in places]
    if missing:
        nearest = difflib.get_close_matches(missing[0], extra, n=1)
        meant = f'; is it "{nearest[0]}" now?' if nearest else ""
        raise ValueError(f'X has no column "{missing[0]}", which it had in fit{meant}')
    if extra:
        raise ValueError(f'X has a column "{extra[0]}", which it did not have in fit')
    return [places[name] for name in known]
