"""Where audit records go beside Kafka: chained files, and a webhook."""
