"""How does a web reader without an account prove to be the same as before?

The token is the reader's random `rid` and an expiry, signed with the deployment's key. Nothing is
stored for a reader who has not written yet.
"""

import base64
import hashlib
import hmac
import secrets

LIFETIME_SECONDS = 90 * 24 * 3600
_SIGNATURE_CHARACTERS = 43
_LONGEST_EXPIRY_DIGITS = 12


class ReaderTokens:
    """Makes and reads tokens of the form `rid.expiry.signature`."""

    def __init__(self, key: bytes) -> None:
        """Sign with `key`, 32 random bytes."""
        # A key of its own, so that a token can never be taken for another signed thing.
        self._key = hmac.digest(key, b"refdesk reader token", hashlib.sha256)

    def issue(self, now: float) -> tuple[str, str]:
        """Return (rid, token) for a new reader."""
        rid = secrets.token_urlsafe(16)
        return rid, self._sign(rid, int(now) + LIFETIME_SECONDS)

    def read(self, token: str, now: float) -> str | None:
        """Return the rid, or None when the token is forged, damaged or expired."""
        rid, _, rest = token.partition(".")
        expiry, _, signature = rest.partition(".")
        if len(signature) != _SIGNATURE_CHARACTERS or not token.isascii():
            return None
        if not expiry.isdecimal() or len(expiry) > _LONGEST_EXPIRY_DIGITS:
            return None
        genuine = self._sign(rid, int(expiry))
        if not hmac.compare_digest(genuine.encode(), token.encode()):
            return None
        return rid if int(expiry) > now else None

    def _sign(self, rid: str, expiry: int) -> str:
        text = f"{rid}.{expiry}"
        digest = hmac.digest(self._key, text.encode(), hashlib.sha256)
        return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"
