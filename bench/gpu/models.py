#!/usr/bin/env python3
"""Times PyTorch on whole training steps and sampling runs, and sets it beside Zoetrope's times.

usage: models.py zoetrope.jsonl [--no-compile] [--budget SECONDS] [--check] > models.md

zoetrope.jsonl is what ModelTimes printed. The networks and steps are the same (networks.py, steps.py); PyTorch runs each of
them in several ways, as a CUDA graph where it can be captured, and its fastest counts. Ways that are left when the budget
is spent are not tried. A ratio above 1 means that Zoetrope is faster. --check runs each once, small, on the CPU, to show
that it can.
"""
import argparse
import gc
import json
import signal
import sys
import time

STARTED = time.monotonic()

import torch

import steps
import timing

WAYS = [
    steps.Way("bf16 weights"),
    steps.Way("autocast", half=False),
    steps.Way("compiled, bf16 weights", compiled=True),
    steps.Way("bf16 weights, NCHW", channels_last=False),
]
PEERS = {
    "unet_train": (steps.unet_train, WAYS, 1),
    "unet_sample": (steps.unet_sample, [way for way in WAYS if way.half], steps.SAMPLING_STEPS),
    "resnet18_train": (steps.resnet18_train, [way for way in WAYS if way.channels_last], 1),
    "small_cnn_train": (steps.small_cnn_train, [way for way in WAYS if way.channels_last], 1),
}
# A compilation that starts with less than that left would overrun the budget by much.
COMPILING_SECONDS = 30


def say(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def measure(kind, batch, way, best):
    """Milliseconds of a step or run, and how it ran; roughly where another way was clearly faster."""
    make, _, repeats = PEERS[kind]
    if way.compiled:
        torch.compiler.reset()
    replay, graphed = timing.replayable(make(batch, way, "cuda"))

    def run():
        for _ in range(repeats):
            replay()

    milliseconds = timing.rounds_time(run, rounds=1, round_ms=50)
    if milliseconds < 1.1 * best:
        milliseconds = timing.rounds_time(run)
    return milliseconds, ("graph, " if graphed else "no graph, ") + way.name


def attempts(cases, compiles):
    """Cases by the ways to run them, the first case of each kind before the others."""
    batches = {}
    for case in cases:
        batches.setdefault(case.split(",")[0], []).append(case)
    ordered = sorted(cases, key=lambda case: batches[case.split(",")[0]].index(case))
    for way in WAYS:
        for case in ordered:
            kind, batch = (cell.strip() for cell in case.split(","))
            if kind in PEERS and way in PEERS[kind][1] and (compiles or not way.compiled):
                yield case, kind, int(batch), way


def run_all(cases, options, found):
    for case, kind, batch, way in attempts(cases, not options.no_compile):
        left = options.budget - (time.monotonic() - STARTED)
        if way is not WAYS[0] and left < (COMPILING_SECONDS if way.compiled else 0):
            say(f"{case}: {way.name}: not tried, the budget is spent")
            continue
        try:
            best = min((milliseconds for milliseconds, _ in found[case]), default=float("inf"))
            found[case].append(measure(kind, batch, way, best))
            say(f"{case}: {found[case][-1][1]}: {found[case][-1][0]:.4f} ms")
        except Exception as e:  # one way that PyTorch does not take must not end the others
            say(f"{case}: {way.name}: failed: {type(e).__name__}: {str(e)[:500]}")
        gc.collect()
        torch.cuda.empty_cache()


def table(ours, found):
    print(f"{timing.header()}\n")
    print("| case | Zoetrope ms | PyTorch ms | ratio | how PyTorch ran (other ways, ms) |\n|---|---|---|---|---|")
    for case, mine in ours.items():
        ways = sorted(found[case])
        if not ways:
            print(f"| {case} | {mine:.4f} | – | – | {'failed' if case.split(',')[0] in PEERS else 'no peer'} |")
            continue
        theirs, how = ways[0]
        others = "; ".join(f"{name} {milliseconds:.4f}" for milliseconds, name in ways[1:])
        print(f"| {case} | {mine:.4f} | {theirs:.4f} | {theirs / mine:.2f} | {how}{f' ({others})' if others else ''} |")


def check(compiles):
    for _, kind, batch, way in attempts([f"{kind}, 2" for kind in PEERS], compiles):
        try:
            if way.compiled:
                torch.compiler.reset()
            run = PEERS[kind][0](batch, way, "cpu")
            for _ in range(2):
                run()
            say(f"{kind}: {way.name}: {'loss ' + str(run.sum.item() / 2) if hasattr(run, 'sum') else 'ran'}")
        except Exception as e:
            say(f"{kind}: {way.name}: failed: {type(e).__name__}: {str(e)[:500]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("zoetrope", nargs="?", help="what ModelTimes printed")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    parser.add_argument("--budget", type=float, default=90, help="seconds after which only each case's first way is run")
    parser.add_argument("--check", action="store_true", help="run each way once, small, on the CPU")
    options = parser.parse_args()
    if options.check:
        return check(not options.no_compile)
    if options.zoetrope is None:
        parser.error("zoetrope.jsonl is missing: what ModelTimes printed")
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    ours = {row["case"]: row["ms"] for row in map(json.loads, open(options.zoetrope))}
    found = {case: [] for case in ours}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("models.py: stopped"))
    try:
        run_all(list(ours), options, found)
    finally:
        table(ours, found)


main()
