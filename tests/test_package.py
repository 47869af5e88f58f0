"""The package's front door: few names, and nothing heavy behind it until one is used."""

import subprocess
import sys

import pytest

import modsearch


def test_every_public_name_is_there() -> None:
    for name in modsearch.__all__:
        assert getattr(modsearch, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        modsearch.nothing  # noqa: B018


def test_import_loads_nothing_heavy() -> None:
    heavy = "('torch', 'torchvision', 'optuna', 'ray', 'pydantic')"
    code = f"import sys, modsearch; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
