"""The edges: Kafka, files, in-process topics, settings."""
