"""Limits and times of treatment: tocilizumab, steroids, antibiotics, anakinra.

A site may only ask for treatment sooner and check it more closely. Two limits on tocilizumab are
the exception: a site may give less of it than the review and the labels allow, and is then reminded
later.
Source: CLINICAL.md §1.2 (review lines 67 to 73), §1.3 (review lines 85 to 95), §1.4 (review
line 126), §1.5 (review lines 196 to 198), §4, DEC-11, DEC-29 to DEC-31, DEC-34, DEC-42.
"""

from dataclasses import dataclass

from stream.clinical.policies.bounds import hours, number


@dataclass(frozen=True)
class Treatment:
    """Lengths of time in ms; a dose exactly as old as an interval is old enough."""

    tocilizumab_interval_ms: int = hours(
        8,
        8,
        12,
        source="review-2025 L69",
        wrong="too long: TOCI-IND asks for the next dose later, TOCI-INTERVAL warns of a right one",
    )
    tocilizumab_a_stay_doses: int = number(
        4,
        "doses",
        3,
        4,
        source='review-2025 L69: "3-4"',
        wrong="too few: TOCI-IND ends while a dose would still help",
    )
    tocilizumab_in_24_h_doses: int = number(
        3,
        "doses",
        2,
        3,
        source="ASCO 2021 and the labels",
        wrong="too few: TOCI-IND waits for a day while CRS goes on",
    )
    tocilizumab_repeat_ms: int = hours(
        8,
        1,
        8,
        source="CLINICAL 1.2: every 8 h while unmet",
        wrong="too short: TOCI-IND is said again and again, and no longer read",
    )
    tocilizumab_tolerance_percent: float = number(
        10,
        "%",
        1,
        10,
        source="CLINICAL 1.2 (TOCI-DOSE)",
        wrong="too narrow: TOCI-DOSE for a dose rounded to a vial",
    )
    post_toci_fever_ms: int = hours(
        12,
        8,
        12,
        source="review-2025 L77 (defervescence within 4 to 8 h)",
        wrong="too short: POST-TOCI-FEVER before tocilizumab can have worked",
    )
    shock_after_ms: int = hours(
        24,
        12,
        24,
        source="review-2025 L234, L236",
        wrong="too short: SHOCK24 for shock that is about to end by itself",
    )
    steroid_after_ms: int = hours(
        24,
        6,
        24,
        source="review-2025 L85; ASCO 2021: 8 h; Kymriah label: 12 h",
        wrong="too short: STEROID-CRS before tocilizumab can have worked",
    )
    steroid_long_ms: int = hours(
        72,
        24,
        72,
        source="review-2025 L95",
        wrong="too short: STEROID-LONG for every course",
    )
    steroid_prophylaxis_ms: int = hours(
        96,
        48,
        96,
        source="review-2025 L95",
        wrong="too short: STEROID-PROPHYLAXIS for courses that are about to end",
    )
    steroid_prophylaxis_urgent_ms: int = hours(
        120,
        72,
        120,
        source="CLINICAL 1.3",
        wrong="too short: STEROID-PROPHYLAXIS is P2 before it was P3 for long",
    )
    abx_warning_ms: int = hours(
        0.75,
        0.25,
        0.75,
        source="review-2025 L196; DEC-31",
        wrong="too short: ABX-1H while the antibiotics are being prepared",
    )
    abx_breach_ms: int = hours(
        1,
        0.5,
        1,
        source="review-2025 L196; DEC-31",
        wrong="too short: ABX-1H is P1 before the hour of the review is over",
    )
    reassess_ms: int = hours(
        12,
        6,
        12,
        source="review-2025 L198",
        wrong="too short: REASSESS before tocilizumab can have worked",
    )
    reassess_overdue_ms: int = hours(
        24,
        12,
        24,
        source="review-2025 L198",
        wrong="too short: REASSESS is P2 before a day has shown what it was",
    )
    anakinra_ferritin_ng_ml: float = number(
        3_000,
        "ng/mL",
        500,
        3_000,
        source="review-2025 L126 (above it)",
        wrong="too low: ANAKINRA-EARLY for most patients with CRS",
    )
