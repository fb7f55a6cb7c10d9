"""How is a page rendered: layout, language, addresses?"""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from refdesk.core.messages import Language
from refdesk.core.settings import Settings
from refdesk.core.translations import translate

if TYPE_CHECKING:
    from jinja2 import Environment

_LANGUAGES: tuple[Language, ...] = ("en", "zh")
LANGUAGE_COOKIE = "refdesk_language"
_YEAR_SECONDS = 365 * 24 * 3600


class Pages:
    """Renders the templates of the core, the plugins and the adapters."""

    def __init__(
        self, settings: Settings, base_path: str, templates: Sequence[Path], static_version: str
    ) -> None:
        """Put `base_path` before every address of our own."""
        self._settings = settings
        self._base = base_path
        self._version = static_version
        self._templates = templates

    def render(
        self, request: web.Request, template: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """Return the page in the visitor's language."""
        language = language_of_visitor(request, self._settings.library.default_language)
        html = self._environment.get_template(template).render(
            language=language,
            _=_translator(language),
            url=self.url,
            static=self.static,
            library=self._settings.library.name.get(language, ""),
            other_language="en" if language == "zh" else "zh",
            path=request.path,
            **values,
        )
        response = web.Response(text=html, content_type="text/html", status=status)
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language, Cookie"
        response.enable_compression()
        if request.query.get("language") == language:
            response.set_cookie(
                LANGUAGE_COOKIE,
                language,
                max_age=_YEAR_SECONDS,
                path=f"{self._base}/",
                secure=self._settings.web.public_url.startswith("https:"),
                httponly=True,
                samesite="Lax",
            )
        return response

    @cached_property
    def _environment(self) -> "Environment":
        """The template engine, made for the first page: a start without visitors does not pay."""
        from jinja2 import (  # noqa: PLC0415 - see above
            Environment,
            FileSystemLoader,
            StrictUndefined,
            select_autoescape,
        )

        return Environment(
            loader=FileSystemLoader(self._templates),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def url(self, path: str) -> str:
        """Return an address of our own, with the base path."""
        return f"{self._base}{path}"

    def static(self, name: str) -> str:
        """Return the address of one of our files, in its present version."""
        return f"{self._base}/static/{self._version}/{name}"


def language_of_visitor(request: web.Request, default: Language) -> Language:
    """Return what the visitor chose (`?language=`, then cookie), else what the browser prefers."""
    for chosen in (request.query.get("language"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in _LANGUAGES:
            return chosen
    preferred = request.headers.get("Accept-Language", "")
    for item in preferred.split(",")[:10]:
        name = item.split(";")[0].strip().lower()[:2]
        if name in _LANGUAGES:
            return name
    return default


def _translator(language: Language) -> Callable[..., str]:
    def text(source: str, **values: object) -> str:
        return translate(source, language, **values)

    return text
