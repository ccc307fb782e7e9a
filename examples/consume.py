"""Show the guarded text of one stream as it is released, until the stream ends.

python examples/consume.py reply-1
"""

import os
import sys

import msgspec
from kafka import KafkaConsumer

from guardrails.events import Verdict
from guardrails.reader import Reader

BROKERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092").split(",")
TOPIC = os.environ.get("TIDEGATE_TOPIC_PREFIX", "tidegate.") + "verdicts"


def main(stream_id: str) -> None:
    """Print what is new of each verdict: after a restart of the guard verdicts may come twice."""
    consumer = KafkaConsumer(TOPIC, bootstrap_servers=BROKERS, auto_offset_reset="earliest")
    reader = Reader()
    for record in consumer:
        if record.key != stream_id.encode():
            continue
        verdict = msgspec.json.decode(record.value, type=Verdict)
        for segment in reader.read(verdict):
            sys.stdout.write(segment.text)
            sys.stdout.flush()
        if verdict.state == "complete":
            break
    sys.stdout.write("\n")
    consumer.close()


if __name__ == "__main__":
    main(sys.argv[1])
