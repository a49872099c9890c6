"""Loading without the collector, and what is as before afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from shared.starting import loading


def test_nothing_is_collected_while_modules_are_loaded() -> None:
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
        with loading():
            pass
        assert not gc.isenabled(), "what is loaded on the way is loaded as well"
    assert gc.isenabled()


def test_a_module_that_cannot_be_loaded_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


@pytest.mark.parametrize("module", ["nodes", "federation"])
def test_a_command_runs_with_the_collector(module: str) -> None:
    program = f"import {module}.__main__, gc; assert gc.isenabled() and not gc.get_freeze_count()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
