"""What `stormwatch status` shows: who comes first, what is known, and what it says of its age."""

from datetime import timedelta
from typing import Any

import pytest
from builders import NOON
from rich.console import Console, RenderableType
from statuslines import CONSENSUS, REVIEW, alert, status

from deploy.status.drawing import draw_board, draw_patient, shown_of
from deploy.status.known import Board, Known, sickest_first
from topics.alerts import Alert, AlertState, Because, Priority
from topics.status import (
    CriteriaLine,
    EpisodeLine,
    Hlh,
    IcansGrade,
    Scores,
    Status,
    TocilizumabLine,
)
from topics.ticks import Tick

HOUR = timedelta(hours=1)


def board(*lines: Status | Alert, clock: Any = NOON) -> Board:
    made = Board()
    made.take(Tick(at=clock), 0)
    for line in lines:
        made.take(line, 0)
    return made


def order(made: Board) -> list[str]:
    return [known.patient_id for known in sickest_first(made.patients.values())]


def drawn(what: RenderableType, width: int = 160) -> str:
    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


@pytest.mark.parametrize(
    ("sicker", "milder"),
    [
        ([status("A", "3")], [status("B", "2")]),
        ([status("A", "2", "3")], [status("B", "2", "2")]),  # the higher of both policies counts
        ([status("A", "2")], [status("B", "1-4")]),  # what is proven before what is not ruled out
        ([status("A", "2-4")], [status("B", "2-3")]),
        ([status("A"), alert("A", "HLH-FERRITIN", "P1")], [status("B", "2")]),
        ([status("A"), alert("A", "TOCI-IND", "P2")], [status("B"), alert("B", "CRS-UP", "P3")]),
        ([status("A"), alert("A", "CRS-UP", "P3")], [status("B")]),
        ([status("A")], [status("B", crs=None)]),  # who is no longer watched comes last
    ],
)
def test_the_sicker_one_stands_first(
    sicker: list[Status | Alert], milder: list[Status | Alert]
) -> None:
    """Whichever of them is known first, and whatever their names are."""
    renamed = [line.model_copy(update={"patient_id": "Z"}) for line in sicker]

    assert order(board(*sicker, *milder)) == ["A", "B"]
    assert order(board(*milder, *sicker)) == ["A", "B"]
    assert order(board(*milder, *renamed)) == ["Z", "B"]


def test_equally_sick_ones_keep_their_places() -> None:
    assert order(board(status("C"), status("A"), status("B"))) == ["A", "B", "C"]


def test_the_most_urgent_policy_counts_as_it_does_for_pages() -> None:
    """The review grades some patients lower than the consensus."""
    both = {REVIEW: Priority.P3, CONSENSUS: Priority.P1}

    found = known(alert("A", "CRS-UP", "P3", priorities=both))

    assert found.open_alerts[0].priority is Priority.P3
    assert found.sickness[1] is True


@pytest.mark.parametrize("state", [AlertState.RESOLVED, AlertState.RETRACTED])
def test_an_alert_that_ended_is_open_no_more(state: AlertState) -> None:
    line = alert("A", "CRS-UP", "P1")

    (found,) = board(
        line, line.model_copy(update={"revision": 2, "state": state})
    ).patients.values()

    assert found.open_alerts == []


def test_a_line_that_is_repeated_changes_nothing() -> None:
    """After a crash, or from a replica; of two lines of one revision the more urgent counts."""
    first, second = alert("A", "X", "P3"), alert("A", "X", "P3", revision=2)
    urgent = alert("A", "X", "P1", revision=2, priorities={REVIEW: Priority.P1})

    assert known(first, second, first).open_alerts == [second]
    assert known(second, urgent, second).open_alerts == [urgent]


def known(*lines: Status | Alert) -> Known:
    (found,) = board(*lines).patients.values()
    return found


def test_who_is_no_longer_watched_is_counted_and_shown_when_asked_for() -> None:
    made = board(status("A"), status("B", crs=None))

    shown = shown_of(made, everyone=False)

    assert [each.patient_id for each in shown] == ["A"]
    assert "1 patient, the sickest first; 1 no longer watched." in drawn(
        draw_board(made, shown, NOON)
    )
    assert [each.patient_id for each in shown_of(made, everyone=True)] == ["A", "B"]


def test_who_has_an_open_alert_is_never_hidden() -> None:
    """Whatever the status says."""
    made = board(status("A", crs=None), alert("A", "CRS-UP", "P1"))

    assert [each.patient_id for each in shown_of(made, everyone=False)] == ["A"]


def test_a_row_says_what_is_known_of_a_patient() -> None:
    line = status(
        "A",
        "2-4",
        "3",
        unit="5 West",
        bed="12",
        flags=("device_fio2_conflict",),
        stale=("spo2_percent", "temperature_c", "pressure"),
        episode=EpisodeLine(crs_onset_at=NOON, day=3),
        tocilizumab=TocilizumabLine(doses=1, last_at=NOON, next_allowed_at=NOON + 8 * HOUR),
    )
    made = board(line, alert("A", "TOCI-IND", "P2"), clock=NOON + 7 * HOUR)

    told = drawn(draw_board(made, shown_of(made, everyone=False), NOON + 7 * HOUR), width=300)

    (row,) = (each for each in told.splitlines() if each.startswith(" A "))
    assert [each.strip() for each in row.split("  ") if each.strip()] == [
        "A",
        "5 West, bed 12",
        "2 to 4",
        "3",
        "P2 TOCI-IND",
        "oxygen device and FiO2 do not fit, stale: SpO2, Temperature, and 1 more",
        "1 given; next from 4 Mar 20:00 UTC",
        "3",
        "7 h ago",
    ]


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (NOON, "Known up to 4 Mar 12:00 UTC.\n"),
        (NOON - HOUR, "Known up to 4 Mar 11:00 UTC. That is 1 h ago."),
    ],
)
def test_a_clock_that_stands_still_is_told(clock: Any, told: str) -> None:
    """Old rows look like new ones: nobody may take them for what is true now."""
    made = board(status("A"), clock=clock)

    assert told in drawn(draw_board(made, shown_of(made, everyone=False), NOON))


def test_the_clock_is_that_of_the_partition_furthest_behind() -> None:
    made = board(status("A"))
    made.take(Tick(at=NOON - 2 * HOUR), 1)
    made.take(Tick(at=NOON - 3 * HOUR), 1)

    assert made.clock == NOON - 2 * HOUR


def test_without_any_tick_nobody_watches() -> None:
    assert "nobody watches" in drawn(draw_board(Board(), [], NOON))


def test_a_line_that_cannot_be_read_is_told() -> None:
    made = board(status("A"))
    made.unread = 2

    assert "2 lines can't be read" in drawn(draw_board(made, [], NOON))


def test_of_one_patient_everything_is_shown() -> None:
    """Each part of the status that is computed, and each open alert with what it is about."""
    line = status(
        "A",
        "2",
        "3",
        icans={REVIEW: IcansGrade(lowest=1, highest=2, estimated=True)},
        hlh=Hlh(
            suspected=True,
            hscore=169,
            hscore_components={"temperature": 33},
            hscore_missing=("ferritin",),
            iec_hs_grade=None,
            hlh_2004=CriteriaLine(
                met=("fever",), missing=("natural_killer_cells", "sil2r"), fulfilled=False
            ),
        ),
        scores=Scores(
            news2=6,
            news2_missing=("consciousness",),
            qsofa=2,
            qsofa_missing=("gcs",),
            sofa=5,
            sofa_missing=("brain",),
            norepinephrine_equivalent_ug_kg_min=0.15,
            easix=None,
            s_easix=12,
            m_easix=None,
            car_hematotox=3,
        ),
        stale=("spo2_percent",),
        tocilizumab=TocilizumabLine(doses=4, last_at=NOON, next_allowed_at=None),
    )
    why = Because(signal="temperature_c", value=38.9, unit="Cel", effective_at=NOON - HOUR)
    made = board(line, alert("A", "TOCI-IND", "P2", because=(why,)))

    told = drawn(draw_patient(made, made.patients["A"], NOON))

    for expected in (
        "CRS, astct-2019     3",
        "ICANS, manikath-2025  1 to 2 (estimated)",
        "HLH suspected yes",
        "HScore 169: temperature 33; not known: ferritin",
        "HLH-2004 not fulfilled, 1 met (fever); not known: natural killer cells, sIL-2R",
        "IEC-HS grade unknown",
        "NEWS2 6; taken for normal: consciousness",
        "qSOFA 2; not known: GCS",
        "SOFA 5; not known: brain",
        "norepinephrine equivalent 0.15 mcg/kg/min",
        "EASIX unknown",
        "s-EASIX 12",
        "CAR-HEMATOTOX 3",
        "4 given; no more in this stay",
        "stale: SpO2",
        "P2 Tocilizumab due, not given (TOCI-IND)",
        "Temperature 38.9 °C, 4 Mar 11:00 UTC (1 h ago)",
        "See the patient.",
        "alert A-TOCI-IND, revision 1",
    ):
        assert " ".join(expected.split()) in " ".join(told.split())


def test_a_terminal_obeys_no_patient() -> None:
    """An id or a bed may come from anywhere."""
    made = board(status("A\x1b[2J", bed="\x1b]0;x\x07"))

    assert "\x1b" not in drawn(draw_board(made, shown_of(made, everyone=False), NOON))
