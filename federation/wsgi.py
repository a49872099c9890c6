"""The application that a web server loads (`federation.wsgi:app`), configured from the environment."""

from __future__ import annotations

import sys

from federation.app import create_app
from federation.settings import load_settings
from shared.starting import loaded, loading
from shared.supervised import die_with_parent

SWITCH_SECONDS = 0.001
"""A thread that works through a batch lets go of the interpreter five times as often as by default: a small request
that waits for it asks for the interpreter anew after each statement of SQL."""

die_with_parent()
sys.setswitchinterval(SWITCH_SECONDS)
with loading():
    app = create_app(load_settings())
loaded()
