"""``steadyface eval``: what it prints and writes."""

import argparse
import json

import pytest

from steadyface.cli import evaluate
from steadyface.errors import InputError
from steadyface.metrics import evaluate as clip
from steadyface.metrics.gates import gates

METRICS = {
    "frames": 2,
    "parts": ["input", "inverted", "direct", "edited"],
    "flow": "SpyNet",
    "warping_error": {
        "1": {"input": 0.0001, "inverted": 0.0001, "direct": 0.0004, "edited": 0.00005, "coverage": 0.9},
        "5": {"input": None, "inverted": None, "direct": None, "edited": None, "coverage": 0.0},
    },
    "warping_ratio": {"1": {"edited/input": 0.5}},
    "lpips": {"inverted/input": 0.011, "edited/direct": 0.022},
    "psnr": {"inverted/input": 31.0, "edited/direct": None},
    "sharpness": {"direct": 1.0, "edited": 0.5},
    "identity": {"edited": {"similarity": 0.97, "tl_id": 1.0, "tg_id": 1.0}},
    "liveliness": {
        "edited": {
            "mouth": {"correlation": 0.96, "amplitude": 0.9},
            **dict.fromkeys(("eyes", "yaw", "gaze", "blinks")),
        }
    },
    "strength": {
        "direct": {"age": {"mean": 12.5, "weakest": 9.0}, "sad": {"mean": 0.1, "weakest": 0.0}},
        "edited": {"age": {"mean": 11.25, "weakest": 8.0}, "sad": {"mean": 0.1, "weakest": 0.0}},
        "kept": {"age": 0.9, "sad": None},
    },
    "attributes": ["age"],
    "background": None,
}


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    evaluate.add_parser(parser.add_subparsers())
    args = parser.parse_args(["eval", *arguments])
    return args.run(args)


@pytest.fixture
def asked(monkeypatch):
    """Stand-ins for the networks and the measuring; what was asked of them."""
    calls = []

    def measure(folder, **options):
        calls.append((folder, options))
        return METRICS | {"gates": [vars(gate) for gate in gates(METRICS)]}

    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(clip.Critics, "load", classmethod(lambda cls, *options: options))
    monkeypatch.setattr(clip, "evaluate_run", measure)
    return calls


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "aligned" / "input").mkdir(parents=True)
    (tmp_path / "aligned" / "input" / "00000.png").touch()
    return tmp_path


def test_tables_are_printed_and_json_written(asked, folder, capsys):
    assert run(str(folder), "--device", "cpu") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = {" ".join(line[:-4]): line[-4:] for line in lines if len(line) > 4}
    assert rows["warping error x 1000, 1 apart (SpyNet)"] == ["0.100", "0.100", "0.400", "0.050"]
    assert rows["warping error x 1000, 5 apart (SpyNet)"] == ["-"] * 4
    assert rows["LPIPS to direct"] == ["-", "-", "-", "0.022"]
    assert rows["PSNR, dB to direct"] == ["-", "-", "-", "-"]
    assert rows["change of age"] == ["-", "-", "12.500", "11.250"]
    assert "change of sad" not in rows
    text = [" ".join(line) for line in lines]
    assert "steady warping error / input's 0.500 <= 1 - holds" in text
    assert "edited age, part kept 0.900 >= 0.95 - fails" in text
    assert "alive eyes, correlation - >= 0.95 - -" in text
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["frames"] == 2
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["metrics.json"]


def test_the_options_arrive(asked, folder):
    run(str(folder), "--device", "cpu", "--channel-sum", "--flow", "dis")
    run(str(folder), "--device", "cpu")
    assert [options["reduction"] for _, options in asked] == ["channel_sum", "channel_mean"]
    assert asked[0][0] == folder
    assert [tuple(map(str, options["critics"])) for _, options in asked] == [("cpu", "dis"), ("cpu", "spynet")]


def test_a_folder_that_is_no_run_is_refused_before_anything_is_loaded(asked, tmp_path):
    with pytest.raises(InputError) as caught:
        run(str(tmp_path))
    assert "isn't a run" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not asked
    assert not list(tmp_path.iterdir())
