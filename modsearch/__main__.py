"""``python -m modsearch``."""

from modsearch.cli import main

main()
