"""Certificates made on the spot: a root, and a signer that it vouches for."""

import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@pytest.fixture
def make_credentials(tmp_path: Path):
    """Write a chain and a key of some kind as PEM; returns their paths."""
    now = datetime.datetime.now(datetime.UTC)

    def name(common: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Tests"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(*part) for part in parts])

    def usage(**allowed: bool) -> x509.KeyUsage:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
        return x509.KeyUsage(**{key: allowed.get(key, False) for key in names})

    def make(kind: str = "es256") -> tuple[Path, Path]:
        root = ec.generate_private_key(ec.SECP256R1())
        key = {
            "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
            "ed25519": ed25519.Ed25519PrivateKey.generate,
            "ps256": lambda: rsa.generate_private_key(65537, 2048),
            "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        }[kind]()

        def build(subject: str, public, extensions) -> bytes:
            builder = (
                x509.CertificateBuilder(name("root"), name(subject), public, x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=9))
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
            )
            for extension in extensions:
                builder = builder.add_extension(extension, True)
            return builder.sign(root, hashes.SHA256()).public_bytes(Encoding.PEM)

        signer = build("signer", key.public_key(), [
            x509.BasicConstraints(False, None), usage(digital_signature=True),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
        ])  # fmt: skip
        above = build("root", root.public_key(), [x509.BasicConstraints(True, None), usage(key_cert_sign=True)])
        chain, secret = tmp_path / f"{kind}.pem", tmp_path / f"{kind}.key"
        chain.write_bytes(signer + above)
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return chain, secret

    return make
