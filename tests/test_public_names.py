"""Are the public names there, and only when they are used?"""

import subprocess
import sys

import pytest

import refdesk


def test_every_public_name_has_a_home() -> None:
    assert set(refdesk._HOMES) == set(refdesk.__all__)
    for name in refdesk.__all__:
        assert getattr(refdesk, name) is not None


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no public name 'Offr'"):
        refdesk.Offr  # noqa: B018 - the access is what is tested


def test_the_import_alone_loads_none_of_the_parts() -> None:
    code = "import sys, refdesk; sys.exit(any(name.startswith('refdesk.') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
