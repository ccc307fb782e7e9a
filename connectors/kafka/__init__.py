"""Kafka at both ends of the flow: a source that keeps its offsets, a sink that loses nothing."""
