"""Signed links: only ours, only as long as they last, and nothing of the patient in them."""

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pager import line
from pagerbench import Gateway
from sinkkit import a_page

from alerts.links import VERSION, Expired, Link, Links
from alerts.routing import LOOP_BACK
from alerts.sinks import Delivery, Tried
from alerts.sinks.linked import LinkedSink
from alerts.sinks.loop_back import LoopBackSink
from alerts.sinks.pagerduty import PagerDutySink

KEY, OLD, OTHER = b"k" * 32, b"o" * 32, b"x" * 32
LINKS = Links("https://pages.example/", (KEY, OLD))
LINK = Link(line().alert_id, 1_000, "Joy Okafor")


def test_a_link_is_read_as_it_was_written() -> None:
    url = LINKS.url_of(LINK)

    assert url.startswith("https://pages.example/a/")
    assert LINKS.read(url.rpartition("/")[2], 999.9) == LINK


@given(st.text(max_size=40), st.text(max_size=60), st.integers(0, 2**40))
def test_any_link_is_read_as_it_was_written(alert_id: str, person: str, expires_s: int) -> None:
    link = Link(alert_id, expires_s, person)

    assert LINKS.read(LINKS.token_of(link), -1) == link


def test_a_link_expires_and_is_still_known_as_one_of_ours() -> None:
    assert LINKS.read(LINKS.token_of(LINK), 1_000.0) == Expired(LINK)


def test_a_key_is_changed_without_breaking_links_that_are_out() -> None:
    before = Links("https://pages.example", (OLD,)).token_of(LINK)

    assert LINKS.read(before, 0) == LINK
    assert Links("", (OTHER, KEY)).read(before, 0) is None
    assert LINKS.read(Links("", (OTHER,)).token_of(LINK), 0) is None


@given(st.data())
def test_a_link_that_was_tampered_with_is_nobodys(data: st.DataObject) -> None:
    token = LINKS.token_of(LINK)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_").filter(lambda each: each != token[place]))

    assert LINKS.read(token[:place] + letter + token[place + 1 :], 0) is None


@pytest.mark.parametrize("token", ["", "a", "é", "=" * 8, "A" * 30, "A" * 5_000, "a b", "%00"])
def test_nonsense_is_nobodys(token: str) -> None:
    assert LINKS.read(token, 0) is None


def test_one_link_has_one_spelling() -> None:
    token = LINKS.token_of(LINK)

    assert LINKS.read(token + "=", 0) is None
    assert LINKS.read(token + "\n", 0) is None


def test_no_link_says_anything_of_the_patient() -> None:
    token = LINKS.url_of(LINK).rpartition("/")[2]
    said = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

    assert not [word for word in (b"P01", b"5 West", b'"12"', b"TOCI") if word in said]


def test_no_key_is_in_a_text() -> None:
    assert "k" * 32 not in repr(LINKS)


def test_a_link_of_another_version_of_ours_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("alerts.links.VERSION", VERSION + 1)
        token = LINKS.token_of(LINK)

    assert LINKS.read(token, 999.9) is None


def test_what_puts_a_link_into_pages_is_told_of_answers_as_its_sink_is() -> None:
    sink = PagerDutySink("pager", "key", timeout_s=1)

    linked = LinkedSink(sink, LINKS, timedelta(hours=1))

    assert linked.answers_as == sink.answers_as


async def test_each_open_page_of_a_message_leaves_with_a_link_of_its_own() -> None:
    gateway = Gateway()
    linked = LinkedSink(gateway, LINKS, timedelta(hours=1))
    other = replace(a_page(), alert_id="another", person="Joy Okafor")

    tried = await linked.send(replace(a_page(), also=(other, a_page(is_open=False))))
    await linked.close()

    (page,) = gateway.got
    second, ended = page.also
    found = [LINKS.read(each.link.rpartition("/")[2], 0) for each in (page, second)]
    assert [(link.alert_id, link.person) for link in found if isinstance(link, Link)] == [
        (page.alert_id, page.person),
        ("another", "Joy Okafor"),
    ]
    assert (ended.link, tried.delivery, gateway.is_closed) == ("", Delivery.SENT, True)


async def test_what_probes_raise_is_taken_and_goes_nowhere() -> None:
    sink = LoopBackSink()

    tried = await sink.send(a_page())
    await sink.close()

    assert (sink.name, tried) == (LOOP_BACK, Tried(Delivery.SENT))
