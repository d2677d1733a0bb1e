import torch

from steadyface.gan.base import Generator, synthesise


def test_images_of_a_batch_are_those_of_its_codes(tiny_generator: Generator) -> None:
    ws = torch.randn(3, 4, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(synthesise(tiny_generator, ws), tiny_generator.synthesis(ws))
