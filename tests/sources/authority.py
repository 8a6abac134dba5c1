"""An authority of our own, and the certificates that it signs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """`ca_file` is its own certificate. All certificates are for one key, in `key_file`."""

    def __init__(self, directory: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dbs test authority")])
        now = datetime.now(UTC)
        own = self._builder(self._name, now - _DAY, now + _DAY, self._key.public_key())
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.ca_file = directory / "ca.pem"
        self.ca_file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        self._server = ec.generate_private_key(ec.SECP256R1())
        self.key_file = directory / "server.key"
        self.key_file.write_bytes(
            self._server.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.key_file.chmod(0o644)  # the server runs as somebody else
        self.certificate_file = directory / "server.pem"

    def sign(self, *names: str, begins: timedelta = -_DAY, ends: timedelta = _DAY) -> None:
        """Write a certificate for these names and addresses, valid from and until so long from now."""
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
        alternatives = [_general(name) for name in names]
        made = self._builder(subject, now + begins, now + ends, self._server.public_key())
        made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        self.certificate_file.write_bytes(
            made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )

    def _builder(
        self, subject: x509.Name, begins: datetime, ends: datetime, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key)
        return builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
