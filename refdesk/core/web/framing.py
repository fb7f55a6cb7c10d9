"""Who may show the desk inside a frame?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SelfFraming:
    """Among the server's services: our own pages may frame the desk, as the demo does.

    Without it nobody may, so that no page can lay the desk under somebody's clicks.
    """
