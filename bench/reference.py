"""Our losses after 15 epochs, compared with those of a recorded PyTorch run."""

import shutil

from prepare import BINARY, say
from sides import show, whole


def reference(settings, data, threads, scratch):
    """Text of reference.md, and whether every loss is within its tolerance."""
    rows, is_within, shown = [], True, []
    case = {"threads": threads}
    for one in settings["run"]:
        shutil.rmtree(scratch / "run", ignore_errors=True)
        held_out = ["--valid", "10000"]
        command = [BINARY, "train", data, *held_out, *settings["train"], "--corruption",
                   one["corruption"], "--threads", threads, "--json", "-q", "--out",
                   scratch / "run"]
        shown.append(command)
        say(f"reference: corruption {one['corruption']}")
        result = whole(command, case, scratch)
        found = [("train", one["train_loss"], result["train_loss"]),
                 ("held out, corrupted as in training", one["valid_loss"], result["valid_loss"])]
        if "clean_loss" in one:
            command = [BINARY, "evaluate", scratch / "run", data, *held_out, "--split", "valid",
                       "--corruption", "none", "--json"]
            shown.append(command)
            found.append(("held out, clean", one["clean_loss"],
                          whole(command, case, scratch)["loss"]))
        for what, theirs, ours in found:
            percent = 100 * (ours / theirs - 1)
            is_good = abs(percent) <= settings["percent"]
            is_within &= is_good
            rows.append(f"| {one['corruption']} | {what} | {ours:.2f} | {theirs:.2f} "
                        f"| {percent:+.2f} % | {'yes' if is_good else '**no**'} "
                        f"| {result['seconds']:.1f} |")
    lines = [show(command).replace(str(scratch), "TMP") for command in shown]
    text = "\n".join([
        "# Losses beside those on record", "",
        f"MNIST, 50,000 to train, 10,000 held out; 784-500 tied, 15 epochs, {threads} threads. "
        "Theirs: PyTorch on another machine, from the record of the papers' cases. Nats per "
        "example; noise and seeds differ.", "",
        f"| corruption | loss | ours | theirs | difference | within {settings['percent']:g} % "
        "| seconds of training |",
        "|---|---|--:|--:|--:|---|--:|", *rows, "", "```", *lines, "```", ""])
    return text, is_within
