"""Writes the contracts of the topics from the code: `python -m docs.generate`, or `make schemas`.

`docs/schemas/*.json` are the JSON Schemas of the events, `docs/asyncapi.yaml` says on which topic
each travels. A test keeps both equal to what this module renders.
"""

from __future__ import annotations

import inspect
import io
import json
import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connectors.kafka.settings import KafkaSettings
from connectors.kafka.topics import topic_specs
from guardrails.codec import schemas

DOCS = Path(__file__).resolve().parent
# What a topic's events are called, and what Tidegate does with them.
_TOPICS: dict[str, tuple[str, *tuple[str, ...]]] = {
    "chunks": ("Chunk", "receive"),
    "verdicts": ("Verdict", "send"),
    "audit": ("Audit", "send"),
    "audit-rollup": ("Rollup", "send"),
    "checks": ("CheckEvent", "send"),
    "results": ("CheckResult", "send", "receive"),
    "events": ("PipelineEvent", "send"),
    "dead-letters": ("DeadLetter", "send"),
    "policies": ("PolicyActivation", "receive"),
}
_DESCRIPTIONS = {
    "chunks": "Pieces of LLM replies, as producers send them. The key is the stream id, so that "
    "the chunks of a stream stay in one partition and in order.",
    "verdicts": "What may be shown, chunk by chunk. Delivered at least once: a reader keeps its "
    "frontier and drops or trims the segments that lie before it.",
    "audit": "One record per stream, when it is complete. Sent again after a crash, with the same "
    "key; the last one counts.",
    "audit-rollup": "What the streams of one tenant came to in one minute. Sent again when more "
    "becomes known of that minute: of one tenant and minute the last record counts.",
    "checks": "Internal: decided text and questions about it, from the guard to what runs checks. "
    "In the partition of the stream's chunks.",
    "results": "Internal: the answers, in the partition their question came from; of those that "
    "nobody gave in time the guard says so itself. The first answer to a question counts.",
    "events": "What happens to each stream, step by step, for policies with `events: true`. Sent "
    "again after a crash.",
    "dead-letters": "Events that could not be judged, where they came from "
    "and why. The bytes may hold user text: restrict who can read the topic.",
    "policies": "Policies that replace others while streams run, one partition. Who may write here "
    "decides what is let through: restrict it. Keys differ, so that compaction keeps them all.",
}
# What stands in a record's key, where it is not the stream id.
_KEYS = {
    "audit-rollup": "The tenant; '-' for streams without one.",
    "dead-letters": "The key the event was read with.",
    "policies": "The policy's name, '/' and what no other activation has.",
}
_EXAMPLE = {"stream_id": "reply-7", "seq": 0, "text": "Write to ada@exam"}


def render() -> dict[Path, str]:
    """Return the content of each generated file, by its path."""
    files = {
        DOCS / "schemas" / f"{topic}.json": json.dumps(_dedent(schema), indent=2) + "\n"
        for topic, schema in schemas().items()
    }
    return files | {DOCS / "asyncapi.yaml": _write_yaml(_asyncapi())}


def _dedent(schema: Any) -> Any:
    """Return a schema whose descriptions, which are docstrings, lose their indentation."""
    if isinstance(schema, list):
        return [_dedent(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: inspect.cleandoc(value)
        if key == "description" and isinstance(value, str)
        else _dedent(value)
        for key, value in schema.items()
    }


def _asyncapi() -> dict[str, Any]:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text("utf-8"))["project"]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidegate",
            "version": project["version"],
            "description": project["description"] + ".",
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "localhost:9092", "protocol": "kafka"}},
        "channels": {topic: _channel(topic) for topic in schemas()},
        "operations": {
            f"{action}-{topic}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
            }
            for topic in schemas()
            for action in _TOPICS[topic][1:]
        },
        "components": {"messages": {_TOPICS[topic][0]: _message(topic) for topic in schemas()}},
    }


def _channel(topic: str) -> dict[str, Any]:
    name = _TOPICS[topic][0]
    settings = KafkaSettings()
    config = next(
        spec.config
        for spec in topic_specs(settings, partitions=1)
        if spec.name == settings.topic(topic)
    )
    return {
        "address": "{prefix}" + topic,
        "description": _DESCRIPTIONS[topic],
        "parameters": {
            "prefix": {"description": "TIDEGATE_TOPIC_PREFIX", "default": settings.topic_prefix}
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": config["cleanup.policy"].split(","),
                    "retention.ms": int(config["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _message(topic: str) -> dict[str, Any]:
    key = _KEYS.get(topic, "The stream id.")
    message: dict[str, Any] = {
        "name": _TOPICS[topic][0],
        "payload": {"$ref": f"./schemas/{topic}.json"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}
        },
    }
    if topic == "chunks":
        message["examples"] = [{"payload": _EXAMPLE}]
    return message


def _write_yaml(document: dict[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 1000
    text = io.StringIO()
    text.write("# Generated from the code by `make schemas`; do not edit.\n")
    yaml.dump(document, text)
    return text.getvalue()


def main() -> None:
    """Write the files."""
    for path, content in render().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")


if __name__ == "__main__":
    main()
