"""How well the networks that find faces do on photographs that a hand has marked, and on clips of speakers.

    python benchmarks/face_accuracy.py --shared DATA

DATA holds `faces`, photographs of 512 px and their `landmarks.json` (name -> points: the pupils first, 18 and 27 the
outer corners of the eyes), and `clips`, videos. Errors are parts of the distance between the pupils, or the corners.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from steadyface.faces import topology
from steadyface.faces.detect import FaceDetector
from steadyface.faces.eyes import EyeFinder
from steadyface.faces.mesh import FaceMesh
from steadyface.faces.track import find_tracks
from steadyface.video.reader import read_frames

Image = NDArray[np.uint8]
Points = NDArray[np.float64]
PUPILS, CORNERS = [0, 1], [18, 27]
FULL_HD, SMALL = (1080, 1920), 150
PLACES = ((0, 0), (1700, 900), (860, 450), (1120, 60), (700, 700))
"""Left and top of a small photograph in a large picture, px."""


class Photograph(NamedTuple):
    """A portrait and its points by hand."""

    name: str
    image: Image
    marks: Points


class Finders(NamedTuple):
    """The networks, opened once."""

    detector: FaceDetector
    mesh: FaceMesh
    eyes: EyeFinder

    def look(self, image: Image) -> NDArray[np.float32]:
        """The landmarks (468, 2) of the surest face."""
        return self.mesh.find(image, self.detector.detect(image)[0]).landmarks


def photographs(folder: Path) -> Iterator[Photograph]:
    """Read the portraits in the order of their names."""
    marks = json.loads((folder / "landmarks.json").read_text(encoding="utf-8"))
    for name in sorted(marks):
        image = np.ascontiguousarray(cv2.imread(str(folder / f"{name}.jpg"))[..., ::-1])
        yield Photograph(name, image, np.array(marks[name]))


def between(found: NDArray[np.floating], marked: Points) -> Points:
    """Distances of two points from where they were marked, over that between the two."""
    apart = np.linalg.norm(marked[1] - marked[0])
    return np.asarray(np.linalg.norm(found - marked, axis=1) / apart)


def errors(portrait: Photograph, finders: Finders) -> dict[str, float]:
    """What is wrong in one portrait, by what found it."""
    image, pupils, corners = portrait.image, portrait.marks[PUPILS], portrait.marks[CORNERS]
    detection, *_ = finders.detector.detect(image)
    landmarks = finders.mesh.find(image, detection).landmarks
    middles, apart = topology.ffhq_points(landmarks)[:2], np.linalg.norm(pupils[1] - pupils[0])
    outer = landmarks[[topology.RIGHT_EYE_CORNERS[0], topology.LEFT_EYE_CORNERS[0]]]
    return {
        "detector: eyes": float(between(detection.keypoints[:2], pupils).max()),
        "mesh: distance of the eyes": float(abs(topology.interocular(landmarks) / apart - 1)),
        "mesh: middle of the eyes": float(np.linalg.norm(middles.mean(0) - pupils.mean(0)) / apart),
        "mesh: corners of the eyes": float(between(outer, corners).mean()),
        "irises": float(between(finders.eyes.find(image, landmarks).irises, pupils).mean()),
    }


def small_faces(image: Image, detector: FaceDetector) -> list[int]:
    """How many faces are found in a large picture that shows one small one, by its place."""
    small, found = cv2.resize(image, (SMALL, SMALL), interpolation=cv2.INTER_AREA), []
    for left, top in PLACES:
        frame = np.full((*FULL_HD, 3), 120, np.uint8)
        frame[top : top + SMALL, left : left + SMALL] = small
        found.append(len(detector.detect(frame)))
    return found


def of_photographs(folder: Path, finders: Finders) -> None:
    """Print what is found in portraits."""
    portraits = list(photographs(folder))
    by_name = {portrait.name: errors(portrait, finders) for portrait in portraits}
    print(f"{len(portraits)} photographs: mean and largest error")
    for each in next(iter(by_name.values())):
        values = [found[each] for found in by_name.values()]
        print(f"  {each:27} {np.mean(values):.4f} {np.max(values):.4f}")
    looks = [[finders.look(np.ascontiguousarray(p.image[:, ::step])) for p in portraits] for step in (1, -1)]
    yaw, mirrored = (topology.head_yaw(np.stack(look)) for look in looks)
    print(f"  yaw against that of mirrored ones: correlation {np.corrcoef(yaw, mirrored)[0, 1]:.3f}")
    print(f"one face of {SMALL} px in full HD, in {len(PLACES)} places: how many are found")
    for portrait in portraits:
        print(f"  {portrait.name:27} {small_faces(portrait.image, finders.detector)}")


def of_clip(path: Path, finders: Finders) -> None:
    """Print what is found in a clip's first face."""
    frames = [frame.image for frame in read_frames(path)]
    track = find_tracks(frames, detector=finders.detector, mesh=finders.mesh)[0]
    eyes = topology.ffhq_points(track.landmarks)[:, :2].mean(1)
    step = np.linalg.norm(np.diff(eyes, axis=0), axis=1).max() / track.size
    seen = zip(frames[track.first : track.end], track.landmarks, strict=True)
    opening = np.array([finders.eyes.find(frame, points).opening().mean() for frame, points in seen])
    shut = int(opening.argmin())
    print(f"{path.name}: seen in {track.seen.sum()} of {len(frames)} frames, at most {step:.3f} apart; eyes open by")
    print(f"  {np.median(opening):.3f}, least in frame {track.first + shut}: {opening[shut]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, required=True, metavar="DATA", help="a folder with faces/ and clips/")
    args = parser.parse_args()
    finders = Finders(FaceDetector.load(), FaceMesh.load(), EyeFinder.load())
    of_photographs(args.shared / "faces", finders)
    for path in sorted((args.shared / "clips").glob("*.mpg")):
        of_clip(path, finders)


if __name__ == "__main__":
    main()
