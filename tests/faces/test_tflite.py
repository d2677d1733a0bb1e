import pytest

from steadyface.errors import WeightsError
from steadyface.faces.tflite import TfliteModel


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x1c\0\0\0TFL3" + b"\0" * 64])
def test_a_broken_file_is_named_in_one_line(tmp_path, content):
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"broken\.tflite") as caught:
        TfliteModel(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(WeightsError, match=r"missing\.tflite"):
        TfliteModel(tmp_path / "missing.tflite")
