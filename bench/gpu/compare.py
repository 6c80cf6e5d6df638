#!/usr/bin/env python3
"""Times PyTorch (cuBLAS, cuDNN, flash attention) over cases.csv and sets it beside Zoetrope's times.

usage: compare.py cases.csv zoetrope.jsonl > results.md

PyTorch runs its best settings: channels-last, cudnn.benchmark, CUDA graphs; the median of the replays counts, as for
Zoetrope. A ratio above 1 means that Zoetrope is faster.
"""
import json
import sys

import torch
import torch.nn.functional as F

import timing

torch.backends.cudnn.benchmark = True
DEVICE = "cuda"
# A capture that fails leaves PyTorch's usual generator unusable.
GENERATOR = torch.Generator(DEVICE).manual_seed(1)


def random(*dims):
    return torch.randn(*dims, device=DEVICE, dtype=torch.bfloat16, generator=GENERATOR)


def images(n, c, size):
    return random(n, c, size, size).to(memory_format=torch.channels_last)


def convolution(op, batch, size, cin, cout, window, stride):
    x = images(batch, cin, size)
    w = random(cout, cin, window, window).to(memory_format=torch.channels_last)
    bias = random(cout)
    pad = window // 2
    y = F.conv2d(x, w, bias, stride, pad)
    if op == "conv_fprop":
        return lambda: F.conv2d(x, w, bias, stride, pad)
    mask = [op == "conv_dgrad", op == "conv_wgrad", False]
    return lambda: torch.ops.aten.convolution_backward(
        y, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask)


def attention(op, batch, length, heads, dim, causal):
    q, k, v = (random(batch, heads, length, dim).requires_grad_(op == "attention_backward") for _ in range(3))
    if op == "attention_forward":
        return lambda: F.scaled_dot_product_attention(q, k, v, is_causal=bool(causal))
    o = F.scaled_dot_product_attention(q, k, v, is_causal=bool(causal))
    do = random(*o.shape)
    return lambda: torch.autograd.grad(o, (q, k, v), do, retain_graph=True)


def work(op, n):
    if op == "gemm":
        a, b = random(n[0], n[2]), random(n[1], n[2])
        return lambda: a @ b.t()
    if op.startswith("conv"):
        return convolution(op, *n)
    if op.startswith("attention"):
        return attention(op, *n)
    if op == "group_norm_silu":
        x, w, b = images(n[0], n[2], n[1]), random(n[2]), random(n[2])
        return lambda: F.silu(F.group_norm(x, n[3], w, b))
    raise SystemExit(f"cases.csv: unknown operation '{op}'")


def main():
    timing.use_one_stream()
    ours = {row["case"]: row for row in map(json.loads, open(sys.argv[2]))}
    print(f"{timing.header()}\n")
    print("| case | Zoetrope ms | PyTorch ms | ratio |\n|---|---|---|---|")
    for line in open(sys.argv[1]):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        op, *rest = (cell.strip() for cell in line.split(","))
        theirs = timing.event_time(work(op, [int(cell) for cell in rest]))
        mine = ours[line]["ms"]
        print(f"| {line} | {mine:.4f} | {theirs:.4f} | {theirs / mine:.2f} |", flush=True)


main()
