"""How does refdesk run for the bench? As `refdesk serve` does, with three adapters and a plugin."""

import argparse
import sys
from pathlib import Path

import echo
from adapters import Keyed, Plain, Polling
from unfenced import Unfenced

from refdesk.cli.serve import run_server
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.deployment import open_deployment
from refdesk.parts import Extras

ADAPTERS = {"plain": Plain, "keyed": Keyed, "polling": Polling}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fencing", choices=("on", "off"), default="on")
    options = parser.parse_args()

    def ready(address: str) -> None:
        sys.stdout.write(f"refdesk is ready: {address}\n")
        sys.stdout.flush()

    store = ConsultationStore if options.fencing == "on" else Unfenced
    extras = Extras(plugins=(echo,), adapters=ADAPTERS, store=store)
    run_server(open_deployment(options.data), "127.0.0.1", options.port, ready, lambda _: extras)


if __name__ == "__main__":
    main()
