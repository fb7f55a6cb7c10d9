"""Where do the keys of the identity vault come from, and how is one added or dropped?

Usually from the file `vault.key` in the folder, one key a line, the newest first. Servers
that share a database get the same lines as a secret: `[vault] key = { env = "..." }`.
"""

import binascii
import fcntl
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from refdesk.core.private_files import create_private, replace_private
from refdesk.core.secrets import SecretReference
from refdesk.core.vault.field_encryption import SECRET_BYTES, FieldKey
from refdesk.errors import SettingsError, VaultError

KEY_FILE = "vault.key"


class VaultSettings(BaseModel):
    """Section `[vault]`: how readers' addresses on other platforms are kept."""

    model_config = ConfigDict(extra="forbid")

    key: SecretReference | None = Field(
        None,
        description="Where the key is that encrypts addresses, for servers that share a database: "
        '`{ env = "NAME" }` or `{ file = "path" }`, 32 random bytes in base64. '
        "Without it a file `vault.key` is made in the deployment's folder.",
    )


class VaultKeys:
    """The keys of one deployment."""

    def __init__(self, folder: Path, settings: VaultSettings | None = None) -> None:
        """Use the secret that the settings name, else the file in `folder`."""
        self.path = folder / KEY_FILE
        self._reference = settings.key if settings else None

    @property
    def origin(self) -> str:
        """Say for people where the keys come from."""
        return str(self.path) if self._reference is None else "the secret of [vault] key"

    def load(self) -> tuple[FieldKey, ...]:
        """Return the keys, the newest first; none when there is no file yet.

        Raises `VaultError` for what is no key, `SettingsError` when the secret is missing.
        """
        if self._reference is not None:
            return self._read(self._reference.reveal("[vault] key"))
        try:
            text = self.path.read_text("ascii")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(f"{self.path} cannot be read ({type(error).__name__}).") from error
        return self._read(text)

    def make(self) -> tuple[FieldKey, ...]:
        """Make the first key, unless somebody was faster; return what is there then."""
        create_private(self.path, _written([_new_key()]))
        return self.load()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let one process at a time add and drop keys; raises `VaultError` when another does."""
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise VaultError("Another command is changing the keys. Wait until it ends.") from None
        else:
            yield
        finally:
            os.close(descriptor)

    def add(self) -> FieldKey:
        """Write a new key before the present ones.

        Raises `SettingsError` when the keys are a secret that others have to change.
        """
        self._refuse_to_change_a_secret("put a new key on a line before the present one")
        key = _new_key()
        replace_private(self.path, _written([key, *self.load()]))
        return key

    def keep_only(self, key: FieldKey) -> None:
        """Drop every other key."""
        self._refuse_to_change_a_secret("take the old key out")
        replace_private(self.path, _written([key]))

    @property
    def place(self) -> str:
        """Return "file" or "secret": only a file can be written here."""
        return "file" if self._reference is None else "secret"

    def _refuse_to_change_a_secret(self, what: str) -> None:
        if self._reference is not None:
            raise SettingsError(f"The vault's key is a secret of yours: {what} where it is kept.")

    def _read(self, text: str) -> tuple[FieldKey, ...]:
        try:
            found = tuple(FieldKey(b64decode(line, validate=True)) for line in text.split())
        except (binascii.Error, VaultError):
            found = ()
        if not found:
            raise VaultError(
                f"{self.origin} holds no key of 32 bytes in base64. Restore it from a backup: "
                "without it readers on other platforms cannot be reached."
            )
        return found


def _new_key() -> FieldKey:
    return FieldKey(secrets.token_bytes(SECRET_BYTES))


def _written(keys: Sequence[FieldKey]) -> bytes:
    return b"".join(b64encode(key.secret) + b"\n" for key in keys)
