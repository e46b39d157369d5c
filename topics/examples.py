"""One record of each kind as it travels: for exported schemas, for integrators and for tests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

_AT: Final = "2026-03-05T08:00:00Z"
_INFUSED_AT: Final = "2026-03-01T10:00:00+01:00"
_ALERT_ID: Final = "2f1f8c0e-8f43-5f0e-9a3c-0c2b7a4d6e11"


def _event(kind: str, source: str, **fields: Any) -> dict[str, Any]:
    envelope = {"event_id": f"{kind}-0001", "patient_id": "B01", "kind": kind, "effective_at": _AT}
    return envelope | {"source": source} | fields


# By the kind of event; each is in order, and decodes as it stands.
INPUTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        each["kind"]: each
        for each in (
            _event(
                "patient",
                "adt",
                weight_kg=80,
                height_cm=178,
                age_years=64,
                sex="male",
                product="tisa-cel",
                infused_at=_INFUSED_AT,
                unit="4 West",
                bed="12",
            ),
            _event("discharge", "adt"),
            _event("death", "adt", cause_crs=False, cause_icans=False),
            _event(
                "vitals",
                "monitor-12",
                temperature_c=38.9,
                temperature_site="tympanic",
                heart_rate_per_min=112,
                respiratory_rate_per_min=22,
                systolic_mmhg=88,
                diastolic_mmhg=47,
                mean_arterial_mmhg=60,
                spo2_percent=93,
                oxygen={"device": "nasal_cannula", "flow_l_min": 2, "reason": "hypoxia"},
            ),
            _event(
                "lab",
                "lis",
                analyte="ferritin",
                value=40000,
                comparator=">",
                unit="ng/mL",
                recorded_at="2026-03-05T09:10:00Z",
            ),
            _event("culture", "lis", specimen="blood", result="collected"),
            _event(
                "dose",
                "mar",
                drug="tocilizumab",
                action="given",
                dose_value=640,
                dose_unit="mg",
                route="iv",
            ),
            _event(
                "infusion",
                "pump-3",
                drug="norepinephrine",
                action="start",
                rate_value=0.08,
                rate_unit="ug/kg/min",
            ),
            _event("fluid", "mar", fluid="crystalloid", volume_ml=500, purpose="resuscitation"),
            _event(
                "ice",
                "chart",
                scheme="astct",
                orientation=3,
                naming=3,
                commands=1,
                writing=0,
                attention=1,
            ),
            _event("capd", "chart", total=6),
            _event("consciousness", "chart", level="voice", sedated=False),
            _event(
                "seizure",
                "chart",
                seizure_type="clinical_focal",
                duration_s=90,
                resolved=True,
                returned_to_baseline=True,
            ),
            _event("neuro_finding", "chart", finding="tremor", present=True),
            _event("support", "chart", support="crrt", action="start"),
            _event("exam", "chart", finding="splenomegaly", present=False),
            _event("echo", "echo-lab", lvef_percent=55),
            _event("gcs", "chart", eye=4, verbal=4, motor=6),
            _event("urine_output", "chart", volume_ml=180, over_h=6),
            _event("attribution", "chart", domain="fever", cause="infection", by="Dr. Ada"),
            _event("ack", "pager", alert_id=_ALERT_ID, action="acknowledge", by="Dr. Ada"),
            {"kind": "tick", "at": _AT},
        )
    }
)

# By the name of the message on the topics that we write.
OUTPUTS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "status": {
            "type": "status",
            "at": _AT,
            "patient_id": "B01",
            "crs": {
                "manikath-2025": {"lowest": 2, "highest": 2},
                "astct-2019": {"lowest": 3, "highest": 3},
            },
            "icans": {
                "manikath-2025": {"lowest": 0, "highest": 0, "estimated": False},
                "astct-2019": {"lowest": 0, "highest": 0, "estimated": False},
            },
            "hlh": {
                "suspected": False,
                "hscore": 169,
                "hscore_components": {
                    "temperature": 33,
                    "organomegaly": 23,
                    "cytopenias": 34,
                    "ferritin": 35,
                    "triglycerides": 44,
                },
                "hscore_missing": ["hemophagocytosis"],
                "iec_hs_grade": None,
            },
            "scores": {
                "news2": 6,
                "qsofa": 1,
                "qsofa_missing": ["gcs"],
                "easix": 19.35,
                "m_easix": 234.3,
                "car_hematotox": 3,
            },
            "flags": ["device_fio2_conflict"],
            "stale": ["spo2_percent"],
            "episode": {"crs_onset_at": "2026-03-04T06:30:00Z", "day": 4},
            "tocilizumab": {"doses": 1, "last_at": _AT, "next_allowed_at": "2026-03-05T16:00:00Z"},
        },
        "alert": {
            "type": "alert",
            "at": _AT,
            "patient_id": "B01",
            "alert_id": _ALERT_ID,
            "rule": "TOCI-IND",
            "revision": 1,
            "priority": "P2",
            "state": "raised",
            "priorities": {"manikath-2025": "P2", "astct-2019": "P2"},
            "management": "manikath-2025",
            "because": [
                {
                    "signal": "mean_arterial_mmhg",
                    "value": 60,
                    "unit": "mm[Hg]",
                    "effective_at": _AT,
                    "event_id": "vitals-0001",
                }
            ],
            "advice": "Give tocilizumab 8 mg/kg, 800 mg at most.",
            "source": "review-2025 L73",
        },
        "present": {"type": "present", "partition": 3, "at": _AT},
        "page": {
            "page_id": "5b0c9a52-0d1f-5b1e-8a57-64f2b9f4e0aa",
            "patient_id": "B01",
            "alert_id": _ALERT_ID,
            "revision": 1,
            "at": _AT,
            "target": "rapid-response",
            "tier": 1,
            "sink": "webhook",
            "attempt": 1,
            "outcome": "sent",
        },
        "audit": {
            "at": _AT,
            "by": "Dr. Ada",
            "action": "acknowledge",
            "patient_id": "B01",
            "alert_id": _ALERT_ID,
        },
    }
)
