"""Whole training and sampling steps in PyTorch, with everything on the device, as functions that a CUDA graph can hold."""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import networks

PICTURES = 10_240
TIMESTEPS = 1000
SAMPLING_STEPS = 50
# Tries kernels against each other; without its own CUDA graphs, since the whole step is recorded as one.
MAX_AUTOTUNE = "max-autotune-no-cudagraphs"


@dataclass(frozen=True)
class Way:
    """How PyTorch runs a network: bf16 copies of fp32 weights, or autocast; NHWC or NCHW; compiled or not."""
    name: str
    half: bool = True
    channels_last: bool = True
    compiled: bool = False


def prepared(network, way, device):
    network = network.to(device)
    for module in network.modules():
        for parameter in module.parameters(recurse=False):
            data = parameter.data
            if way.half and not isinstance(module, networks.BatchNormRelu):  # cuDNN's batch norm takes fp32 scales
                data = data.to(torch.bfloat16)
            if way.channels_last and data.dim() == 4:  # the strides of dimensions of size 1 too: fused optimisers compare them
                data = torch.empty(data.shape, dtype=data.dtype, device=device,
                                   memory_format=torch.channels_last).copy_(data)
            parameter.data = data
    return network


def flat(tensor):
    """The elements as they lie in memory, as a view."""
    view = tensor if tensor.dim() != 4 or tensor.is_contiguous() else tensor.permute(0, 2, 3, 1)
    return view.reshape(-1)


class Training:
    """A step: loss, backward, clipping where asked, fused optimiser, moving average of the weights."""

    def __init__(self, loss, way, optimizer, decay=0.0, max_norm=None, ema=0.999):
        """optimizer: makes one of groups of parameters; decay: of matrices and filters."""
        self.loss = torch.compile(loss, dynamic=False, mode=MAX_AUTOTUNE) if way.compiled else loss
        self.autocast = not way.half
        self.max_norm = max_norm
        self.ema_share = 1 - ema
        self.weights = list(loss.network.parameters())
        self.halves = [weight for weight in self.weights if weight.dtype == torch.bfloat16]
        self.copies = [flat(weight.detach()) for weight in self.halves]
        masters = [nn.Parameter(copy.float()) for copy in self.copies]
        for master in masters:
            master.grad = torch.zeros_like(master)
        self.master_gradients = [master.grad for master in masters]
        self.masters = [master.detach() for master in masters]
        matrices = [master for master, weight in zip(masters, self.halves) if weight.dim() > 1]
        vectors = [master for master, weight in zip(masters, self.halves) if weight.dim() == 1]
        direct = [weight for weight in self.weights if weight.dtype == torch.float32]
        matrices += [weight for weight in direct if weight.dim() > 1]
        vectors += [weight for weight in direct if weight.dim() == 1]
        self.trained = matrices + vectors
        self.values = [parameter.detach() for parameter in self.trained]
        self.averages = [value.clone() for value in self.values]
        self.optimizer = optimizer([{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
                                   if decay else self.trained)
        self.sum = torch.zeros((), device=self.values[0].device)

    def __call__(self):
        for weight in self.weights:
            weight.grad = None
        with torch.autocast(self.sum.device.type, torch.bfloat16, enabled=self.autocast, cache_enabled=False):
            loss = self.loss()
        loss.backward()
        with torch.no_grad():
            if self.halves:
                torch._foreach_copy_(self.master_gradients, [flat(weight.grad) for weight in self.halves])
        if self.max_norm is not None:
            nn.utils.clip_grad_norm_(self.trained, self.max_norm)
        self.optimizer.step()
        with torch.no_grad():
            if self.halves:
                torch._foreach_copy_(self.copies, self.masters)
            torch._foreach_lerp_(self.averages, self.values, self.ema_share)
            self.sum.add_(loss.detach())


def random_bytes(device, *dims):
    return torch.randint(0, 256, dims, dtype=torch.uint8, device=device)


def alpha_bars():
    """Of the cosine schedule (Nichol and Dhariwal 2021)."""
    def squared(u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2
    products, product = [], 1.0
    for t in range(TIMESTEPS):
        product *= 1 - min(1 - squared((t + 1) / TIMESTEPS) / squared(t / TIMESTEPS), 0.999)
        products.append(product)
    return products


class DiffusionLoss(nn.Module):
    """Chooses pictures and timesteps, noises, predicts v, compares."""

    def __init__(self, network, batch, device):
        super().__init__()
        self.network, self.batch = network, batch
        self.register_buffer("data", random_bytes(device, PICTURES, 1, 28, 28))
        self.register_buffer("alpha_bar", torch.tensor(alpha_bars(), device=device))

    def forward(self):
        device = self.data.device
        chosen = torch.randint(0, PICTURES, (self.batch,), device=device)
        times = torch.randint(0, TIMESTEPS, (self.batch,), device=device)
        clean = self.data[chosen].float() * (2 / 255) - 1
        noise = torch.randn(clean.shape, device=device)
        alpha_bar = self.alpha_bar[times].view(-1, 1, 1, 1)
        signal, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        noisy = (signal * clean + sigma * noise).to(torch.bfloat16)
        return F.mse_loss(self.network(noisy, times).float(), signal * noise - sigma * clean)


class ClassifierLoss(nn.Module):
    """Chooses pictures, shifts and mirrors them, normalises, classifies, compares."""

    def __init__(self, network, batch, size, channels, pad, device):
        super().__init__()
        self.network, self.batch, self.size, self.pad = network, batch, size, pad
        data = F.pad(random_bytes(device, PICTURES, channels, size, size), (pad, pad, pad, pad))
        self.register_buffer("data", data.permute(0, 2, 3, 1).contiguous())
        self.register_buffer("labels", torch.randint(0, 10, (PICTURES,), device=device))
        self.register_buffer("mean", torch.full((channels,), 127.5, device=device))
        self.register_buffer("factor", torch.full((channels,), 1 / 73.9, device=device))
        self.register_buffer("places", torch.arange(size, device=device))

    def forward(self):
        device = self.data.device
        chosen = torch.randint(0, PICTURES, (self.batch,), device=device)
        shift = torch.randint(0, 2 * self.pad + 1, (2, self.batch, 1), device=device)
        mirrored = torch.randint(0, 2, (self.batch, 1), device=device) == 1
        rows = self.places[None] + shift[0]
        columns = torch.where(mirrored, self.size - 1 - self.places[None], self.places[None]) + shift[1]
        bytes_ = self.data[chosen[:, None, None], rows[:, :, None], columns[:, None, :]]
        x = ((bytes_.float() - self.mean) * self.factor).to(torch.bfloat16).permute(0, 3, 1, 2)
        return F.cross_entropy(self.network(x).float(), self.labels[chosen], label_smoothing=0.05)


class SamplingStep(nn.Module):
    """A step of DDIM on v-predictions; SAMPLING_STEPS of them are a run. Other predictions cost as much."""

    def __init__(self, network, batch, channels, size, device):
        super().__init__()
        self.network, self.batch = network, batch
        self.register_buffer("x", torch.randn(batch, channels, size, size, device=device))
        self.register_buffer("counter", torch.zeros(1, dtype=torch.int64, device=device))
        times = [round(TIMESTEPS * (SAMPLING_STEPS - i) / SAMPLING_STEPS) - 1 for i in range(SAMPLING_STEPS)]
        bars = alpha_bars()
        levels = [(math.sqrt(bars[t]), math.sqrt(1 - bars[t])) for t in times] + [(1.0, 0.0)]
        table = [[alpha, -sigma, next_sigma / sigma, next_alpha - next_sigma * alpha / sigma]
                 for (alpha, sigma), (next_alpha, next_sigma) in zip(levels, levels[1:])]
        self.register_buffer("table", torch.tensor(table, device=device))
        self.register_buffer("times", torch.tensor(times, dtype=torch.float32, device=device))

    def forward(self):
        row = self.table.index_select(0, self.counter)[0]
        time = self.times.index_select(0, self.counter).expand(self.batch)
        output = self.network(self.x.to(torch.bfloat16), time).float()
        clean = (row[0] * self.x + row[1] * output).clamp(-1, 1)
        self.x.copy_(row[2] * self.x + row[3] * clean)
        self.counter.copy_((self.counter + 1) % SAMPLING_STEPS)


def unet_train(batch, way, device):
    network = prepared(networks.counted(networks.UNet(), 1_623_169), way, device)
    return Training(DiffusionLoss(network, batch, device), way, lambda groups: torch.optim.AdamW(
        groups, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0, fused=True, capturable=device == "cuda"),
        max_norm=1.0, ema=0.9995)


def classifier_train(network, batch, size, channels, pad, way, device):
    loss = ClassifierLoss(prepared(network, way, device), batch, size, channels, pad, device)
    return Training(loss, way, lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True, fused=True),
                    decay=5e-4, ema=0.995)


def resnet18_train(batch, way, device):
    return classifier_train(networks.counted(networks.resnet18(), 11_172_170), batch, 32, 3, 4, way, device)


def small_cnn_train(batch, way, device):
    return classifier_train(networks.counted(networks.small_cnn(), 278_714), batch, 28, 1, 1, way, device)


def sampling(network, batch, channels, size, way, device):
    with torch.no_grad():  # as ours: fresh networks have many zeros, and zeros draw less power
        for parameter in network.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    step = SamplingStep(prepared(network, way, device).eval(), batch, channels, size, device)
    run = torch.compile(step, dynamic=False, mode=MAX_AUTOTUNE) if way.compiled else step
    return torch.no_grad()(lambda: run())


def unet_sample(batch, way, device):
    return sampling(networks.counted(networks.UNet(), 1_623_169), batch, 1, 28, way, device)


def cifar_unet_sample(batch, way, device):
    return sampling(networks.counted(networks.cifar_unet(), 35_746_307), batch, 3, 32, way, device)
