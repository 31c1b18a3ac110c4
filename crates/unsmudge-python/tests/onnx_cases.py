"""Models that the command trains and exports, and the numbers they give in both worlds."""

import csv
import json

import numpy as np
import onnx
import onnxruntime
from command import run as unsmudge


def write_table(path, columns):
    """A CSV file; text is quoted, and numbers are written so that they come back as they are."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def read_table(path):
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def pictures(folder):
    """A folder of drawn digits, and the raw pixels of its test part."""
    unsmudge("problem", "basic", "--size", "150,50,40", "--out", folder, "--quiet")
    raw = (folder / "t10k-images-idx3-ubyte").read_bytes()
    return np.frombuffer(raw, np.uint8, offset=16).reshape(40, 784).astype(np.float32)


def measurements(seed=0, n_rows=90):
    """Named columns of quite different units, one of them constant."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_rows, 2))
    columns = {
        "length, mm": 0.004 * hidden[:, 0] + 0.02,
        "mass": 7e4 + 900 * hidden[:, 1] + 300 * hidden[:, 0],
        "constant": np.full(n_rows, -3.25),
        "angle": hidden.sum(axis=1) + 0.1 * rng.normal(size=n_rows),
        "größe": 1e6 + 2 * rng.normal(size=n_rows),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def predicted(inputs):
    """What can be predicted of these measurements."""
    angle, mass = inputs["angle"], inputs["mass"]
    n = len(angle)
    return {
        "classes": {"species": np.where(angle > 0.5, "b, wild", np.where(angle < -0.5, "a", "ç"))},
        "labels": {"heavy": (mass > 7e4).astype(int), "even": np.arange(n) % 2},
        "numbers": {"price": 1000 * angle + mass, "share": (0.001 * angle).astype(np.float32)},
    }


class Exported:
    """A trained run with its ONNX file, and the rows to compare on."""

    def __init__(self, folder, source, rows, *train):
        self.folder, self.source, self.rows = folder, source, rows
        run = ["train", source, "--out", folder / "run", "--quiet", "--threads", 1]
        unsmudge(*run, *train)
        self.path = folder / "model.onnx"
        self.summary = json.loads(
            unsmudge("export", folder / "run", "--onnx", self.path, "--json")
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(self.path, options, providers=providers)
        self.metadata = self.session.get_modelmeta().custom_metadata_map

    def names(self, key):
        return json.loads(self.metadata[key])

    def run(self, rows):
        """All outputs of onnxruntime, by name."""
        names = [output.name for output in self.session.get_outputs()]
        return dict(zip(names, self.session.run(None, {"input": rows}), strict=True))

    def ours(self, source=None):
        """The same from the command."""
        use = [self.folder / "run", self.source if source is None else source, "--quiet", "-o"]
        found = {}
        for command, name in [("encode", "code"), ("denoise", "reconstruction")]:
            out = self.folder / f"{name}.npy"
            unsmudge(command, *use, out)
            found[name] = np.load(out)
        outputs = [output["name"] for output in self.summary["outputs"]]
        for name in set(outputs) & {"probabilities", "prediction"}:
            out = self.folder / "predicted.csv"
            unsmudge("predict", *use, out, "--probabilities")
            found[name] = np.array(read_table(out)[1], dtype=np.float32)
        if "class" in outputs:
            unsmudge("predict", *use, self.folder / "classes.csv")
            places = {name: place for place, name in enumerate(self.names("classes"))}
            _, rows = read_table(self.folder / "classes.csv")
            found["class"] = np.array([places[name] for (name,) in rows], dtype=np.int64)
        return found

    def units(self):
        """What 1 of an output is in raw units: a column's span for reconstructions, else 1."""
        initializers = {tensor.name: tensor for tensor in onnx.load(self.path).graph.initializer}
        for name in ["layer.1.scaling.span", "scaling.byte"]:
            if name in initializers:
                return {"reconstruction": onnx.numpy_helper.to_array(initializers[name])}
        return {}


def largest_difference(found, expected, unit=1.0):
    """Of two tables, in `unit`s; relative where the values are larger than one.

    f32 has 24 bits: a reconstruction of 1e6 cannot be right to less than 0.06, whatever computes
    it, and one of a column that spans 0.01 is wrong by much with 1e-5.
    """
    found, expected = (np.asarray(values, np.float64) / unit for values in (found, expected))
    assert found.shape == expected.shape
    return float(np.max(np.abs(found - expected) / np.maximum(1.0, np.abs(expected)), initial=0.0))
