import torch

from steadyface.critics.closeup import closeup_distance, closeups
from steadyface.critics.lpips import Lpips


def test_eyes_and_mouth_are_cut_out_where_ffhq_has_them_and_keep_their_shape() -> None:
    grid = torch.linspace(0, 1, 256)
    images = torch.stack([grid[:, None].expand(256, 256), grid[None].expand(256, 256), torch.zeros(256, 256)])[None]
    eyes, mouth = closeups(images)
    for part, (row, column) in ((eyes, (0.47, 0.5)), (mouth, (0.74, 0.5))):
        middle = part[0, :, part.shape[2] // 2, part.shape[3] // 2]
        torch.testing.assert_close(middle[:2], torch.tensor([row, column]), atol=0.01, rtol=0)
        steps = part[0, 0].diff(dim=0).mean() / part[0, 1].diff(dim=1).mean()
        torch.testing.assert_close(steps, torch.ones(()), atol=0.05, rtol=0)


def test_distance_sees_lids_and_lips_and_nothing_else() -> None:
    lpips = Lpips("alex")
    face = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0)) * 2 - 1
    forehead, lids = face.clone(), face.clone()
    forehead[..., 10:60, :] = 0
    lids[..., 118:124, 90:110] = 0
    assert closeup_distance(lpips, face, forehead).item() == 0
    assert closeup_distance(lpips, face, lids).item() > 2 * lpips(face, lids).item()
