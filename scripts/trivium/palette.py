# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Trivium authors
"""How a contender looks in every picture: a colour for its model, a marker and a dash for its strategy.

Colours alone tell nothing: each model's are different in brightness too (after Okabe and Ito, who chose them for
colour-blind readers), and marker, dash and direct label tell the same.
"""

from dataclasses import dataclass

# Colour class: light, dark, and what the model is called.
MODELS = {
    "process": ("#b04a00", "#ffa45c", "processes"),
    "thread": ("#0064a4", "#74bdff", "threads"),
    "task": ("#00734f", "#43d6a0", "coroutines"),
    "floor": ("#5c5c5c", "#b4b4b4", "floors"),
    "peer": ("#8f3f80", "#eaa3d8", "others"),
}
FLOOR = "floor/epoll"  # what an event loop costs at least
_FOLDERS = {"multiprocess": "process", "multithread": "thread", "async": "task", "floor": "floor"}
_MARKERS = {
    "per-connection": "circle",
    "per-url": "circle",
    "handoff": "square",
    "shared-accept": "triangle",
    "shared-queue": "triangle",
    "sequential": "cross",
    "epoll": "diamond",
    "blocking-process": "square",
    "blocking-thread": "triangle",
}
_OTHERS = ("circle", "square", "triangle", "diamond", "cross")  # for who is no strategy of ours: one by its name
_DASHES = {"circle": "", "square": "7 3", "triangle": "2 3", "cross": "1 4", "diamond": "9 3 2 3"}


@dataclass(frozen=True)
class Look:
    """How one entry is drawn. `hollow` markers are of split connections and of what is not ranked."""

    colour: str
    marker: str
    dash: str
    hollow: bool
    short: str


def model_of(entry: str) -> str:
    """Returns the colour class of an entry: "multithread/handoff", "async.task", "nginx"."""
    folder = entry.partition(",")[0].partition("/")[0].partition(".")[0]
    return _FOLDERS.get(folder, "peer")


def look_of(entry: str) -> Look:
    """Returns how an entry is drawn, the same in every picture."""
    bare = entry.removesuffix("#2")
    split = bare.endswith("+split")
    model = model_of(bare)
    strategy = bare.removesuffix("+split")
    if model != "peer":
        strategy = strategy.replace(".", "/", 1).partition("/")[2]
    strategy = strategy.removeprefix("peer/")
    marker = _MARKERS.get(strategy) or _OTHERS[sum(strategy.encode()) % len(_OTHERS)]
    short = strategy + ("+split" if split else "") + ("#2" if entry != bare else "")
    return Look(model, marker, _DASHES[marker], split, short)


def groups(entries: list[str]) -> list[tuple[str, list[str]]]:
    """Returns the entries by colour class, in the order of the models; A/A twins are left out."""
    found = []
    for model in MODELS:
        own = [entry for entry in entries if model_of(entry) == model and not entry.endswith("#2")]
        if own:
            found.append((model, own))
    return found


def panels_of(entries: list[str]) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """Returns the entries by model as pictures show them side by side, and those that belong into every panel.

    The floor is what each model is held against, so it has no panel of its own.
    """
    grouped = groups(entries)
    if FLOOR not in entries or not any(model in _FOLDERS.values() and model != "floor" for model, _ in grouped):
        return grouped, []
    kept = [(model, [entry for entry in own if entry != FLOOR]) for model, own in grouped]
    return [(model, own) for model, own in kept if own], [FLOOR]


def variables(dark: bool) -> str:
    """Returns the colours as CSS variables."""
    own = [f"--{name}:{colours[1 if dark else 0]}" for name, colours in MODELS.items()]
    common = (
        ["--ink:#e6e6e6", "--soft:#a9a9a9", "--rule:#4a4a4a", "--page:#161616", "--failed:#ff7a9c"]
        if dark
        else ["--ink:#1c1c1c", "--soft:#5e5e5e", "--rule:#c9c9c9", "--page:#ffffff", "--failed:#a4133c"]
    )
    return ";".join(common + own)
