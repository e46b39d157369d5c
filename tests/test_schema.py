"""The exported schemas: true, complete, and the same whenever they are made."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from builders import Fields, assessment, ice, infusion, lab, reading, topic_of, vitals
from click.testing import CliRunner
from judging import judged

from deploy.schema import ASYNCAPI, export, file_name, schema
from topics import examples, registry
from topics.codec import Decoded
from topics.registry import TOPICS, Role, TopicSpec

FOLDER = Path(__file__).parent.parent / "docs" / "schema"
Json = dict[str, Any]
PUBLIC = [topic for topic in TOPICS if topic.role is not Role.CHANGELOG]


@pytest.fixture(scope="module")
def documents() -> Json:
    return {name: json.loads(text) for name, text in export().items()}


@pytest.fixture(scope="module")
def asyncapi(documents: Json) -> Json:
    document: Json = documents[ASYNCAPI]
    return document


def references(node: object) -> Iterator[str]:
    match node:
        case {"$ref": str(target)}:
            yield target
        case dict():
            for each in node.values():
                yield from references(each)
        case list():
            for each in node:
                yield from references(each)
        case _:
            pass


def at(document: Json, reference: str) -> Json:
    node = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def test_what_is_checked_in_is_what_the_models_say() -> None:
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}

    assert found == export()


def test_every_topic_has_a_file_and_nothing_else_has() -> None:
    assert export().keys() == {file_name(topic) for topic in PUBLIC} | {ASYNCAPI}


@pytest.mark.parametrize("topic", PUBLIC, ids=lambda topic: topic.name)
def test_a_schema_is_one_and_its_examples_fit(topic: TopicSpec, documents: Json) -> None:
    document = documents[file_name(topic)]

    jsonschema.Draft202012Validator.check_schema(document)
    assert document["$id"].startswith("urn:stormwatch:")
    for example in document.get("examples", []):
        jsonschema.Draft202012Validator(document).validate(example)


def test_no_host_is_named_but_that_of_the_standard() -> None:
    hosts = {host for text in export().values() for host in re.findall(r"https?://([^/\"]+)", text)}

    assert hosts == {"json-schema.org"}


WRONG = [
    reading(),
    reading(temperature_site="oral"),
    {name: value for name, value in vitals().items() if name != "event_id"},
    vitals() | {"patient_id": ""},
    vitals() | {"kind": "vital"},
    vitals() | {"effective_at": "2026-03-04T12:00:00"},
    vitals(temperature_c="38.0"),
    vitals(temperature_c=101.3),
    vitals(oxygen={"device": "tent"}),
    lab("crp", 5) | {"analyte": "esr"},
    {name: value for name, value in lab("crp", 5).items() if name != "unit"},
    infusion() | {"rate_unit": "U/h"},
    {name: value for name, value in infusion().items() if name != "rate_value"},
    ice(11),
    assessment("ice", scheme="astct", orientation=4),
    assessment("consciousness"),
    assessment("gcs", eye=4, verbal=5),
]
RIGHT = [
    vitals(),
    vitals() | {"recorded_at": None, "status": None, "temperature_c": None},
    reading(temperature_c=38),
    infusion(action="stop"),
    ice(4) | {"total": 4.0},
    assessment("gcs", eye=4, verbal=5, motor=6),
    assessment("consciousness", sedated=True),
    lab("ferritin", 40000, comparator=">"),
]


def is_valid(fields: Fields, documents: Json) -> bool:
    topic = registry.VITALS if fields["kind"] == "vital" else topic_of(fields)
    return jsonschema.Draft202012Validator(documents[f"{topic}.schema.json"]).is_valid(fields)


@pytest.mark.parametrize("fields", WRONG)
def test_the_schema_refuses_what_the_codec_refuses_or_drops(
    fields: Fields, documents: Json
) -> None:
    assert not is_valid(fields, documents)


@pytest.mark.parametrize("fields", RIGHT)
def test_the_schema_takes_what_the_codec_takes(fields: Fields, documents: Json) -> None:
    assert isinstance(judged(fields), Decoded)
    assert is_valid(fields, documents)


def test_the_document_is_asyncapi_3(asyncapi: Json) -> None:
    assert asyncapi["asyncapi"] == "3.0.0"
    assert asyncapi["info"].keys() >= {"title", "version", "license"}
    assert asyncapi["channels"].keys() == {topic.name.split(".")[1] for topic in PUBLIC}


def test_every_reference_leads_somewhere(documents: Json) -> None:
    for document in documents.values():
        for reference in references(document):
            assert at(document, reference) is not None


def test_an_operation_uses_messages_of_its_own_channel(asyncapi: Json) -> None:
    for operation in asyncapi["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/")


def test_stormwatch_receives_inputs_and_sends_outputs(asyncapi: Json) -> None:
    operations = asyncapi["operations"]

    assert {"receiveVitals", "receiveAcks", "sendAlerts", "sendDeadLetters"} <= operations.keys()
    assert {"receiveTicks", "sendTicks", "receiveAlerts", "receivePages"} <= operations.keys()
    assert not {"sendVitals", "receiveStatus", "sendAcks"} & operations.keys()


def test_a_channel_says_how_kafka_holds_it(asyncapi: Json) -> None:
    binding = asyncapi["channels"]["status"]["bindings"]["kafka"]

    assert binding["topic"] == "stormwatch.status.v1"
    assert binding["partitions"] == 12
    assert binding["topicConfiguration"] == {"cleanup.policy": ["compact"], "retention.ms": -1}


@pytest.mark.parametrize("name", [*examples.INPUTS, *examples.OUTPUTS])
def test_a_message_has_a_key_and_an_example_that_fits(name: str, asyncapi: Json) -> None:
    message = asyncapi["components"]["messages"][name]
    payload = {"components": asyncapi["components"], **message["payload"]}

    assert message["bindings"]["kafka"]["key"]["type"] == "string"
    assert message["examples"]
    for example in message["examples"]:
        jsonschema.Draft202012Validator(payload).validate(example["payload"])


def test_a_dead_letter_says_why_in_its_headers(asyncapi: Json) -> None:
    message = asyncapi["components"]["messages"]["dead-letter"]
    headers = at(asyncapi, message["headers"]["$ref"])

    assert set(headers["required"]) == {
        "reason",
        "path",
        "topic",
        "partition",
        "offset",
        "timestamp",
    }


# The command


def test_what_was_written_passes_the_check(tmp_path: Path) -> None:
    written = CliRunner().invoke(schema, ["--out", str(tmp_path / "new")])
    checked = CliRunner().invoke(schema, ["--out", str(tmp_path / "new"), "--check"])

    assert (written.exit_code, checked.exit_code) == (0, 0)
    assert written.output == f"13 files written to {tmp_path / 'new'}\n"


def test_the_check_names_what_is_missing_different_or_too_many(tmp_path: Path) -> None:
    CliRunner().invoke(schema, ["--out", str(tmp_path)])
    (tmp_path / "stormwatch.labs.v1.schema.json").unlink()
    (tmp_path / "stormwatch.acks.v1.schema.json").write_text("{}")
    (tmp_path / "old.json").write_text("{}")
    result = CliRunner().invoke(schema, ["--out", str(tmp_path), "--check"])

    assert result.exit_code == 1
    assert "old.json, stormwatch.acks.v1.schema.json, stormwatch.labs.v1" in result.output
    assert (tmp_path / "old.json").exists()
