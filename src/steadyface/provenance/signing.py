"""A signed C2PA manifest (Content Credentials) in the videos of a run, with the user's own certificate."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from steadyface.errors import InputError
from steadyface.runtime.files import file_sha256, write_atomically

EDITED_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's digital source type of a recording that was partly made by a model."""
PARENT = "source"


@dataclass(frozen=True)
class Credentials:
    """Certificates and key for signing."""

    chain: bytes
    """PEM: the signer's certificate first, then those that certify it."""
    key: bytes
    """PEM (PKCS #8), not encrypted."""
    algorithm: bytes
    """C2PA's name of the signature algorithm, which follows from the kind of key."""

    @classmethod
    def read(cls, certificate: Path, key: Path) -> "Credentials":
        """Read both files. Raises `InputError` when they can't be used, or when the `provenance` extra is missing."""
        _c2pa()
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            chain, secret = certificate.read_bytes(), key.read_bytes()
        except OSError as error:
            raise InputError(f"{error.filename}: can't be read ({error.strerror})") from error
        try:
            leaf = x509.load_pem_x509_certificates(chain)[0]
        except ValueError as error:
            raise InputError(f"{certificate} is not a certificate in PEM form") from error
        try:
            private = load_pem_private_key(secret, password=None)
        except (ValueError, TypeError) as error:
            raise InputError(f"{key} is not a private key in PEM form without a password") from error
        if private.public_key() != leaf.public_key():
            raise InputError(f"{key} is not the key of the first certificate in {certificate}")
        return cls(chain, secret, _algorithm(private, key))


def sign_run(folder: Path, credentials: Credentials) -> list[Path]:
    """Sign the videos of a finished run in place, and write their new hashes into its manifest.

    Videos that are signed already stay as they are. The C2PA manifest in a video says what steadyface did. It names the
    input as its parent, with the input's own credentials, if the input still exists and C2PA knows its format. A
    signature contains its time, so that signed files differ from run to run. Raises `InputError` for a folder that
    isn't a finished run and for credentials that C2PA doesn't accept.
    """
    path = folder / "manifest.json"
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        outputs = dict(run["outputs"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{folder} is not a finished run: its manifest is missing or damaged") from error
    signed: dict[str, str] = run.get("signed", {})
    for name, sha in outputs.items():
        if signed.get(name) == sha:
            continue
        video = folder / name
        if not video.exists() or file_sha256(video) != sha:
            raise InputError(f"{video} is not as the run wrote it; run `steadyface edit` again")
        _sign(video, run, credentials)
        signed[name] = run["outputs"][name] = file_sha256(video)
        text = json.dumps({**run, "signed": signed}, indent=2) + "\n"
        write_atomically(path, partial(Path.write_text, data=text, encoding="utf-8"))
    return [folder / name for name in outputs]


def claim(run: Mapping[str, Any], title: str, *, parent: bool) -> dict[str, Any]:
    """The C2PA manifest: the tool, the edits with their strengths, the preset; from the run's own manifest ``run``."""
    agent = {"name": "steadyface", "version": run["versions"]["steadyface"]}
    edits = [{"name": Path(edit["name"]).stem, "strength": edit["strength"]} for edit in run["edits"]]
    first: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": EDITED_BY_AI}
    if parent:
        first = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT]}}
    edited = {
        "action": "c2pa.edited",
        "softwareAgent": agent,
        "digitalSourceType": EDITED_BY_AI,
        "description": "A face was edited with AI: " + ", ".join(f"{e['name']} {e['strength']:g}" for e in edits),
        "parameters": {"steadyface.edits": edits, "steadyface.preset": run["preset"]["name"]},
    }
    return {
        "claim_generator_info": [agent],
        "title": title,
        "assertions": [{"label": "c2pa.actions", "data": {"actions": [first, edited]}}],
    }


def _sign(video: Path, run: Mapping[str, Any], credentials: Credentials) -> None:
    c2pa = _c2pa()
    source = Path(run["source"])
    kind = source.suffix.lower().removeprefix(".")
    # if the input has changed since, it isn't the parent
    whole = source.is_file() and file_sha256(source) == run["source_sha256"]
    parent = whole and kind in c2pa.Builder.get_supported_mime_types()

    def write(beside: Path) -> None:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(credentials.algorithm, credentials.chain, credentials.key, None)
        )
        with c2pa.Builder.from_json(json.dumps(claim(run, video.name, parent=parent))) as builder:
            if parent:
                ingredient = {"title": source.name, "relationship": "parentOf", "instance_id": PARENT}
                with source.open("rb") as stream:
                    builder.add_ingredient(json.dumps(ingredient), kind, stream)
            builder.sign_file(video, beside, signer)

    try:
        write_atomically(video, write)
    except c2pa.C2paError as error:
        raise InputError(f"{video} can't be signed: {' '.join(str(error).split())}") from error


def _algorithm(private: Any, key: Path) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves = {"secp256r1": b"es256", "secp384r1": b"es384", "secp521r1": b"es512"}
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in curves:
        return curves[private.curve.name]
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return b"ps256"
    raise InputError(f"{key}: C2PA signs with keys of the kinds EC (P-256, P-384, P-521), Ed25519 and RSA")


def _c2pa() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise InputError("C2PA needs an extra; install it with: pip install 'steadyface[provenance]'") from error
    return c2pa
