"""A site's gateways: read from a file, refused by place, and no secret said."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from programs import ROOT
from sinkkit import gateway

from deploy.cli import main
from deploy.sinks_file import SinksError, read_sinks

SECRET = "sentinel-secret"  # noqa: S105, of a test


def example() -> str:
    """Return the example of the page for operators."""
    text = (ROOT / "docs" / "operators.md").read_text()
    part = text[text.index("## Gateways") :]
    lines = part.splitlines()
    begin = lines.index("    [rapid_pagerduty]")
    end = next(place for place, line in enumerate(lines) if line.startswith("| kind |"))
    return "\n".join(line[4:] for line in lines[begin:end])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("pagerduty.key", "alertmanager.token", "goalert.token", "mail.password"):
        (tmp_path / name).write_text(f"{SECRET}\n")
    (tmp_path / "telegram.url").write_text("tgram://123456789:abcdefg_hijklmnop/12315544/\n")
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "sinks.toml"
    path.write_text(text)
    return path


def test_the_example_of_the_page_for_operators_has_every_kind(folder: Path) -> None:
    sinks = read_sinks(written(folder, example()))

    assert {name: type(sink).__name__ for name, sink in sinks.items()} == {
        "rapid_pagerduty": "PagerDutySink",
        "manager": "AlertmanagerSink",
        "goalert": "GoAlertSink",
        "mail_of_ward": "MailSink",
        "telegram": "AppriseSink",
    }
    assert {name: sink.name for name, sink in sinks.items()} == {name: name for name in sinks}
    assert {sink.bundles for sink in sinks.values()} == {True, False}
    assert SECRET not in repr(dict(sinks))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\nkind = 'smoke'", "a: Input tag 'smoke' found using 'kind' does not match"),
        ("[a]\nkind = 'pagerduty'", "a.pagerduty.routing_key_file: Field required"),
        ("[a]\nkind = 'pagerduty'\nrouting_key = 'sentinel'", "a.pagerduty.routing_key: Extra"),
        ("[a]\nkind = 'pagerduty'\nrouting_key_file = 'none'", "none: cannot be read"),
        ("[a]\nkind = 'pagerduty'\nrouting_key_file = 'empty'", "empty: must hold one line"),
        (
            "[a]\nkind = 'alertmanager'\nurl = 'http://far.example'",
            "a.alertmanager.url: must begin",
        ),
        ("['A!']\nkind = 'alertmanager'\nurl = 'https://far.example'", "A!"),
        ("[webhook]\nkind = 'alertmanager'\nurl = 'https://x.example'", "webhook: this name is"),
        ("[a]\nkind = 'apprise'\nurl_file = 'pagerduty.key'", "a.url_file: is no URL"),
        ("nonsense", "is no TOML"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(folder: Path, text: str, said: str) -> None:
    (folder / "empty").write_text("\n")

    with pytest.raises(SinksError) as caught:
        read_sinks(written(folder, text))

    assert said in str(caught.value)
    assert "sentinel" not in str(caught.value)


MAIL = (
    "[a]\nkind = 'email'\nhost = '{host}'\ntls = '{tls}'\nfrom = 'a@b.example'\nto = [{to}]\n{more}"
)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tls": "none"}, "tls may be none only where the server is on this machine"),
        ({"host": "mail.example:25"}, "host must be an IPv4 address or a host name"),
        ({"to": '"a@b\\nBcc: c@d"'}, "to[1]: String should match"),
        ({"more": "user = 'x'"}, "user goes with password_file: set both, or neither"),
    ],
)
def test_mail_is_kept_from_others(folder: Path, changed: dict[str, str], said: str) -> None:
    right = {"host": "mail.example", "tls": "tls", "to": "'a@b.example'", "more": ""}

    with pytest.raises(SinksError) as caught:
        read_sinks(written(folder, MAIL.format(**right | changed)))

    assert said in str(caught.value)


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(SinksError, match=r"^cannot be read: FileNotFoundError$"):
        read_sinks(tmp_path / "sinks.toml")


async def test_a_gateway_can_be_tried(folder: Path) -> None:
    """It gets a page that says that it is a test, and its end."""
    async with gateway() as it:
        it.statuses = [200, 200, 401]
        path = written(folder, f"[manager]\nkind = 'alertmanager'\nurl = '{it.url}'\n")
        arguments = ["sinks", "try", "manager", "--file", str(path)]
        runs = [await asyncio.to_thread(CliRunner().invoke, main, arguments) for _ in range(2)]

    assert [(run.exit_code, run.output) for run in runs] == [
        (0, "page sent\nend sent\n"),
        (1, "page refused: status 401\n"),
    ]
    assert b"no patient is meant" in it.requests[0][1]


def test_a_file_can_be_checked(folder: Path) -> None:
    path = written(folder, example())

    run = CliRunner().invoke(main, ["sinks", "check", "--file", str(path)])

    assert run.output.splitlines()[:2] == ["rapid_pagerduty: PagerDuty", "manager: Alertmanager"]
    assert "there is no sink x" in (
        CliRunner().invoke(main, ["sinks", "try", "x", "--file", str(path)]).output
    )
