"""Runs the command line as `python -m refdesk`."""

from refdesk.cli import main

main()
