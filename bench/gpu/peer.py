#!/usr/bin/env python3
"""Runs PyTorch's side of a measurement, as io.zoetrope.measure.Peer tells it: a JSON object a line each way.

Every way that PyTorch has to run a case is an arm: eager, compiled with max-autotune, channels_last or not, bf16 weights or
autocast, each backend of SDPA, each as a CUDA graph where it can be captured. What fails is told on standard error.

usage: peer.py             on a GPU, by orders on standard input
       peer.py --check     each model's step once, small, on the CPU
"""
import gc
import json
import math
import os
import sys

import torch

import operations
import steps
import timing

WAYS = [
    steps.Way("bf16 weights"),
    steps.Way("autocast", half=False),
    steps.Way("compiled", compiled=True),
    steps.Way("nchw", channels_last=False),
]
HALF = [way for way in WAYS if way.half]
# By kind: what makes the step, its ways, how many steps a run has.
MODELS = {
    "unet_train": (steps.unet_train, WAYS, 1),
    "unet_step": (steps.unet_sample, HALF, 1),
    "unet_sample": (steps.unet_sample, HALF, steps.SAMPLING_STEPS),
    "cifar_unet_step": (steps.cifar_unet_sample, HALF, 1),
    "cifar_unet_sample": (steps.cifar_unet_sample, HALF, steps.SAMPLING_STEPS),
    "resnet18_train": (steps.resnet18_train, WAYS[:3], 1),
    "small_cnn_train": (steps.small_cnn_train, WAYS[:3], 1),
}


def complain(what, error):
    print(f"peer.py: {what}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)


class Peer:
    def __init__(self):
        self.arms = {}

    def add(self, name, replay, graphed, deviation=math.nan):
        self.arms[name] = replay
        arm = {"arm": name, "how": "graph" if graphed else "no graph"}
        return arm if math.isnan(deviation) else {**arm, "deviation": deviation}

    def forget(self):
        self.arms.clear()
        gc.collect()
        torch.cuda.empty_cache()

    def operation(self, name, folder):
        self.forget()
        found = []
        for way, make in operations.ways(name, folder):
            try:
                run = make()
                deviation = operations.deviation(run(), folder)
                replay, graphed = timing.recorded(getattr(run, "timed", run))
                found.append(self.add(way, replay, graphed, deviation))
            except Exception as error:  # one way that PyTorch does not take must not end the others
                complain(f"{name} by {way}", error)
        return {"arms": found}

    def model(self, name):
        self.forget()
        kind, batch = name.split(", ")
        make, ways, repeats = MODELS.get(kind, (None, [], 1))
        found = []
        for way in ways:
            try:
                if way.compiled:
                    torch.compiler.reset()
                replay, graphed = timing.recorded(make(int(batch), way, "cuda"))
                def run(replay=replay):
                    for _ in range(repeats):
                        replay()
                found.append(self.add(f"pytorch {way.name}", run, graphed))
            except Exception as error:
                complain(f"{name} by {way.name}", error)
        return {"arms": found}

    def round(self, arm, milliseconds):
        try:
            return {"ms": timing.round_time(self.arms[arm], milliseconds)}
        except Exception as error:
            return {"failed": f"{type(error).__name__}: {str(error)[:300]}"}


def check():
    for kind, (make, ways, _) in MODELS.items():
        for way in ways:
            try:
                run = make(2, way, "cpu")
                run()
                print(f"{kind} by {way.name} runs")
            except Exception as error:
                complain(f"{kind} by {way.name}", error)


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    # Libraries print to standard output; the answers alone go there.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    timing.use_one_stream()
    peer = Peer()
    print(json.dumps({"versions": timing.versions()}), file=answers)
    for line in sys.stdin:
        order = json.loads(line)
        if order["order"] == "operation":
            answer = peer.operation(order["name"], order["folder"])
        elif order["order"] == "model":
            answer = peer.model(order["name"])
        else:
            answer = peer.round(order["arm"], order["ms"])
        print(json.dumps(answer), file=answers)


main()
