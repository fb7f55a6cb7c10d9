"""Which tables hold readers' addresses and the journal of erasures? (Migration 0004.)"""

from sqlmodel import Field, SQLModel


class IdentityRow(SQLModel, table=True):
    """One address of a reader on one channel account, encrypted under the key `key_id`."""

    __tablename__ = "identity"
    library: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    rid: str = Field(primary_key=True)
    key_id: str
    fingerprint: str
    address: str
    created_at: float


class VaultKeyRow(SQLModel, table=True):
    """The name of the key under which a library's addresses are written from now on."""

    __tablename__ = "vault_key"
    library: str = Field(primary_key=True)
    key_id: str
    since: float


class ErasureRow(SQLModel, table=True):
    """One erasure that has been done; running servers follow the numbers, which have no gaps."""

    __tablename__ = "erasure"
    library: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    id: str
    rid: str
    at: float
