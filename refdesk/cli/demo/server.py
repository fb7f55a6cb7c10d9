"""What runs in the demo's server process? (Started by the supervisor, never by hand.)"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from refdesk.cli.demo.pages import DemoPages
from refdesk.cli.serve import print_now, run_server
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.framing import SelfFraming
from refdesk.deployment import Deployment, open_deployment
from refdesk.errors import RefdeskError

_FOLDER = Path(__file__).parent


def main() -> None:
    """Serve the folder named on the command line, with the page `/demo`."""
    folder, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    librarian = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    pages = DemoPages(librarian["name"], librarian["password"])

    def make_extras(deployment: Deployment) -> Any:
        from refdesk.app import Extras  # noqa: PLC0415 - brings every plugin

        del deployment
        assets = WebAssets(_FOLDER / "templates", _FOLDER / "static")
        return Extras(pages.routes(), [assets], {SelfFraming: SelfFraming()})

    try:
        run_server(open_deployment(folder), host, port, print_now, make_extras)
    except RefdeskError as error:
        sys.stderr.write(f"refdesk: {error}\n")
        sys.exit(1)


def _end_with_supervisor() -> None:
    """End at once when the supervisor is gone; nothing accepted is lost by that."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
