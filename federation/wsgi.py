"""The application that a web server loads (`federation.wsgi:app`), configured from the environment."""

from __future__ import annotations

from federation.app import create_app
from federation.settings import load_settings
from shared.supervised import die_with_parent

die_with_parent()
app = create_app(load_settings())
