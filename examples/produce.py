"""Send one answer to Kafka in pieces, as a program does that receives them from a model.

python examples/produce.py reply-1 "Write to ada.lovelace@example.org, she knows."
"""

import json
import os
import re
import sys

from kafka import KafkaProducer

BROKERS = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092").split(",")
TOPIC = os.environ.get("TIDEGATE_TOPIC_PREFIX", "tidegate.") + "chunks"


def main(stream_id: str, text: str) -> None:
    """Send the text in pieces of four characters, each behind the other."""
    producer = KafkaProducer(bootstrap_servers=BROKERS)
    pieces = re.findall(".{1,4}", text, re.DOTALL)
    sent = []
    for seq, piece in enumerate(pieces):
        event = {"stream_id": stream_id, "seq": seq, "text": piece}
        if seq == len(pieces) - 1:
            event["final"] = True
        # The stream's id is the key: all its chunks stay in one partition, in order.
        sent.append(producer.send(TOPIC, key=stream_id.encode(), value=json.dumps(event).encode()))
    for future in sent:
        # Raises when the broker did not take it.
        future.get(timeout=30)
    producer.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
