"""The registry is consistent, and the real files are what it says."""

import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from steadyface.zoo import CARDS, weights
from steadyface.zoo.cards import cards_of, find_card


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_card_is_complete(card):
    assert re.fullmatch("[0-9a-f]{64}", card.source.sha256)
    assert card.source.version in card.source.filename
    assert card.members
    assert all(member.size > 0 for member in card.members)
    assert card.licence
    assert card.citation
    assert len(card.members) == {"openvino-ir": 4, "tfjs": 2}.get(card.converter, 1)


def test_registry_can_not_be_changed():
    with pytest.raises(TypeError):
        CARDS["new"] = CARDS["spynet"]  # type: ignore[index]


def test_weights_of_non_commercial_origin_are_marked():
    assert {card.name for card in CARDS.values() if card.non_commercial} == {"mobile-ffhq", "spynet"}


def test_cards_of_one_source():
    assert [card.name for card in cards_of(find_card("lpips-vgg").source)] == ["lpips-alex", "lpips-vgg"]


def load_real(name: str) -> dict[str, np.ndarray]:
    return load_file(weights(name))


def test_real_face_networks():
    assert load_real("face-expression")["fc/weights"].shape == (256, 7)
    assert load_real("face-age-gender")["fc/gender/weights"].shape == (512, 2)
    assert load_real("face-landmark-68")["fc/weights"].shape == (256, 136)
    recogniser = load_real("face-recognition")
    assert recogniser["fc"].shape == (256, 128)
    # Its first batch normalisation was folded into scales, which are positive.
    assert recogniser["conv32_down/scale/weights"].min() > 0


def test_real_alexnet_is_torchvisions():
    alexnet = load_real("lpips-alex")
    first_row = alexnet["features.0.weight"][0, 0, 0]
    np.testing.assert_allclose(first_row[:3], [1.1864e-01, 9.4069e-02, 9.5435e-02], rtol=1e-4)
    assert [alexnet[f"lin{k}.weight"].shape[1] for k in range(5)] == [64, 192, 384, 256, 256]


def test_real_vgg_is_torchvisions():
    vgg = load_real("lpips-vgg")
    np.testing.assert_allclose(vgg["features.0.weight"][0, 0, 0], [-0.55373, 0.14270, 0.52896], rtol=1e-4)
    assert [vgg[f"lin{k}.weight"].shape[1] for k in range(5)] == [64, 128, 256, 512, 512]


def test_real_spynet_normalises_with_imagenets_mean():
    spynet = load_real("spynet")
    np.testing.assert_allclose(spynet["mean"].ravel(), [0.485, 0.456, 0.406], rtol=1e-6)
    assert spynet["basic_module.5.basic_module.8.weight"].shape == (2, 16, 7, 7)


def test_real_shot_network_has_the_size_that_the_paper_gives():
    tensors = load_real("shot-boundaries")
    assert len(tensors) == 90
    assert round(sum(value.size for value in tensors.values()) / 1e6, 1) == 7.6
    assert tensors["fc1.weight"].shape == (1024, 128 + 128 + 3 * 6 * 256)


@pytest.mark.parametrize("card", [card for card in CARDS.values() if card.converter == "copy"])
def test_real_tflite_files_are_tflite(card):
    # The identifier of the format's FlatBuffers schema.
    assert weights(card.name).read_bytes()[4:8] == b"TFL3"
