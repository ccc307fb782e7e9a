"""Where policies come from while streams run: a Kafka topic, and files that are watched."""
