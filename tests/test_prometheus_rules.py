"""The rules of Prometheus are valid, tested, documented, and about metrics that exist."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from programs import ROOT, run, tool

from deploy.probe.service import announce
from stream import metrics
from stream.worker_settings import DEFAULT_METRICS_PORTS
from topics.codec import Reason
from topics.pages import Outcome

PROMETHEUS: Final = ROOT / "deploy" / "prometheus"
RULES: Final = PROMETHEUS / "rules.yml"
RULE_TESTS: Final = ("tests.yml",)
OF_PROMETHEUS: Final = {"up", "process_start_time_seconds"}
ON_DEMAND: Final = re.compile(r"^  # (- job_name: .*\n(?:  #  .*\n)+)", re.MULTILINE)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


ALERT_RULES: Final[Sequence[dict[str, Any]]] = read(RULES)["groups"][0]["rules"]


def jobs_on_demand() -> list[dict[str, Any]]:
    """Read the jobs that stand as comments: a site puts them in where it runs the service."""
    text = (PROMETHEUS / "prometheus.yml").read_text().partition("scrape_configs:")[2]
    return [yaml.safe_load(each.replace("  # ", ""))[0] for each in ON_DEMAND.findall(text)]


def targets_of(jobs: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Tell by job what is scraped."""
    return {each["job_name"]: each["static_configs"][0]["targets"] for each in jobs}


class TestPrometheus:
    """The rules are valid, tested, documented, and about metrics that exist."""

    def test_promtool_accepts_the_configuration_and_the_rules(self) -> None:
        promtool = tool("promtool")

        assert "SUCCESS" in run(promtool, "check", "config", "prometheus.yml", cwd=PROMETHEUS)

    def test_each_rule_fires_when_it_must_and_only_then(self) -> None:
        promtool = tool("promtool")

        run(promtool, "test", "rules", *RULE_TESTS, cwd=PROMETHEUS)

    @pytest.mark.parametrize("rule", ALERT_RULES, ids=lambda rule: rule["alert"])
    def test_each_rule_is_tested_both_ways(self, rule: dict[str, Any]) -> None:
        cases = [
            bool(case["exp_alerts"])
            for file in RULE_TESTS
            for test in read(PROMETHEUS / file)["tests"]
            for case in test["alert_rule_test"]
            if case["alertname"] == rule["alert"]
        ]

        assert True in cases
        assert False in cases or rule["expr"] == "vector(1)"

    @pytest.mark.parametrize("rule", ALERT_RULES, ids=lambda rule: rule["alert"])
    def test_each_rule_says_what_it_means_and_what_to_do(self, rule: dict[str, Any]) -> None:
        headings = re.findall(r"^## (\w+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)

        assert rule["labels"]["severity"] in {"critical", "warning", "none"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
        assert rule["alert"] in headings
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"

    def test_the_runbook_has_no_part_for_an_alert_that_is_gone(self) -> None:
        text = (ROOT / "docs/runbook.md").read_text()
        headings = re.findall(r"^## (\w+)$", text, re.MULTILINE)

        assert headings == [rule["alert"] for rule in ALERT_RULES]
        for part in text.split("\n## ")[1:]:
            assert re.findall(r"^\*\*(\w+)", part, re.MULTILINE) == ["Means", "Look", "Do", "Never"]

    @pytest.mark.parametrize("rule", ALERT_RULES, ids=lambda rule: rule["alert"])
    def test_a_rule_reads_metrics_that_exist(self, rule: dict[str, Any]) -> None:
        families = metrics.REGISTRY.collect()
        known = {f.name + ("_total" if f.type == "counter" else "") for f in families}
        named = set(re.findall(r"\b(?:stormwatch|process)_[a-z_]+\b|\bup\b", rule["expr"]))
        named -= {"stormwatch_watch", "stormwatch_page"}

        assert named <= known | OF_PROMETHEUS

    def test_the_way_of_pages_counts_as_lost_when_the_probe_says_so(self) -> None:
        """Else a site that gives them longer would be called by Prometheus, and by nobody else."""
        (rule,) = (each for each in ALERT_RULES if each["alert"] == "StormwatchLoopOpen")

        announce((), 240.0)

        assert "> min by (job) (stormwatch_probe_lost_seconds)" in rule["expr"]
        assert metrics.REGISTRY.get_sample_value("stormwatch_probe_lost_seconds") == 240
        assert not re.findall(r"\b[0-9]+\b", rule["expr"])

    def test_a_rule_names_labels_that_exist(self) -> None:
        labels: dict[str, set[str]] = {}
        for rule in ALERT_RULES:
            for name, values in re.findall(r'(\w+)(?:=|=~|!=)"([^"]+)"', rule["expr"]):
                labels.setdefault(name, set()).update(values.split("|"))

        assert labels.pop("job") <= {
            "stormwatch-watch",
            "stormwatch-page",
            "stormwatch-answer",
            "stormwatch-probe",
            "stormwatch-(watch",
            "page)",
        }
        assert labels == {
            "outcome": {Outcome.REFUSED, Outcome.GIVEN_UP, *metrics.ROTA_OUTCOMES},
            "reason": {Reason.ENGINE},
            "verdict": set(metrics.OFFSET_JUMP_VERDICTS[1:]),
        }

    def test_prometheus_scrapes_each_kind_of_worker_at_its_port(self) -> None:
        jobs = targets_of(read(PROMETHEUS / "prometheus.yml")["scrape_configs"])

        expected = {
            f"stormwatch-{role}": [f"{role}:{port}"] for role, port in DEFAULT_METRICS_PORTS.items()
        }
        expected["stormwatch-page"].append(f"page-2:{DEFAULT_METRICS_PORTS['page']}")
        assert jobs | targets_of(jobs_on_demand()) == expected

    def test_what_compose_starts_with_a_profile_is_scraped_on_demand(self) -> None:
        """Else its alert would fire for ever where nobody starts it."""
        services = read(ROOT / "docker-compose.yml")["services"]
        (rule,) = (each for each in ALERT_RULES if each["alert"] == "StormwatchAnswerDown")

        on_demand = targets_of(jobs_on_demand())

        assert list(on_demand) == [
            f"stormwatch-{name}" for name, each in services.items() if "profiles" in each
        ]
        assert set(re.findall(r'job="([^"]+)"', rule["expr"])) == set(on_demand)
