"""Published encoders as a first guess of a clip's codes."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.errors import InputError, WeightsError
from steadyface.gan.base import Generator
from steadyface.inversion.encoders import KEY
from steadyface.inversion.psp_network import Kind, PspNetwork, Shape
from steadyface.runtime.files import safetensors_metadata, write_atomically
from steadyface.zoo.convert import read_tree

ITERATIONS = 5
"""Number of ReStyle's iterations, as published."""
_KINDS: dict[str, Kind] = {
    "Encoder4Editing": "e4e",
    "GradualStyleEncoder": "psp",
    "ProgressiveBackboneEncoder": "restyle-e4e",
    "BackboneEncoder": "restyle-psp",
}


class PspEncoder(nn.Module):
    """A published encoder: aligned faces to W+ codes."""

    average: Tensor

    def __init__(self, network: PspNetwork, average: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("average", average)
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def forward(self, images: Tensor, generator: Generator, iterations: int = ITERATIONS) -> Tensor:
        """(N, 3, R, R) in [-1, 1] -> (N, num_ws, w_dim), the first rows that the network gives.

        A network with a single row gives a W code, used for all rows. In each iteration, ReStyle is given the picture
        together with the generator's picture of its previous code, which at first is the mean. Raises `InputError` when
        the network has too few rows, or rows of another size.
        """
        shape = self.network.shape
        if shape.w_dim != generator.w_dim or 1 < shape.rows < generator.num_ws:
            raise InputError(
                f"the encoder is for {shape.rows} rows of {shape.w_dim} numbers, "
                f"the model has {generator.num_ws} of {generator.w_dim}"
            )
        faces = self._shrunk(images)
        codes: Tensor = self.average.expand(len(faces), -1, -1)
        if not shape.iterates:
            return _rows(codes + self.network(faces), generator)
        shown = self._shrunk(generator.synthesis(_rows(codes[:1], generator))).expand_as(faces)
        for _ in range(iterations):
            codes = codes + self.network(torch.cat([faces, shown], dim=1))
            shown = self._shrunk(generator.synthesis(_rows(codes, generator)))
        return _rows(codes, generator)

    def _shrunk(self, images: Tensor) -> Tensor:
        """Shrink to the network's side by area averaging, as the published programs do."""
        return F.adaptive_avg_pool2d(images, self.network.shape.side)


def _rows(codes: Tensor, generator: Generator) -> Tensor:
    """The rows of a network's codes that the generator has."""
    return codes.expand(-1, generator.num_ws, -1) if codes.shape[1] == 1 else codes[:, : generator.num_ws]


def read_official(path: Path) -> PspEncoder:
    """A published checkpoint: ``state_dict`` with the encoder beside a decoder, ``opts``, ``latent_avg``.

    Nothing in it is executed. Raises `WeightsError` when it can't be read, is another kind of encoder, or its arrays
    are not exactly those of its kind.
    """
    tree = read_tree(path.read_bytes())
    state, opts, average = (tree.get(key) for key in ("state_dict", "opts", "latent_avg"))
    kind = _KINDS.get(str(opts.get("encoder_type"))) if isinstance(opts, dict) else None
    if not isinstance(state, dict) or kind is None or not isinstance(average, Tensor):
        raise WeightsError(f"{path} is not an encoder e4e, pSp or ReStyle with its options and mean code")
    arrays = {key.removeprefix("encoder."): value for key, value in state.items() if key.startswith("encoder.")}
    return _encoder(arrays, kind, average, path)


def _encoder(arrays: dict[str, Tensor], kind: Kind, average: Tensor, path: Path, side: int = Shape.side) -> PspEncoder:
    try:
        rows = len({key.split(".")[1] for key in arrays if key.startswith("styles.")})
        w_dim, head = arrays["styles.0.linear.weight"].shape
        network = PspNetwork(Shape(kind, rows, len(arrays["input_layer.0.weight"]), w_dim, head, side))
        network.load_state_dict({key: value.float() for key, value in arrays.items()})
        mean = average.float().reshape(-1, w_dim).expand(rows, -1)
    except (KeyError, ValueError, RuntimeError) as error:
        raise WeightsError(
            f"{path} is not an encoder of the kind {kind}: {str(error).splitlines()[-1].strip()}"
        ) from error
    return PspEncoder(network, mean.clone())


def save_encoder(encoder: PspEncoder, path: Path, licence: str) -> None:
    """Write an encoder as one safetensors file."""
    arrays = {key: value.contiguous() for key, value in encoder.state_dict().items()}
    card = json.dumps({**asdict(encoder.network.shape), "licence": licence})
    write_atomically(path, lambda beside: save_file(arrays, beside, metadata={KEY: card}))


def load_encoder(path: Path) -> PspEncoder:
    """Read what `save_encoder` wrote. Raises `InputError` for another file, `WeightsError` for a damaged one."""
    try:
        card = json.loads(safetensors_metadata(path)[KEY])
        kind, side = card["kind"], int(card.get("side", Shape.side))
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} is not an encoder that `steadyface models import` has written") from error
    if kind not in _KINDS.values():
        raise InputError(f"{path} is an encoder of a kind that is not known: {kind}")
    try:
        arrays = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path} is damaged; import it again") from error
    average = arrays.pop("average")
    return _encoder({key.removeprefix("network."): value for key, value in arrays.items()}, kind, average, path, side)
