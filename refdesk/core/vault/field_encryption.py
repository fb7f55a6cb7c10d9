"""How is one field encrypted so that nobody can read it, change it or move it elsewhere?

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits; what the value belongs to is the
associated data, so a value copied into another row does not open. Look-up goes by HMAC-SHA-256
(RFC 2104) under a key of its own. Both keys and the name of the key are derived from one secret by
HKDF (RFC 5869). No I/O here.
"""

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from refdesk.errors import VaultError

SECRET_BYTES = 32
_NONCE_BYTES = 12
_NAME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """What a value belongs to; the same value sealed for another place does not open here."""

    library: str
    rid: str
    account: str
    field: str

    def bound(self) -> bytes:
        """Return the associated data; no two places have the same."""
        return json.dumps([self.library, self.rid, self.account, self.field]).encode()


class FieldKey:
    """One key of the vault: `id` names it beside every value and gives nothing of it away."""

    __slots__ = ("_cipher", "_lookup", "id", "secret")

    def __init__(self, secret: bytes) -> None:
        """Derive from `secret`, 32 random bytes; raises `VaultError` for another length."""
        if len(secret) != SECRET_BYTES:
            raise VaultError(f"A key of the vault has {SECRET_BYTES} bytes, not {len(secret)}.")
        self.secret = secret
        self._cipher = AESGCM(_derived(secret, b"refdesk vault encryption", SECRET_BYTES))
        self._lookup = _derived(secret, b"refdesk vault look-up", SECRET_BYTES)
        self.id = _derived(secret, b"refdesk vault key name", _NAME_BYTES).hex()

    def __repr__(self) -> str:
        """Name the key without its secret."""
        return f"FieldKey({self.id})"

    def seal(self, text: str, place: Place) -> str:
        """Return `text` encrypted for `place`, as ASCII."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), place.bound())
        return urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, place: Place) -> str:
        """Return the text again.

        Raises `VaultError` when it was sealed under another key or for another place, or changed.
        """
        try:
            raw = urlsafe_b64decode(sealed.encode("ascii"))
            return self._cipher.decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.bound()
            ).decode()
        except (InvalidTag, ValueError):
            raise VaultError(
                f"The {place.field} of reader {place.rid} cannot be read: it was changed or moved."
            ) from None

    def fingerprint(self, library: str, account: str, address: str) -> str:
        """Return the keyed hash by which an address is found; without the key it says nothing."""
        named = json.dumps([library, account, address]).encode()
        return hmac.digest(self._lookup, named, hashlib.sha256).hex()


def _derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(secret)
