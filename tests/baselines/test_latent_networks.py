from pathlib import Path

import pytest
import torch

from steadyface.baselines import latent_networks
from steadyface.baselines.latent_networks import CELEBA, official_file
from steadyface.editing.catalogue import Request
from steadyface.errors import InputError


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own files."""
    monkeypatch.setenv("STEADYFACE_EDITS", str(tmp_path))
    (tmp_path / "latent-transformer").mkdir()
    return tmp_path / "latent-transformer"


def official(path: Path, value: float) -> None:
    state = {f"dense.{row}.weight": torch.zeros(4, 4) for row in range(18)}
    torch.save(state | {f"dense.{row}.bias": torch.full((4,), value) for row in range(18)}, path)


def test_celeba_has_forty_attributes_in_its_own_order() -> None:
    assert len(CELEBA) == len(set(CELEBA)) == 40
    assert list(CELEBA) == sorted(CELEBA, key=str.lower)
    assert [CELEBA[k] for k in (0, 15, 20, 24, 31, 39)] == [
        "5_o_Clock_Shadow", "Eyeglasses", "Male", "No_Beard", "Smiling", "Young",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["tnet_15.pth.tar", "tnet_Eyeglasses.pth.tar"])
def test_an_attribute_s_file_is_found_by_number_or_name(tmp_path: Path, name: str) -> None:
    assert official_file(tmp_path, "Eyeglasses") is None
    (tmp_path / name).touch()
    assert official_file(tmp_path, "eyeglasses") == tmp_path / name
    assert official_file(tmp_path, "Young") is None
    with pytest.raises(InputError, match="'Glasses' is not an attribute of CelebA; those are 5_o_Clock_Shadow"):
        official_file(tmp_path, "Glasses")


def test_eyeglasses_and_smile_ship(own: Path) -> None:
    assert latent_networks.named_networks().keys() == {"eyeglasses", "smile"}
    with pytest.raises(InputError, match=r"no network for 'age'; it has them for eyeglasses, smile$"):
        latent_networks.find(Request("age"))
    for name in ("eyeglasses", "smile"):
        edit = latent_networks.load(Request(name, 0.5))
        assert (edit.card.name, edit.strength, edit.network.w_dim) == (name, 0.5, 512)
        assert edit.network.sides == (4, 8, 8, 16, 16, 32, 32)
    files = list(latent_networks.SHIPPED.glob("*"))
    assert sum(file.stat().st_size for file in files) < 9_000_000


def test_the_authors_files_are_taken_before_ours_with_the_sign_of_our_edit(own: Path) -> None:
    official(own / "tnet_15.pth.tar", 1.0)
    official(own / "tnet_39.pth.tar", 2.0)
    ws = torch.zeros(1, 18, 4)
    for name, expected in (("eyeglasses", 0.5), ("age", -1.0)):
        edit = latent_networks.load(Request(name, 0.5))
        assert edit.card.name == name
        moved = edit.network.edit(ws, edit.strength, (4, 8, 8))
        torch.testing.assert_close(moved[:, :3], torch.full((1, 3, 4), expected))
