"""The key that signs the chain's heads. The database doesn't hold it.

Ed25519 (RFC 8032): whoever has the public key can verify a signature, but make none.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from chiso.system.errors import SettingsError
from chiso.system.secrets_file import AUDIT_KEY
from chiso.system.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True)
class Signer:
    """Signs, and verifies what it signed. seed: 32 bytes, the private key."""

    seed: bytes

    @staticmethod
    def of(settings: Settings) -> "Signer":
        """The platform's. Raises SettingsError where the environment holds none."""
        text = settings.values.get(AUDIT_KEY, "").strip()
        if not text:
            raise SettingsError(
                f"{AUDIT_KEY} is not set: heads of the audit chain can't be signed or verified. Run `make setup`, or set it to the "
                "platform's own key (docs/runbooks/keys.md)."
            )
        try:
            seed = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            seed = b""
        if len(seed) != 32:
            raise SettingsError(f"{AUDIT_KEY} is no key: it must be 32 bytes in base64 (docs/runbooks/keys.md).")
        return Signer(seed)

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def name(self) -> str:
        """Tells this key from others: the beginning of its public key's SHA-256."""
        return hashlib.sha256(self.public).hexdigest()[:16]

    def sign(self, text: str) -> str:
        """The signature, in base64."""
        return base64.b64encode(self._key.sign(text.encode())).decode()

    def has_signed(self, text: str, signature: str) -> bool:
        """Whether `signature` is this key's on `text`."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.public_key().verify(base64.b64decode(signature), text.encode())
        except (InvalidSignature, ValueError, binascii.Error):
            return False
        return True

    @cached_property
    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)
