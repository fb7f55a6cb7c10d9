"""Which folders of files does a component bring to the web server?"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WebAssets:
    """A folder of Jinja2 templates and a folder of files served as they are."""

    templates: Path
    static: Path
