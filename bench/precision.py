"""Losses and errors of the whole recipe in bf16, compared with f32 from the same seeds."""

import shutil

from prepare import BINARY, say
from sides import show, whole


def precision(settings, data, threads, scratch):
    """Text of precision.md, and whether bf16 reaches the results of f32."""
    case, rows, shown, is_within = {"threads": threads}, [], [], True
    held_out = ["--valid", "10000"]
    for seed in settings["seeds"]:
        found = {}
        for kind in ("f32", "bf16"):
            shutil.rmtree(scratch / "run", ignore_errors=True)
            say(f"precision: {kind}, seed {seed}")
            train = [BINARY, "train", data, *held_out, *settings["train"], "--seed", seed,
                     "--precision", kind, "--threads", threads, "--json", "-q", "--out",
                     scratch / "run"]
            trained = whole(train, case, scratch)
            test = [BINARY, "evaluate", scratch / "run", data, "--split", "test", "--json"]
            tested = whole(test, case, scratch)
            shown += [train, test]
            found[kind] = [stage["valid_loss"] for stage in trained["stages"]], trained, tested
        (losses, valid, test), (losses_16, valid_16, test_16) = found["f32"], found["bf16"]
        for k, (one, other) in enumerate(zip(losses[:-1], losses_16[:-1]), 1):
            percent = 100 * (other / one - 1)
            is_good = abs(percent) <= settings["percent"]
            is_within &= is_good
            rows.append(f"| {seed} | held-out loss of layer {k} | {one:.3f} | {other:.3f} "
                        f"| {percent:+.2f} % | {settings['percent']:g} % "
                        f"| {'yes' if is_good else '**no**'} |")
        for what, one, other in (("held-out error", valid["prediction"], valid_16["prediction"]),
                                 ("test error", test, test_16)):
            apart, most = other["error_rate"] - one["error_rate"], one["interval"]
            is_good = abs(apart) <= most
            is_within &= is_good
            rows.append(f"| {seed} | {what} | {100 * one['error_rate']:.2f} % "
                        f"| {100 * other['error_rate']:.2f} % | {100 * apart:+.2f} "
                        f"| {100 * most:.2f} | {'yes' if is_good else '**no**'} |")
    lines = [show(command).replace(str(scratch), "TMP") for command in shown[:4]]
    text = "\n".join([
        "# bf16 beside f32", "",
        f"MNIST, 50,000 to train, 10,000 held out, 10,000 to test; {threads} threads. The same "
        "seeds: the same initial weights, order and noise. Losses in nats or squared units per "
        "example, errors in percent of the examples; the limit of an error is its own 95 % "
        "interval.", "",
        "| seed | what | f32 | bf16 | difference | limit | within |",
        "|--:|---|--:|--:|--:|--:|---|", *rows, "", "```", *lines, "```", ""])
    return text, is_within
