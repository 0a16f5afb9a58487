"""Writes plain/transformer.safetensors: a small transformer with random weights in PyTorch, its output and all gradients.

    python3 tests/golden/transformer.py

Computed in float64 from weights and inputs that float32 holds exactly, stored in float32. Layouts as in README.md.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

CONFIG = dict(width=64, layers=2, rows=3, channels=8, picture=5, attributes=3, height=12, columns=4)
HEAD, SINUSOIDS, BATCH = 32, 64, 2


def mlp(c_in, c_out):
    return nn.Sequential(nn.Linear(c_in, c_out), nn.SiLU(), nn.Linear(c_out, c_out))


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.modulation = nn.Linear(2 * width, 6 * width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def attention(self, x):
        q, k, v = (part.unflatten(-1, (-1, HEAD)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))

    def forward(self, x, e):
        scale1, shift1, gate1, scale2, shift2, gate2 = self.modulation(e)[:, None].chunk(6, -1)
        x = x + (1 + gate1) * self.attention(norm(x, scale1, shift1))
        return x + (1 + gate2) * self.down(F.gelu(self.up(norm(x, scale2, shift2)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, width, layers, rows, channels, picture, attributes, height, columns):
        super().__init__()
        self.joined = rows
        self.time_mlp = mlp(SINUSOIDS, 2 * width)
        self.attribute_mlp = mlp(2 * attributes, 2 * width)
        self.flags = nn.Linear(2, 2 * width)
        self.input = nn.Linear(rows * (channels + picture), width)
        self.rows = nn.Parameter(torch.randn(height // rows, 1, width))
        self.columns = nn.Parameter(torch.randn(1, columns, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(layers))
        self.modulation = nn.Linear(2 * width, 2 * width)
        self.output = nn.Linear(width, rows * channels)

    def network(self, x, t, picture, attributes, flags):
        frequencies = 1000 ** torch.linspace(1, 0, SINUSOIDS // 2, dtype=t.dtype, device=t.device)
        angles = t[:, None] * frequencies
        time = torch.cat((angles.sin(), angles.cos()), -1)
        e = F.silu(self.time_mlp(time) + self.attribute_mlp(attributes) + self.flags(flags))
        y = torch.cat((x, picture), -1).unflatten(1, (-1, self.joined)).transpose(2, 3).flatten(3)
        y = self.input(y) + self.rows + self.columns
        grid, y = y.shape[1:3], y.flatten(1, 2)
        for block in self.blocks:
            y = block(y, e)
        y = self.output(norm(y, *self.modulation(e)[:, None].chunk(2, -1)))
        return y.unflatten(1, grid).unflatten(3, (self.joined, -1)).transpose(2, 3).flatten(1, 2)

    def forward(self, x, t, *conditions):
        time = t[:, None, None, None]
        variance = time**2 + (1 - time) ** 2
        f = self.network(x / variance.sqrt(), t, *conditions)
        return ((2 * time - 1) * x + variance.sqrt() * f) / variance


def norm(x, scale, shift):
    return (1 + scale) * F.layer_norm(x, x.shape[-1:]) + shift


def in_f32(tensor):
    return tensor.float().double()


def main():
    torch.manual_seed(1)
    net = Transformer(**CONFIG)
    # Modulations and output begin at zero in training, which would hide errors here.
    net.load_state_dict({name: tensor.float() for name, tensor in net.state_dict().items()})
    net = net.double()
    shape = BATCH, CONFIG["height"], CONFIG["columns"], CONFIG["channels"]
    x, cotangent = in_f32(torch.randn(shape)).requires_grad_(), in_f32(torch.randn(shape))
    t = in_f32(torch.tensor([0.2, 0.85]))
    picture = in_f32(torch.randn(*shape[:3], CONFIG["picture"]))
    shown = torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]], dtype=torch.float64)
    attributes = torch.cat((in_f32(torch.randn(BATCH, CONFIG["attributes"])) * shown, shown), -1)
    flags = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    y = net(x, t, picture, attributes, flags)
    (y * cotangent).sum().backward()

    images = {"in.x": x, "in.picture": picture, "out.y": y, "in.cotangent": cotangent, "grad_in.x": x.grad}
    tensors = {name: tensor.detach().permute(0, 3, 1, 2) for name, tensor in images.items()}
    tensors |= {"in.t": t, "in.attributes": attributes, "in.flags": flags}
    tensors |= {f"param.{name}": parameter.detach() for name, parameter in net.named_parameters()}
    tensors |= {f"grad.{name}": parameter.grad for name, parameter in net.named_parameters()}
    path = pathlib.Path(__file__).parent / "plain" / "transformer.safetensors"
    save_file({name: tensor.float().contiguous() for name, tensor in tensors.items()}, path, {"config": json.dumps(CONFIG)})
    print(path, f"{sum(parameter.numel() for parameter in net.parameters())} parameters, output {y.std():.3f}")


if __name__ == "__main__":
    main()
