"""Draw the stages of a run and what each takes from the others, from the list that declares them.

python benchmarks/stage_picture.py            # writes docs/stages.svg
"""

import argparse
from html import escape
from pathlib import Path

from steadyface.stages.stage_list import INVERSION, STAGES

ROW, TOP, BOX, WIDTH = 34, 44, 330, 650
COLOURS = ("#0b6e75", "#c2571a", "#6a4c93", "#3d7d2a", "#b3402a", "#2f5d9b", "#8a6d1d", "#7a3b69")
WHAT = {
    "align": "finds and follows the face",
    "crop": "cuts it out of every frame",
    "target": "what frames should look like",
    "average": "averages pictures over time",
}
"""Of stages that users aren't told of."""


def middle(number: int) -> float:
    """Of a row, px from the top."""
    return TOP + ROW * (number + 0.5)


def drawn() -> str:
    """The picture as SVG: a row for each stage, an arc from each of its inputs; the thick one is its first."""
    names = [stage.name for stage in STAGES]
    height = TOP + ROW * len(STAGES) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        '<text x="16" y="26" font-size="12" fill="#555">grey: the inversion, which serves every edit of a clip; '
        "thick: what is passed on where a stage doesn't apply</text>",
    ]
    for number, stage in enumerate(STAGES):
        fill = "#eef1f4" if stage.name in INVERSION else "#ffffff"
        y = TOP + ROW * number + 3
        parts.append(f'<rect x="16" y="{y}" width="{BOX}" height="{ROW - 6}" rx="5" fill="{fill}" stroke="#9aa5b1"/>')
        title = escape(stage.title or WHAT.get(stage.name, ""))
        parts.append(f'<text x="28" y="{y + 19}" font-size="14" font-weight="600">{stage.name}</text>')
        parts.append(f'<text x="112" y="{y + 19}" font-size="13" fill="#444">{title}</text>')
        for place, name in enumerate(stage.inputs):
            source = names.index(name)
            start, end = middle(source) + 6, middle(number) - 6 + 3 * place / max(1, len(stage.inputs) - 1)
            reach = 16 + BOX + 26 + 20 * (number - source)
            colour, width = COLOURS[source % len(COLOURS)], 2.6 if place == 0 else 1.1
            parts.append(
                f'<path d="M {16 + BOX} {start:.1f} C {reach:.1f} {start:.1f} {reach:.1f} {end:.1f} {16 + BOX + 7} '
                f'{end:.1f}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
            )
            tip = 16 + BOX
            parts.append(f'<path d="M {tip} {end:.1f} l 8 -4 v 8 z" fill="{colour}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/stages.svg"))
    args = parser.parse_args()
    args.out.write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
