"""The networks of io.zoetrope.model in PyTorch, layer for layer: the default UNet and the classifiers."""
import math

import torch
import torch.nn.functional as F
from torch import nn

MAX_PERIOD = 10_000.0


def zeroed(layer):
    """Weights that start at zero: the layer's block starts as the identity."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class GroupNorm(nn.Module):
    def __init__(self, channels, groups, silu):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.groups, self.silu = groups, silu

    def forward(self, x):
        y = F.group_norm(x, self.groups, self.weight, self.bias)
        return F.silu(y) if self.silu else y


class ResidualBlock(nn.Module):
    def __init__(self, cin, cout, embedding, groups):
        super().__init__()
        self.norm1 = GroupNorm(cin, groups, silu=True)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.time = nn.Linear(embedding, cout)
        self.norm2 = GroupNorm(cout, groups, silu=True)
        self.conv2 = zeroed(nn.Conv2d(cout, cout, 3, padding=1))
        self.shortcut = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1)

    def forward(self, x, time):
        h = self.conv1(self.norm1(x)) + self.time(time)[:, :, None, None]
        return self.conv2(self.norm2(h)) + self.shortcut(x)


class AttentionBlock(nn.Module):
    """One head over the pixels."""

    def __init__(self, channels, groups):
        super().__init__()
        self.norm = GroupNorm(channels, groups, silu=False)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.projection = zeroed(nn.Linear(channels, channels))

    def forward(self, x):
        n, c, height, width = x.shape
        rows = self.norm(x).permute(0, 2, 3, 1).reshape(n, height * width, c)
        q, k, v = self.qkv(rows).reshape(n, height * width, 3, 1, c).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v).reshape(n, height * width, c)
        return x + self.projection(mixed).reshape(n, height, width, c).permute(0, 3, 1, 2)


class UNet(nn.Module):
    """DDPM's network for grey pictures of 28 x 28: UNetConfig.fashion()."""

    def __init__(self, channels=1, widths=(32, 64, 64), layers=2, attention=(False, False, True), groups=8):
        super().__init__()
        embedding = 4 * widths[0]
        half = widths[0] // 2
        self.register_buffer("frequencies", torch.exp(-math.log(MAX_PERIOD) * torch.arange(half) / half))
        self.time1 = nn.Linear(widths[0], embedding)
        self.time2 = nn.Linear(embedding, embedding)
        self.first = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        skips, width = [widths[0]], widths[0]
        for level, out in enumerate(widths):
            for _ in range(layers):
                self.down.append(self.stage(width, out, embedding, groups, attention[level]))
                width = out
                skips.append(width)
            if level < len(widths) - 1:
                self.down.append(nn.ModuleList([nn.Conv2d(width, width, 3, stride=2, padding=1)]))
                skips.append(width)
        self.middle = nn.ModuleList([ResidualBlock(width, width, embedding, groups), AttentionBlock(width, groups),
                                     ResidualBlock(width, width, embedding, groups)])
        for level in reversed(range(len(widths))):
            for _ in range(layers + 1):
                self.up.append(self.stage(width + skips.pop(), widths[level], embedding, groups, attention[level]))
                width = widths[level]
            if level > 0:
                self.up.append(nn.ModuleList([nn.Conv2d(width, width, 3, padding=1)]))
        self.last_norm = GroupNorm(width, groups, silu=True)
        self.last = zeroed(nn.Conv2d(width, channels, 3, padding=1))

    @staticmethod
    def stage(cin, cout, embedding, groups, attends):
        block = ResidualBlock(cin, cout, embedding, groups)
        return nn.ModuleList([block, AttentionBlock(cout, groups)] if attends else [block])

    @staticmethod
    def through(stage, h, time):
        for block in stage:
            h = block(h, time) if isinstance(block, ResidualBlock) else block(h)
        return h

    def forward(self, x, t):
        """x [N,C,H,W] in the weights' type, t [N]."""
        angles = t.float()[:, None] * self.frequencies[None]
        features = torch.cat([angles.sin(), angles.cos()], dim=1).to(x.dtype)
        time = F.silu(self.time2(F.silu(self.time1(features))))
        h = self.first(x)
        skips = [h]
        for stage in self.down:
            h = self.through(stage, h, time)
            skips.append(h)
        h = self.through(self.middle, h, time)
        for stage in self.up:
            if isinstance(stage[0], ResidualBlock):
                h = self.through(stage, torch.cat([h, skips.pop()], dim=1), time)
            else:
                h = self.through(stage, F.interpolate(h, scale_factor=2, mode="nearest"), time)
        return self.last(self.last_norm(h))


def cifar_unet():
    """DDPM's network for CIFAR-10 (Ho et al. 2020)."""
    return UNet(3, (128, 256, 256, 256), 2, (False, True, False, False), 32)


class BatchNormRelu(nn.Module):
    """Without PyTorch's counter of batches, a kernel a layer that nothing here needs."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x):
        y = F.batch_norm(x, self.mean, self.variance, self.weight, self.bias, self.training, 0.1, 1e-5)
        return F.relu(y, inplace=True)


class PreActivationBlock(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.norm1 = BatchNormRelu(cin)
        self.conv1 = nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)
        self.norm2 = BatchNormRelu(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1, bias=False)
        same = cin == cout and stride == 1
        self.shortcut = None if same else nn.Conv2d(cin, cout, 1, stride=stride, bias=False)

    def forward(self, x):
        activated = self.norm1(x)
        residual = x if self.shortcut is None else self.shortcut(activated)
        return self.conv2(self.norm2(self.conv1(activated))) + residual


class ConvNet(nn.Module):
    def __init__(self, channels, classes, stem, pool, widths, blocks):
        super().__init__()
        self.stem = nn.Conv2d(channels, stem, 3, padding=1, bias=False)
        self.pool = nn.MaxPool2d(pool) if pool > 1 else nn.Identity()
        layers, width = [], stem
        for stage, (out, count) in enumerate(zip(widths, blocks)):
            for block in range(count):
                layers.append(PreActivationBlock(width, out, 2 if stage > 0 and block == 0 else 1))
                width = out
        self.blocks = nn.Sequential(*layers)
        self.norm = BatchNormRelu(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.pool(self.stem(x)))).mean(dim=(2, 3)))


def resnet18():
    """ConvNetConfig.resNet18 for CIFAR-10."""
    return ConvNet(3, 10, 64, 1, (64, 128, 256, 512), (2, 2, 2, 2))


def small_cnn():
    """ConvNetConfig.small for grey pictures of ten classes."""
    return ConvNet(1, 10, 16, 2, (64, 128), (1, 1))


def counted(network, parameters):
    """The network, which must have as many parameters as Zoetrope's."""
    found = sum(parameter.numel() for parameter in network.parameters())
    assert found == parameters, f"{type(network).__name__} has {found} parameters, Zoetrope's has {parameters}"
    return network
