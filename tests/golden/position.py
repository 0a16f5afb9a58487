"""Writes position/: a small patch codec with norms per position, and a step of its standardisation, in PyTorch.

    python3 tests/golden/position.py

Computed in float64 and stored in float32. Layouts as in README.md.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

CONFIG = dict(arch="patch", in_channels=6, hidden=12, latent=5, blocks=2)
# More positions than 256, so that a workgroup normalises several of them.
BATCH, HEIGHT, WIDTH = 3, 10, 9
MOMENTUM, LEAST = 0.02, 1e-4
FOLDER = pathlib.Path(__file__).parent / "position"


class Norm(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.conv1, self.conv2 = Norm(width), nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x):
        return x + self.conv2(F.silu(self.conv1(self.norm(x))))


def chain(c_in, c_out):
    width = CONFIG["hidden"]
    blocks = [Block(width) for _ in range(CONFIG["blocks"])]
    return nn.Sequential(nn.Conv2d(c_in, width, 1), *blocks, Norm(width), nn.Conv2d(width, c_out, 1))


class Decoder(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, z):
        return self.layers(z)


def save(name, tensors):
    tensors = {key: tensor.detach().float().contiguous() for key, tensor in tensors.items()}
    save_file(tensors, FOLDER / f"{name}.safetensors", {"config": json.dumps(CONFIG)})


def network(name, module, channels):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    x = (torch.randn(BATCH, channels, HEIGHT, WIDTH) * 2 + 1).requires_grad_()
    y = module(x)
    cotangent = torch.randn_like(y)
    (y * cotangent).sum().backward()
    tensors = {"in.x": x, "in.cotangent": cotangent, "out.y": y, "grad_in.x": x.grad}
    for key, parameter in module.named_parameters():
        tensors |= {f"param.{key}": parameter, f"grad.{key}": parameter.grad}
    save(name, tensors)


def standardisation():
    channels = CONFIG["latent"]
    centre = 3.0 * torch.arange(channels)
    first = torch.randn(2, 3, 4, channels) * torch.tensor([1, 0.2, 3, 0.5, 2]) + centre
    x = (torch.randn(2, 3, 4, channels) * torch.tensor([0.7, 0.3, 2, 0.5, 1]) + centre + 0.3).requires_grad_()
    moments = lambda batch: (batch.mean((0, 1, 2)), batch.std((0, 1, 2), unbiased=False))
    (first_mean, first_deviation), (mean, deviation) = moments(first), moments(x)
    y = (x - mean) / (deviation**2 + LEAST**2).sqrt()
    cotangent = torch.randn_like(y)
    (y * cotangent).sum().backward()
    mean = first_mean.lerp(mean, MOMENTUM)
    deviation = (first_deviation + LEAST).lerp(deviation + LEAST, MOMENTUM)
    save("standardisation", {
        "in.first": first, "in.x": x, "in.cotangent": cotangent, "out.y": y, "grad_in.x": x.grad,
        "out.mean": mean, "out.deviation": deviation, "out.standardised": (x - mean) / deviation,
    })


torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
FOLDER.mkdir(exist_ok=True)
network("encoder", chain(CONFIG["in_channels"], CONFIG["latent"]), CONFIG["in_channels"])
network("decoder", Decoder(chain(CONFIG["latent"], CONFIG["in_channels"])), CONFIG["latent"])
standardisation()
