"""Loading without the collector, and what is as before afterwards."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref

import pytest

from shared.starting import loaded, loading


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
def test_a_command_runs_with_the_collector_which_passes_over_what_was_loaded(module: str) -> None:
    program = f"import {module}.__main__, gc; assert gc.isenabled() and gc.get_freeze_count()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_garbage_when_all_is_loaded_goes_and_the_rest_is_not_looked_at_again() -> None:
    class Circle:
        def __init__(self) -> None:
            self.itself = self

    gone = weakref.ref(Circle())
    gc.freeze()
    try:
        loaded()
        assert gone() is None
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
