"""The worker opens the links of what came in, one after the other, and only if it is to."""

import threading
from dataclasses import replace

from sqlalchemy import select

from federation import link_watch
from federation.database import unit_of_work
from federation.link_checker import Outcome
from federation.models.links import LinkCheck
from federation.parts import parts
from tests.support.records import make_record

INSIDE = "http://169.254.169.254/latest/meta-data/"


def test_links_that_came_in_with_a_record_are_opened_and_what_came_of_it_is_noted(hub, member):
    member.publish(make_record(links=[{"url": INSIDE}, {"url": "http://user.invalid:8080/"}]))
    assert {link_watch.check_next(hub.app), link_watch.check_next(hub.app)} == {
        Outcome("not_public", cause="address"),
        Outcome("not_public", cause="port"),
    }
    assert link_watch.check_next(hub.app) is None
    with unit_of_work(hub.app, read_only=True) as session:
        noted = session.scalars(select(LinkCheck)).all()
    assert all(one.outcome == "not_public" and one.checked_at and one.claimed_until is None for one in noted)


def test_a_watch_that_is_turned_off_ends_at_once(hub):
    own = parts(hub.app)
    hub.app.extensions["commons"] = replace(own, settings=replace(hub.settings, link_days=0))
    link_watch.run(hub.app, threading.Event())


def test_whoever_keeps_a_server_learns_who_asked(hub):
    settings = replace(hub.settings, hub_name_en="Métrologie", public_origin="https://cloud.example.org")
    assert link_watch.agent(settings) == "metrology-commons-links (+https://cloud.example.org; Mtrologie)"
