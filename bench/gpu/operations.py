"""The operations of operations.csv in PyTorch, on operands that Zoetrope made, each in several ways."""
import math
import pathlib

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

DEVICE = "cuda"
MAX_AUTOTUNE = "max-autotune-no-cudagraphs"


def operand(folder, index, *dims, dtype=torch.bfloat16):
    data = bytearray((pathlib.Path(folder) / f"input-{index}").read_bytes())
    return torch.frombuffer(data, dtype=dtype).reshape(dims).to(DEVICE)


def compiled(function):
    torch.compiler.reset()
    return torch.compile(function, dynamic=False, mode=MAX_AUTOTUNE)


def nchw_view(x):
    """NHWC memory as PyTorch's channels_last."""
    return x.permute(0, 3, 1, 2)


def gemm(folder, n):
    a, b = operand(folder, 0, n[0], n[2]), operand(folder, 1, n[1], n[2])
    yield "pytorch", lambda: lambda: a @ b.t()
    def product():
        function = compiled(lambda a, b: a @ b.t())
        return lambda: function(a, b)
    yield "pytorch compiled", product


def convolution(op, folder, n):
    """Ways: channels_last as our operands lie; NCHW alone; NCHW with the changes of layout from NHWC and back."""
    batch, size, cin, cout, window, stride = n
    pad = window // 2
    out = (size + 2 * pad - window) // stride + 1
    x = nchw_view(operand(folder, 0, batch, size, size, cin))
    w = nchw_view(operand(folder, 1, cout, window, window, cin))
    xc, wc = x.contiguous(), w.contiguous()
    back = lambda y: y.permute(0, 2, 3, 1)
    if op == "conv_fprop":
        run = lambda x, w: F.conv2d(x, w, None, stride, pad)
        yield "pytorch nhwc", lambda: lambda: back(run(x, w))
        yield "pytorch nchw", lambda: lambda: back(run(xc, wc))
        yield "pytorch nchw with layout", lambda: lambda: back(run(x.contiguous(), wc)).contiguous()
        def faster():
            function = compiled(run)
            return lambda: back(function(x, w))
        yield "pytorch compiled", faster
        return
    dy = nchw_view(operand(folder, 2, batch, out, out, cout))
    dyc = dy.contiguous()
    mask = [op == "conv_dgrad", op == "conv_wgrad", False]
    which = 0 if mask[0] else 1
    run = lambda dy, x, w: torch.ops.aten.convolution_backward(
        dy, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, mask)[which]
    yield "pytorch nhwc", lambda: lambda: back(run(dy, x, w))
    yield "pytorch nchw", lambda: lambda: back(run(dyc, xc, wc))
    yield "pytorch nchw with layout", lambda: lambda: back(run(dy.contiguous(), x.contiguous(), wc)).contiguous()


def attention(op, folder, n):
    batch, length, heads, dim, causal = n
    qkv = operand(folder, 0, batch, length, 3, heads, dim).permute(2, 0, 3, 1, 4)
    q, k, v = (part.detach().requires_grad_(op == "attention_backward") for part in qkv.unbind(0))
    for name, backend in (("flash", SDPBackend.FLASH_ATTENTION), ("cudnn", SDPBackend.CUDNN_ATTENTION)):
        def ways(backend=backend):
            def forward():
                with sdpa_kernel(backend):
                    return F.scaled_dot_product_attention(q, k, v, is_causal=bool(causal))
            if op == "attention_forward":
                return lambda: forward().transpose(1, 2)
            o = forward()
            do = operand(folder, 1, batch, length, heads, dim).transpose(1, 2)
            def backward():
                gradients = torch.autograd.grad(o, (q, k, v), do, retain_graph=True)
                return torch.stack([gradient.transpose(1, 2) for gradient in gradients], dim=2)
            # The stack is how the output is compared; what is timed leaves the gradients where they are.
            backward.timed = lambda: torch.autograd.grad(o, (q, k, v), do, retain_graph=True)
            return backward
        yield f"pytorch sdpa {name}", ways


def norm(op, folder, n):
    if op == "group_norm_silu":
        batch, size, channels, groups = n
        x = nchw_view(operand(folder, 0, batch, size, size, channels))
        w, b = torch.ones(channels, device=DEVICE, dtype=x.dtype), torch.zeros(channels, device=DEVICE, dtype=x.dtype)
        run, shape = lambda x: F.silu(F.group_norm(x, groups, w, b)), lambda y: y.permute(0, 2, 3, 1)
    else:
        rows, width = n
        x = operand(folder, 0, rows, width)
        w, b = torch.ones(width, device=DEVICE, dtype=x.dtype), torch.zeros(width, device=DEVICE, dtype=x.dtype)
        run = (lambda x: F.layer_norm(x, (width,), w, b)) if op == "layer_norm" else (lambda x: F.rms_norm(x, (width,), w))
        shape = lambda y: y
    yield "pytorch", lambda: lambda: shape(run(x))
    def faster():
        function = compiled(run)
        return lambda: shape(function(x))
    yield "pytorch compiled", faster


def adamw(folder, n):
    """With what ours does in a step: clipping by the norm, the moving average, the BF16 copy."""
    master, gradient = (operand(folder, i, n[0], dtype=torch.float32) for i in range(2))
    def ways():
        parameter = torch.nn.Parameter(master.clone())
        parameter.grad = gradient.clone()
        average, copy = master.clone(), master.bfloat16()
        optimizer = torch.optim.AdamW([parameter], lr=1e-3, weight_decay=0.01, fused=True, capturable=True)
        def step():
            torch.nn.utils.clip_grad_norm_([parameter], 1.0)
            optimizer.step()
            with torch.no_grad():
                average.lerp_(parameter, 0.001)
                copy.copy_(parameter)
        return step
    yield "pytorch fused", ways


def random_normal(n):
    out = torch.empty(n[0], device=DEVICE)
    yield "pytorch", lambda: lambda: out.normal_()


def ways(name, folder):
    """Names, and functions that make what is run; its result is the output as Zoetrope lays it out."""
    op, *rest = name.split(", ")
    n = [int(cell) for cell in rest]
    if op == "gemm":
        return gemm(folder, n)
    if op.startswith("conv"):
        return convolution(op, folder, n)
    if op.startswith("attention"):
        return attention(op, folder, n)
    if op.endswith("norm") or op == "group_norm_silu":
        return norm(op, folder, n)
    if op == "adamw":
        return adamw(folder, n)
    return random_normal(n) if op == "random_normal" else iter(())


def deviation(made, folder):
    """Of an output from Zoetrope's, relative; NaN where that is not compared."""
    file = pathlib.Path(folder) / "output"
    if not file.exists() or made is None:
        return math.nan
    ours = torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.float32).to(DEVICE)
    theirs = made.detach().float().reshape(-1)
    return ((theirs - ours).norm() / ours.norm().clamp_min(1e-30)).item()
