"""Schemas of model files, and the columns that they are about."""

import json

from ._columns import Known

# Kinds of numbers that are no dates.
NUMBERS = ("number", "count", "binary")


def to_json(known):
    """The schema of known columns."""
    inputs = [column for column in known if column.kind != "ignored"]
    schema = {"n_columns": len(inputs), "columns": {}, "others": {}}
    if all(isinstance(column.name, str) for column in known):
        schema["names"] = [column.name for column in inputs]
    for j, column in enumerate(inputs):
        kind = column.kind
        if kind == "category":
            kind = {"category": {"levels": [str(word) for word in column.words]}}
        if kind != "number":
            schema["columns"][j] = {"kind": kind}
    for j, column in enumerate(known):
        if column.kind == "ignored":
            named = {"name": column.name} if "names" in schema else {}
            schema["others"][j] = {"role": "ignored", **named}
    return json.dumps(schema)


def of_json(text):
    """The known columns of a schema, in the order of their source, without what was predicted."""
    schema = json.loads(text)
    others = {int(j): other for j, other in schema.get("others", {}).items()}
    n_columns = schema["n_columns"] + len(others)
    targets = [j for j, other in others.items() if other["role"] == "target"]
    names, inputs = schema.get("names"), iter(range(schema["n_columns"]))
    known = []
    for j in range(n_columns):
        if j in targets:
            continue
        if j in others:
            known.append(Known(others[j].get("name", j + 1), "ignored"))
            continue
        place = next(inputs)
        kind = schema.get("columns", {}).get(str(place), {}).get("kind", "number")
        words = None
        if isinstance(kind, dict):
            words, kind = kind["category"]["levels"], "category"
        kind = "number" if kind in NUMBERS else kind
        known.append(Known(j + 1 if names is None else names[place], kind, words))
    return known
