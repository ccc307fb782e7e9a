"""What operators of Tidegate watch, as Prometheus metrics. No label is a stream, tenant or user."""
