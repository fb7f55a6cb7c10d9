"""What can be set in refdesk.toml, and how is a mistake in it explained?

One typed section per component; plugins and adapters bring their own models. Unknown keys are
refused with the nearest known one, so that a misspelt key never looks as if it worked.
"""

import difflib
import ipaddress
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from refdesk.core.answering import AnswerRules
from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.lifecycle.rules import ConsultationSettings
from refdesk.core.messages import Language
from refdesk.core.storage_settings import StorageSettings
from refdesk.core.vault.keys import VaultSettings
from refdesk.errors import SettingsError

Model = TypeVar("Model", bound=BaseModel)
# A configuration is a page or two; more is the wrong file.
LARGEST_FILE_BYTES = 1_000_000


def _unnamed() -> dict[Language, str]:
    return {"en": "The library", "zh": "图书馆"}


class LibrarySettings(BaseModel):
    """Section `[library]`: who answers here."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        "main", pattern=r"^[a-z0-9_-]{1,40}$", description="Short name kept with every row."
    )
    name: dict[Language, str] = Field(
        default_factory=_unnamed,
        description="The library's name, by language.",
    )
    default_language: Language = Field("en", description="Language when a reader's is unknown.")


class WebSettings(BaseModel):
    """Section `[web]`: where the pages are found."""

    model_config = ConfigDict(extra="forbid")

    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s?#]+[^\s?#/])?$",
        description="Address as readers see it, with the base path if there is one: "
        "https://library.example.edu/ask. Empty: the address of the request.",
    )
    trusted_proxies: list[str] = Field(
        default_factory=list,
        description="Addresses or networks whose X-Forwarded-For is believed.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: list[str]) -> list[str]:
        for proxy in proxies:
            try:
                ipaddress.ip_network(proxy, strict=False)
            except ValueError as error:
                raise ValueError("expected addresses or networks, such as 10.0.0.0/8") from error
        return proxies


class LimitSettings(BaseModel):
    """Section `[limits]`: how much one reader may send."""

    model_config = ConfigDict(extra="forbid")

    burst: int = Field(300, ge=1, description="Messages of one reader at once.")
    per_second: float = Field(5.0, gt=0, description="Messages of one reader in the long run.")
    address_burst: int = Field(
        3000, ge=1, description="Messages from one address at once; a campus may share one."
    )
    address_per_second: float = Field(
        50.0, gt=0, description="Messages from one address in the long run."
    )


class LogSettings(BaseModel):
    """Section `[log]`: what the program writes about its work. Never texts or addresses."""

    model_config = ConfigDict(extra="forbid")

    level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level written."
    )
    format: str = Field("text", pattern="^(text|json)$", description="For people or machines.")


class ComponentSettings(BaseModel):
    """Sections `[plugins]` and `[adapters]`: which are on, in which order, and their sections."""

    model_config = ConfigDict(extra="allow")  # the components' sections, checked by their models

    disabled: list[str] = Field(default_factory=list, description="Names that are not loaded.")
    first: list[str] = Field(default_factory=list, description="Names to ask before the others.")

    def section(self, name: str) -> dict[str, Any]:
        """Return the raw section of one component, empty when there is none."""
        section = (self.model_extra or {}).get(name, {})
        if not isinstance(section, dict):
            raise SettingsError(f"[{name}] must be a section of keys and values.")
        return section


class PluginsSettings(ComponentSettings):
    """Section `[plugins]`: which are on, in which order, what they may call; their sections."""

    local_services: list[str] = Field(
        default_factory=list,
        description="Hosts inside the library's network that plugins may call, `host` or "
        "`host:port`. Public addresses need no entry.",
    )
    deadline_seconds: float = Field(
        3.0, gt=0, le=60, description="How long a plugin may take for one answer."
    )
    blocked_after_seconds: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How long nothing may move before the plugin that blocks it all is named.",
    )


class Settings(BaseModel):
    """The whole of refdesk.toml."""

    model_config = ConfigDict(extra="forbid")

    library: LibrarySettings = Field(default_factory=LibrarySettings)
    web: WebSettings = Field(default_factory=WebSettings)
    hours: HoursSettings | None = None
    answers: AnswerRules = Field(default_factory=lambda: parse(AnswerRules, {}, "answers"))
    consultations: ConsultationSettings = Field(default_factory=ConsultationSettings)
    limits: LimitSettings = Field(default_factory=lambda: parse(LimitSettings, {}, "limits"))
    log: LogSettings = Field(default_factory=lambda: parse(LogSettings, {}, "log"))
    storage: StorageSettings = Field(default_factory=lambda: parse(StorageSettings, {}, "storage"))
    vault: VaultSettings = Field(default_factory=lambda: parse(VaultSettings, {}, "vault"))
    plugins: PluginsSettings = Field(default_factory=lambda: parse(PluginsSettings, {}, "plugins"))
    adapters: ComponentSettings = Field(default_factory=ComponentSettings)


def load_settings(file: Path) -> Settings:
    """Read a configuration file.

    Raises `SettingsError` naming file, section, key and what is expected.
    """
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise SettingsError(f"{file} is too large for a configuration file.")
        raw = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not valid TOML: {error}.") from error
    return parse(Settings, raw, "", str(file))


def parse(
    model: type[Model], raw: Mapping[str, Any], section: str, file: str = "refdesk.toml"
) -> Model:
    """Check one section against its model; raises `SettingsError` with every mistake in it."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        lines = [_explained(model, mistake, section) for mistake in error.errors()]
        raise SettingsError(f"{file}: " + "\n".join(lines)) from None


def read_only(model: type[BaseModel]) -> type[BaseModel]:
    """Return a model whose sections nobody can change once they are checked."""
    return type(
        model.__name__,
        (model,),
        {
            "model_config": ConfigDict(frozen=True),
            "__doc__": model.__doc__,
            "__module__": model.__module__,
        },
    )


def refuse_unknown_names(section: ComponentSettings, kind: str, known: Sequence[str]) -> None:
    """Raise `SettingsError` for a section or a name in a list that belongs to no component."""
    for name in section.model_extra or {}:
        if name not in known:
            hint = _nearest(name, known)
            raise SettingsError(f"refdesk.toml: there is no [{kind}.{name}]. {hint}")
    for key, names in (("disabled", section.disabled), ("first", section.first)):
        for name in names:
            if name not in known:
                hint = _nearest(name, known)
                raise SettingsError(f"refdesk.toml: [{kind}] {key} names {name!r}. {hint}")


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known)}."


def _explained(model: type[BaseModel], mistake: Any, section: str) -> str:
    """Say where a mistake is and what would be right; the value itself may be a secret."""
    path = [str(step) for step in mistake["loc"]]
    where = ".".join([section, *path] if section else path)
    if mistake["type"] != "extra_forbidden":
        return f"{where}: {mistake['msg']}."
    known = _known_keys(model, path[:-1])
    return f"{where}: there is no such key. {_nearest(path[-1], known)}"


def _known_keys(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the keys allowed at a place inside a model."""
    current: type[BaseModel] | None = model
    for step in path:
        field = current.model_fields.get(step) if current else None
        # A list index or a name chosen by the library leads on inside the same field's models.
        if field is not None:
            current = _model_inside(field.annotation)
    return sorted(current.model_fields) if current else []


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_inside(inner)
        if found is not None:
            return found
    return None
