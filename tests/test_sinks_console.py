"""Pages on a console: one block each, plain where nobody sees colours."""

import asyncio
import io

import pytest
from pager import Case, because, line
from sinkkit import a_page

from alerts.page import Page
from alerts.routing import Target
from alerts.sinks import Delivery
from alerts.sinks.console import ConsoleSink, render
from alerts.wording import write


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and counts how often it is written to."""

    writes = 0
    is_terminal = True

    def isatty(self) -> bool:
        return self.is_terminal

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


def pages_of(**fields: object) -> dict[str, Page]:
    case = Case()
    case.hears(line(**fields))  # type: ignore[arg-type]  # whatever a line has
    return {send.address.target: write(case.known, send, case.policy) for send in case.known.sends}


def test_a_page_is_read_from_top_to_bottom() -> None:
    said = pages_of(priority="P1")[Target.RAPID_RESPONSE]

    assert render(said, colours=False, width=60).splitlines() == [
        "== P1 | RAPID RESPONSE: ANSWER NOW =========================",
        " Tocilizumab due, not given (TOCI-IND)",
        " Who     Patient P01, ward 5 West, bed 12, day 3 after",
        "         infusion",
        " What    Meets criteria for CRS grade 2 (manikath-2025,",
        "         astct-2019).",
        "         New. Open since 4 Mar 12:00 UTC.",
        " Why     Systolic pressure 86 mmHg, 4 Mar 11:55 UTC (5 min",
        "         ago)",
        " Do      Give tocilizumab now.",
        " Until   tocilizumab that is given (an order is not enough),",
        "         a better grade, or the most doses that are allowed;",
        "         it comes back when the next dose may be given",
        " Policy  P1 by manikath-2025, astct-2019; advice of",
        "         manikath-2025",
        " Source  review-2025 L73",
        f" Answer  stormwatch ack {said.alert_id[:8]} --by YOUR-NAME",
        f" Alert   {said.alert_id}, revision 1",
        "",
    ]


@pytest.mark.parametrize("target", [Target.PRIMARY_TEAM, Target.RAPID_RESPONSE])
def test_every_page_says_who_what_why_what_to_do_and_under_which_policy(target: str) -> None:
    text = render(pages_of()[target], colours=False)

    assert [row in text for row in (" Who ", " What ", " Why ", " Do ", " Policy ")] == [True] * 5
    assert (" Source " in text) is (target is Target.PRIMARY_TEAM)  # who acts sees every row


def test_an_end_is_short() -> None:
    assert render(a_page(is_open=False), colours=False).splitlines() == [
        "== ENDED P1 | RAPID RESPONSE: THIS ALERT IS OVER ".ljust(100, "="),
        " Tocilizumab due, not given (TOCI-IND)",
        " Who     Patient P01, ward 5 West, bed 12, day 3 after infusion",
        " What    It was true and has ended.",
        "         Open since 4 Mar 12:00 UTC, ended 4 Mar 12:00 UTC.",
        " Why     Give tocilizumab now.",
        " Do      Nothing more for this alert. Others of the patient may be open.",
        "",
    ]


@pytest.mark.parametrize(
    ("fields", "is_open", "colour"),
    [
        ({"priority": "P1"}, True, "48;5;160"),
        ({"priority": "P2"}, True, "48;5;214"),
        ({"priority": "P3"}, True, "48;5;111"),
        ({"priority": "P1"}, False, "48;5;40"),
    ],
)
def test_on_a_terminal_the_colour_says_how_urgent_it_is(
    fields: dict[str, str], is_open: bool, colour: str
) -> None:
    said = next(iter(pages_of(**fields).values())) if is_open else a_page(is_open=False)

    assert colour in render(said, colours=True).splitlines()[0]


def test_a_heads_up_is_paler_than_what_asks_for_an_answer() -> None:
    act, heads_up = (render(said, colours=True).splitlines()[0] for said in pages_of().values())

    assert ("48;5;214" in act, "48;5;229" in heads_up) == (True, True)


def test_without_a_terminal_there_are_no_colours() -> None:
    assert "\x1b" not in render(a_page(), colours=False)


def test_what_a_feed_sends_is_never_taken_for_markup() -> None:
    said = next(iter(pages_of(bed="[red]12[/red]", advice="Give [bold]it[/]. :warning:").values()))

    text = render(said, colours=False)

    assert "bed [red]12[/red]" in text
    assert "Give [bold]it[/]. :warning:" in text


async def test_a_page_is_written_in_one_go() -> None:
    stream = Terminal()
    sink = ConsoleSink(stream)

    delivery, *_ = await sink.send(a_page())

    await sink.close()
    assert (delivery, stream.writes) == (Delivery.SENT, 1)


async def test_pages_are_never_mixed() -> None:
    stream = Terminal()
    stream.is_terminal = False
    sink = ConsoleSink(stream)

    await asyncio.gather(*(sink.send(a_page()) for _ in range(20)))

    await sink.close()
    block = render(a_page(), colours=False)
    assert stream.getvalue() == block * 20


async def test_a_console_that_nobody_reads_any_more_is_worth_another_try() -> None:
    stream = Terminal()
    stream.close()
    sink = ConsoleSink(stream)

    delivery, *_ = await sink.send(a_page())

    await sink.close()
    assert delivery is Delivery.RETRY


async def test_a_console_that_knows_few_letters_gets_what_it_can_show() -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    sink = ConsoleSink(stream)
    case = Case()
    (send,) = case.hears(line(priority="P1", because=(because("temperature_c", 39, unit="Cel"),)))

    delivery, *_ = await sink.send(write(case.known, send, case.policy))

    await sink.close()
    assert (delivery, b"Temperature 39 ?C" in written.getvalue()) == (Delivery.SENT, True)


async def test_pages_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    sink = ConsoleSink()

    await sink.send(a_page())

    await sink.close()
    assert capsys.readouterr().out.startswith("== P1 | RAPID RESPONSE: ANSWER NOW ==")
