"""What can be set in `[storage]`: which engine keeps the rows, and where is it?"""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from refdesk.core.secrets import SecretReference


class StorageSettings(BaseModel):
    """Section `[storage]`: where rows are kept."""

    model_config = ConfigDict(extra="forbid")

    engine: str = Field(
        "sqlite",
        pattern="^(sqlite|postgresql)$",
        description="A file in the deployment's folder, or a PostgreSQL server that several "
        "servers of refdesk may share.",
    )
    dsn: SecretReference | None = Field(
        None,
        description="PostgreSQL only: where its address is kept, "
        "postgresql://user:password@host:5432/database.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "StorageSettings":
        if self.engine == "postgresql" and self.dsn is None:
            raise ValueError("postgresql needs a dsn, such as { env = 'REFDESK_DSN' }")
        if self.engine == "sqlite" and self.dsn is not None:
            raise ValueError("a dsn belongs to engine = 'postgresql'")
        return self
