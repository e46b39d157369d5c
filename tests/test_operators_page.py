"""docs/operators.md lists every setting, every metric and every topic, as they are."""

from typing import Final

from programs import ROOT
from prometheus_client.metrics import MetricWrapperBase
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stream import metrics
from stream.settings import Settings
from stream.strange_variables import PREFIX
from topics import registry

PAGE: Final = (ROOT / "docs" / "operators.md").read_text()


def rows(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value is None or value == "":
        return "none"
    return f"`{value:g}`" if isinstance(value, (int, float)) else f"`{value}`"


def settings_table() -> str:
    """Write the table of settings as the page has to have it."""
    head = [rows("variable", "default", "meaning"), rows("---", "---", "---")]
    return "\n".join(
        head
        + [
            rows(f"`{PREFIX}{name.upper()}`", default(field), field.description or "")
            for name, field in Settings.model_fields.items()
            if name != "role"
        ]
    )


def metrics_table() -> str:
    """Write the table of metrics as the page has to have it."""
    lines = [rows("metric", "type", "labels", "meaning"), rows("---", "---", "---", "---")]
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.collect()
            name = family.name + ("_total" if family.type == "counter" else "")
            labels = ", ".join(metric._labelnames) or "none"
            lines.append(rows(f"`{name}`", family.type, labels, family.documentation))
    return "\n".join(lines)


def test_every_setting_is_listed_with_its_default_and_meaning() -> None:
    assert settings_table() in PAGE


def test_every_metric_is_listed_with_its_labels_and_meaning() -> None:
    assert metrics_table() in PAGE


def test_every_topic_is_listed() -> None:
    short = PAGE.replace("`.", "`stormwatch.")

    assert all(f"`{topic.name}`" in short for topic in registry.TOPICS)


def test_every_file_that_is_linked_is_there() -> None:
    for page in ("operators.md", "runbook.md"):
        text = (ROOT / "docs" / page).read_text()
        links = [part.split(")")[0] for part in text.split("](")[1:]]

        assert links
        assert all((ROOT / "docs" / link).exists() for link in links)
