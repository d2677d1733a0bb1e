from steadyface.report.table import COLUMNS, markdown

MOTION = {"correlation": 0.987, "amplitude": 1.021}
METRICS = {
    "frames": 25,
    "warping_error": {"1": {"input": 0.000123}},
    "warping_ratio": {
        "1": {"direct/input": 1.5, "edited/input": 0.98, "edited/direct": 0.65},
        "10": {"edited/input": 1.27},
    },
    "lpips": {"edited/direct": 0.0154, "inverted/input": 0.0091},
    "psnr": {"inverted/input": 32.64},
    "strength": {"kept": {"age": 0.913, "smile": None}, "weakest_tenth": {"age": 0.826, "smile": None}},
    "attributes": ["age", "smile"],
    "liveliness": {"edited": {"mouth": MOTION, "eyes": None}},
    "sharpness": {"direct": 0.88, "edited": 1.1},
    "identity": {"edited": {"similarity": 0.94, "tl_id": 1.0, "tg_id": 0.999}},
    "manifest": {
        "stages": {
            "a": {"seconds": 90, "processor_seconds": 160.4, "peak_memory_mb": 1024},
            "b": {"seconds": 30, "peak_memory_mb": 512},
        }
    },
}


def test_cells() -> None:
    cells = {column: make(METRICS) for column, make in COLUMNS.items()}
    assert cells["E(input) x 1000"] == "0.123"
    assert cells["E(edited) / E(input)"] == "**0.98**"
    assert cells["inversion LPIPS / dB"] == "0.009 / 32.6"
    assert (cells["strength kept"], cells["weakest tenth"]) == ("0.91, -", "0.83, -")
    assert (cells["sharpness"], cells["sharpness / direct's"]) == ("1.10", "1.25")
    assert (cells["ten apart"], cells["processor s"]) == ("1.27", "160")
    assert (cells["mouth corr / ampl"], cells["eyes corr / ampl (own)"]) == ("0.99 / 1.02", "-")
    assert (cells["minutes"], cells["GB"]) == ("2.0", "1.0")


def test_eyes_stand_beside_what_is_read_of_the_inputs_own() -> None:
    both = {"edited": {"eyes": MOTION}, "control": {"eyes": {"correlation": 0.99, "amplitude": 0.66}}}
    assert COLUMNS["eyes corr / ampl (own)"]({**METRICS, "liveliness": both}) == "0.99 / 1.02 (0.66)"


def test_a_single_frame_has_no_warping_error() -> None:
    single = {**METRICS, "warping_error": {}, "warping_ratio": {}}
    cells = {column: make(single) for column, make in COLUMNS.items()}
    assert {cells[name].strip("*") for name in cells if name.startswith("E(")} == {"-"}
    assert cells["LPIPS direct to edited"] == "0.015"


def test_a_run_without_a_manifest_has_no_time() -> None:
    bare = {key: value for key, value in METRICS.items() if key != "manifest"}
    assert COLUMNS["sharpness / direct's"]({**METRICS, "sharpness": {"edited": 1.1}}) == "-"
    assert (COLUMNS["minutes"](bare), COLUMNS["GB"](bare)) == ("0.0", "0.0")


def test_table() -> None:
    text = markdown([(("ours",), METRICS), (("theirs",), METRICS)], ["method"], ["frames", "sharpness"])
    assert (
        text == "| method | frames | sharpness |\n| --- | --- | --- |\n| ours | 25 | 1.10 |\n| theirs | 25 | 1.10 |\n"
    )
