"""`stormwatch schema`: the contract as JSON Schema and AsyncAPI, for those who write no Python.

Everything is made from the models in `topics`, and is the same whenever it is made.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args

import click
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from topics import examples, registry
from topics.audit import AuditLine
from topics.codec import Reason
from topics.pages import PageLine
from topics.registry import Key, Role, TopicSpec

SCHEMA_FOLDER: Final = Path("docs/schema")
ASYNCAPI: Final = "asyncapi.json"
CONTRACT_VERSION: Final = "1.0.0"
BINDING_VERSION: Final = "0.5.0"
FOR_EVER_MS: Final = -1
JSON_SCHEMA: Final = "https://json-schema.org/draft/2020-12/schema"
JSON_TYPE: Final = "application/json"

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]

ABOUT: Final = """\
Stormwatch watches patients after CAR-T infusion and pages the rapid-response team.

JSON in UTF-8, one event a record. The key of a record is the patient_id in UTF-8, the partitioner \
is murmur2, and the timestamp of a record is recorded_at in milliseconds. Unknown fields are \
ignored; an absent field, or a null, means unknown. What is refused goes to the dead letters."""

KEYS: Final[Mapping[Key, str]] = {
    Key.PATIENT: "The patient_id in UTF-8.",
    Key.PARTITION: "The number of the partition; it says nothing of a patient.",
    Key.AS_IT_CAME: "The key of the record that was refused, as it came.",
}


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=SCHEMA_FOLDER,
    show_default=True,
    help="The folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail if a file there is not true.")
def schema(out: Path, *, check: bool) -> None:
    """Export the contract as JSON Schema and AsyncAPI 3."""
    files = export()
    if check:
        if wrong := sorted(differences(out, files)):
            raise click.ClickException(f"not what the models say, in {out}: {', '.join(wrong)}")
        click.echo(f"{len(files)} files in {out} say what the models say")
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")
    click.echo(f"{len(files)} files written to {out}")


def export() -> dict[str, str]:
    """Return every file by its name."""
    documents = {file_name(topic): json_schema(topic) for topic in _public()}
    documents[ASYNCAPI] = asyncapi()
    return {
        name: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for name, document in documents.items()
    }


def differences(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """Name the files that are missing, are different, or should not be there."""
    found = {path.name: path for path in folder.glob("*.json")}
    yield from found.keys() - files.keys()
    for name, text in files.items():
        if name not in found or found[name].read_text(encoding="utf-8") != text:
            yield name


def file_name(topic: TopicSpec) -> str:
    """Return the name of the file that describes a topic."""
    return f"{topic.name}.schema.json"


# JSON Schema


class _Plain(GenerateJsonSchema):
    """JSON Schema as a person writes it: no title a field, no default that says nothing."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002, pydantic's
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        described = super().tagged_union_schema(schema)
        del described["discriminator"]  # OpenAPI's; each kind is a constant anyway
        return described


def json_schema(topic: TopicSpec) -> Json:
    """Return the schema of the values of a topic, or of the headers where values are just bytes."""
    head = {
        "$schema": JSON_SCHEMA,
        "$id": f"urn:{topic.name.replace('.', ':')}",
        "title": topic.name,
        "description": topic.about,
    }
    if not topic.models:
        return head | _headers()
    body = topic.adapter.json_schema(mode=_mode(topic), schema_generator=_Plain)
    about = f"{topic.about}\n\n{body['description']}" if "description" in body else topic.about
    shown = [dict(example_of(model)) for model in topic.models]
    return head | body | {"title": topic.name, "description": about, "examples": shown}


def _mode(topic: TopicSpec) -> Mode:
    """Choose: what we read may lack what has a default, what we write never does."""
    return "validation" if topic.role is Role.INPUT else "serialization"


def _headers() -> Json:
    texts = ("reason", "path", "topic", "partition", "offset", "timestamp")
    properties: Json = {name: {"type": "string"} for name in texts}
    properties["reason"]["enum"] = [reason.value for reason in Reason]
    properties["path"]["description"] = "The JSON path to what was refused."
    properties["timestamp"]["description"] = "That of the refused record, in milliseconds."
    return {"type": "object", "properties": properties, "required": list(texts)}


def message_name(model: type[BaseModel]) -> str:
    """Return what a model is called among the messages: its kind, where it has one."""
    if model is PageLine:
        return "page"
    if model is AuditLine:
        return "audit"
    tag = model.model_fields.get("kind") or model.model_fields["type"]
    name: str = get_args(tag.annotation)[0]
    return name


def example_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return an example of a message."""
    name = message_name(model)
    return examples.INPUTS.get(name) or examples.OUTPUTS[name]


# AsyncAPI


def asyncapi() -> Json:
    """Return the whole contract as one AsyncAPI 3.0 document, seen from Stormwatch."""
    topics = list(_public())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Stormwatch",
            "version": CONTRACT_VERSION,
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON_TYPE,
        "channels": {_noun(topic): _channel(topic) for topic in topics},
        "operations": dict(_operation(each, topic) for topic in topics for each in _actions(topic)),
        "components": {
            "messages": {name: body for topic in topics for name, body in _messages(topic)},
            "schemas": _schemas(topics),
        },
    }


def _public() -> Iterator[TopicSpec]:
    return (topic for topic in registry.TOPICS if topic.role is not Role.CHANGELOG)


def _noun(topic: TopicSpec) -> str:
    return topic.name.split(".")[1]


def _channel(topic: TopicSpec) -> Json:
    noun = _noun(topic)
    names = [name for name, _ in _messages(topic)]
    retention_ms = FOR_EVER_MS if topic.retention_ms is None else topic.retention_ms
    return {
        "address": topic.name,
        "title": noun,
        "description": topic.about,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup.value],
                    "retention.ms": retention_ms,
                },
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _actions(topic: TopicSpec) -> Iterator[Literal["send", "receive"]]:
    if topic.role is Role.INPUT or topic in registry.PAGER_INPUTS:
        yield "receive"
    if topic.role is Role.OUTPUT or topic.name == registry.TICKS:
        yield "send"


def _operation(action: str, topic: TopicSpec) -> tuple[str, Json]:
    noun = _noun(topic)
    name = action + "".join(word.capitalize() for word in noun.split("-"))
    return name, {
        "action": action,
        "channel": {"$ref": f"#/channels/{noun}"},
        "summary": topic.about,
        "messages": [
            {"$ref": f"#/channels/{noun}/messages/{name}"} for name, _ in _messages(topic)
        ],
    }


def _messages(topic: TopicSpec) -> Iterator[tuple[str, Json]]:
    if not topic.models:
        yield (
            "dead-letter",
            _message("dead-letter", topic)
            | {
                "contentType": "application/octet-stream",
                "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
                "payload": {"description": "The value of the record that was refused, as it came."},
            },
        )
    for model in topic.models:
        name = message_name(model)
        yield (
            name,
            _message(name, topic)
            | {
                "contentType": JSON_TYPE,
                "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
                "examples": [{"name": name, "payload": dict(example_of(model))}],
            },
        )


def _message(name: str, topic: TopicSpec) -> Json:
    key = {"type": "string", "description": KEYS[topic.key]}
    return {
        "name": name,
        "title": name,
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING_VERSION}},
    }


def _schemas(topics: list[TopicSpec]) -> Json:
    inputs = [(model, _mode(topic)) for topic in topics for model in topic.models]
    _, described = models_json_schema(
        inputs, schema_generator=_Plain, ref_template="#/components/schemas/{model}"
    )
    schemas: Json = described["$defs"]
    return schemas | {"DeadLetterHeaders": _headers()}
