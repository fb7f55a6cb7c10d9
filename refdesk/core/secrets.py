"""How does a component get a secret without its standing in refdesk.toml?"""

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from refdesk.core.private_files import create_private
from refdesk.errors import SettingsError


class SecretReference(BaseModel):
    """Where a secret is: `{ env = "NAME" }` or `{ file = "path" }`, one of the two."""

    model_config = ConfigDict(extra="forbid")

    env: str = Field("", description="Name of an environment variable.")
    file: Path | None = Field(None, description="File that holds the secret and nothing else.")

    def reveal(self, purpose: str) -> str:
        """Return the secret; raises `SettingsError` naming `purpose` when it is not there."""
        if bool(self.env) == bool(self.file):
            raise SettingsError(f"{purpose}: give either env or file.")
        if self.env:
            value = os.environ.get(self.env, "")
        else:
            value = self.file.read_text("utf-8").strip() if self.file and self.file.exists() else ""
        if not value:
            raise SettingsError(f"{purpose}: the secret is empty or missing.")
        return value


def deployment_key(folder: Path) -> bytes:
    """Return the deployment's own random key of 32 bytes, made at first use.

    The file is readable by its owner only. Who has it can forge web-chat tokens.
    """
    path = folder / "secret.key"
    if not path.exists():
        create_private(path, secrets.token_bytes(32))
    key = path.read_bytes()
    if len(key) != 32:  # noqa: PLR2004 - bytes of the key
        raise SettingsError(
            f"{path} is damaged. Restore it from a backup, or delete it: "
            "readers then begin new conversations."
        )
    return key
