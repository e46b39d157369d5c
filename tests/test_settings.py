"""A wrong setting stops a worker at start: each variable is named, no value is repeated."""

import base64

import pytest
from pydantic import ValidationError

from stream.addresses import keys_of, normalise_brokers
from stream.settings import Settings, SettingsError, load_settings
from stream.strange_variables import PREFIX
from stream.topic_check import wanted_settings
from topics import registry

SECRET = "whsec_" + base64.b64encode(b"sentinel-secret-of-32-bytes-long").decode()
URL = "https://gateway.example/hook"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with the one variable that has no default."""
    for name in Settings.variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STORMWATCH_KAFKA", "127.0.0.1:9092")


def complaints(role: str = "watch") -> dict[str, str]:
    """Load the settings, which must fail; return what is said of each variable."""
    with pytest.raises(SettingsError) as caught:
        load_settings(role)  # type: ignore[arg-type]  # a role as a test names it
    return dict(line.split(": ", 1) for line in str(caught.value).splitlines())


def test_the_brokers_alone_are_enough() -> None:
    settings = load_settings("watch")

    assert settings.brokers == ("127.0.0.1:9092",)
    assert (settings.replica, settings.instance, settings.ticks) == ("", None, "write")
    assert (settings.management, settings.paging_policy) == ("manikath-2025", "manikath-2025")
    assert (settings.session_timeout_s, settings.heartbeat_s, settings.commit_interval_s) == (
        6.0,
        2.0,
        1.0,
    )
    assert (settings.fetch_wait_ms, settings.gather_ms, settings.align_wait_s) == (20, 10, 2.0)
    assert (settings.pending_records, settings.run_records) == (20_000, 2_000)
    assert (settings.webhook_url, settings.webhook_secret) == (None, None)


def test_without_brokers_a_worker_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORMWATCH_KAFKA")

    assert complaints() == {
        "STORMWATCH_KAFKA": "is missing: the brokers to begin with: host:port,host:port"
    }


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_METRICS_PORT", "")
    monkeypatch.setenv("STORMWATCH_INSTANCE", "")

    settings = load_settings("watch")

    assert (settings.metrics_port, settings.instance) == (None, None)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("a:9092", "a:9092"),
        (" a:9092 , b-1.kafka.svc:9093 ", "a:9092,b-1.kafka.svc:9093"),
        ("a:9092,a:9092", "a:9092"),
        ("[::1]:9092", "[::1]:9092"),
        ("a:65535", "a:65535"),
    ],
)
def test_brokers_are_normalised(text: str, normal: str) -> None:
    assert normalise_brokers(text) == normal


@pytest.mark.parametrize(
    "text",
    ["", "a", "a:", ":9092", "a:0", "a:65536", "a:x", "a:9092,", "kafka://a:9092", "a b:1", "a:٣"],
)
def test_what_is_not_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must be host:port,host:port; number \d"):
        normalise_brokers(text)


def test_every_wrong_variable_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "KAFKA": "nowhere",
        "REPLICA": "B!",
        "INSTANCE": "-x",
        "TICKS": "maybe",
        "MANAGEMENT": "folklore",
        "PAGING_POLICY": "folklore",
        "METRICS_HOST": "host:1",
        "METRICS_PORT": "65536",
        "LOG_LEVEL": "loud",
        "LOG_FORMAT": "xml",
        "COMPACTION_LAG_H": "inf",
        "TICK_S": "61",
        "PENDING_RECORDS": "0",
        "GATHER_MS": "0",
        "WEBHOOK_URL": "ftp://x",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(PREFIX + name, value)

    assert set(complaints()) == {PREFIX + name for name in wrong}


def test_states_are_rewritten_before_compaction_reaches_past_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The changelogs' own lag is what the topics check insists on: twice in it, or sooner."""
    name = PREFIX + "COMPACTION_LAG_H"
    wanted = wanted_settings(registry.BY_NAME[registry.WATCH_CHANGELOG], keep=False, copies=3)
    lag_h = int(wanted["min.compaction.lag.ms"]) / 3_600_000

    monkeypatch.setenv(name, str(lag_h))
    assert load_settings("watch").compaction_lag_h == lag_h
    monkeypatch.setenv(name, str(lag_h + 1))

    assert complaints()[name] == (
        "must be at most 24: so long compaction is held off (min.compaction.lag.ms), "
        "and states must be rewritten twice in it"
    )


@pytest.mark.parametrize(
    "name", [name for name, text in Settings.variables().items() if name.endswith("_S")]
)
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "601", "soon"])
def test_no_time_is_endless_or_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    assert name in complaints()


def test_a_typo_is_an_error_that_names_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_KAFAK", "a:1")
    monkeypatch.setenv("STORMWATCH_XYZZY", "1")

    assert complaints() == {
        "STORMWATCH_KAFAK": "is not a setting; meant STORMWATCH_KAFKA?",
        "STORMWATCH_XYZZY": "is not a setting",
    }


def test_a_role_is_not_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_ROLE", "page")

    assert complaints()["STORMWATCH_ROLE"].startswith("is not a setting")


@pytest.mark.parametrize(
    "name",
    [
        "STORMWATCH_CACHE",
        "STORMWATCH_MAVEN",
        "STORMWATCH_PAGE_SERVICE_HOST",
        "STORMWATCH_PAGE_SERVICE_PORT_METRICS",
        "STORMWATCH_PAGE_PORT",
        "STORMWATCH_PAGE_PORT_9462_TCP_ADDR",
    ],
)
def test_what_the_broker_and_kubernetes_set_is_let_be(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:9462")

    assert load_settings("watch").kafka == "127.0.0.1:9092"


def test_a_misspelt_port_is_not_taken_for_one_of_kubernetes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORMWATCH_METRIC_PORT", "9")

    assert set(complaints()) == {"STORMWATCH_METRIC_PORT"}


@pytest.mark.parametrize(("heartbeat_s", "fits"), [("2", True), ("2.01", False)])
def test_two_heartbeats_may_be_lost_in_a_session(
    monkeypatch: pytest.MonkeyPatch, heartbeat_s: str, fits: bool
) -> None:
    monkeypatch.setenv("STORMWATCH_HEARTBEAT_S", heartbeat_s)

    if fits:
        assert load_settings("watch").heartbeat_s == 2.0
    else:
        assert complaints() == {
            "STORMWATCH_HEARTBEAT_S": "must be at most a third of STORMWATCH_SESSION_TIMEOUT_S"
        }


def test_a_replica_is_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_settings("watch").app_id
    monkeypatch.setenv("STORMWATCH_REPLICA", "b")

    assert (first, load_settings("watch").app_id) == ("stormwatch-watch", "stormwatch-watch-b")


def test_there_is_no_second_group_of_pagers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_REPLICA", "b")

    assert set(complaints("page")) == {"STORMWATCH_REPLICA"}


@pytest.mark.parametrize(
    ("role", "set_to", "port"),
    [("watch", None, 9461), ("page", None, 9462), ("watch", "0", 0), ("page", "9999", 9999)],
)
def test_each_role_has_a_port_of_its_own(
    monkeypatch: pytest.MonkeyPatch, role: str, set_to: str | None, port: int
) -> None:
    if set_to is not None:
        monkeypatch.setenv("STORMWATCH_METRICS_PORT", set_to)

    assert load_settings(role).bound_port == port  # type: ignore[arg-type]  # as parametrised


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("gateway.example", "must be a URL that begins with https://"),
        ("https://", "must be a URL that begins with https://"),
        ("https://h:99999/", "is not a URL"),
        ("https://user:pw@gateway.example/", "must not hold a user or a password"),
        (
            "http://gateway.example/",
            "must begin with https:// unless the gateway is on this machine",
        ),
    ],
)
def test_pages_do_not_cross_a_network_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, url: str, complaint: str
) -> None:
    monkeypatch.setenv("STORMWATCH_WEBHOOK_URL", url)
    monkeypatch.setenv("STORMWATCH_WEBHOOK_SECRET", SECRET)

    assert complaints("page") == {"STORMWATCH_WEBHOOK_URL": complaint}


@pytest.mark.parametrize(
    "url", [URL, "http://127.0.0.1:8080/", "http://localhost/x", "http://[::1]:1/"]
)
def test_a_gateway_by_https_or_on_this_machine_is_taken(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("STORMWATCH_WEBHOOK_URL", url)
    monkeypatch.setenv("STORMWATCH_WEBHOOK_SECRET", SECRET)

    settings = load_settings("page")

    assert settings.webhook_url == url
    assert settings.webhook_secret is not None
    assert settings.webhook_secret.get_secret_value() == SECRET


@pytest.mark.parametrize(("name", "value"), [("URL", URL), ("SECRET", SECRET)])
def test_a_webhook_and_its_secret_go_together(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"STORMWATCH_WEBHOOK_{name}", value)

    assert complaints("page") == {
        "STORMWATCH_WEBHOOK_SECRET": "goes with STORMWATCH_WEBHOOK_URL: set both, or neither"
    }


def secret_of(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


@pytest.mark.parametrize(
    ("secret", "complaint"),
    [
        ("hunter2", "must begin with whsec_"),
        ("whsec_???", "must be base64 after whsec_"),
        ("whsec_é", "must be base64 after whsec_"),
        (secret_of(23), "must hold 24 to 64 bytes in base64 after whsec_"),
        (secret_of(65), "must hold 24 to 64 bytes in base64 after whsec_"),
    ],
)
def test_a_weak_or_broken_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str, complaint: str
) -> None:
    monkeypatch.setenv("STORMWATCH_WEBHOOK_URL", URL)
    monkeypatch.setenv("STORMWATCH_WEBHOOK_SECRET", secret)

    assert complaints("page") == {"STORMWATCH_WEBHOOK_SECRET": complaint}


@pytest.mark.parametrize(
    ("role", "folder", "complaint"),
    [
        ("watch", "journals", "must be an absolute path"),
        ("page", "/var/journals", "is for watch alone; the pager's night is on its topics"),
    ],
)
def test_a_journal_is_the_watchers_and_lies_where_it_was_meant_to(
    monkeypatch: pytest.MonkeyPatch, role: str, folder: str, complaint: str
) -> None:
    monkeypatch.setenv("STORMWATCH_JOURNAL", folder)

    assert complaints(role) == {"STORMWATCH_JOURNAL": complaint}


@pytest.mark.parametrize("name", sorted(Settings.variables()))
def test_no_complaint_repeats_a_value(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "S3ntinel Value")

    with pytest.raises(SettingsError) as caught:
        load_settings("page")

    assert "S3ntinel" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_secret_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_WEBHOOK_URL", URL + "?token=sentinel")
    monkeypatch.setenv("STORMWATCH_WEBHOOK_SECRET", SECRET)

    settings = load_settings("page")

    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert "sentinel" not in repr(settings) + str(settings)


def test_settings_never_change() -> None:
    settings = load_settings("watch")

    with pytest.raises(ValidationError, match="frozen"):
        settings.ticks = "topic"  # type: ignore[misc]  # what mypy says, pydantic says too


def test_every_setting_says_what_it_means() -> None:
    assert all(Settings.variables().values())
    assert all(name == name.upper() and name.startswith(PREFIX) for name in Settings.variables())


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        ({"URL": URL}, ("KEYS", "goes with STORMWATCH_ANSWER_URL: set both, or neither")),
        ({"KEYS": SECRET}, ("KEYS", "goes with STORMWATCH_ANSWER_URL: set both, or neither")),
        (
            {"URL": URL, "KEYS": f"{SECRET},hunter2"},
            ("KEYS", "must begin with whsec_"),
        ),
        ({"GOALERT": "short"}, ("GOALERT", "must be 24 or more letters, digits, - or _")),
        ({"PAGERDUTY": "a b"}, ("PAGERDUTY", "must be one word, as PagerDuty shows it once")),
    ],
)
def test_what_answers_need_is_checked(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], complaint: tuple[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"STORMWATCH_ANSWER_{name}", value)

    assert complaints("answer") == {f"STORMWATCH_ANSWER_{complaint[0]}": complaint[1]}


def test_links_may_be_read_with_several_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_ANSWER_URL", URL)
    monkeypatch.setenv("STORMWATCH_ANSWER_KEYS", f"{SECRET},{secret_of(32)}")

    keys = load_settings("answer").answer_keys

    assert keys is not None
    assert keys_of(keys.get_secret_value()) == (b"sentinel-secret-of-32-bytes-long", bytes(32))


def test_a_round_may_be_lost_before_pages_count_as_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_PROBE_S", "120")

    assert complaints("probe") == {
        "STORMWATCH_PROBE_LOST_S": "must be two of STORMWATCH_PROBE_S or more"
    }


def test_a_dead_mans_switch_is_asked_for_in_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMWATCH_PING_URL", "http://switch.example/s3cret")
    (said,) = complaints("probe").values()
    monkeypatch.setenv("STORMWATCH_PING_URL", "https://switch.example/s3cret")

    assert said == "must begin with https:// unless the gateway is on this machine"
    assert "s3cret" not in repr(load_settings("probe"))
