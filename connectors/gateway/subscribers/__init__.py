"""Those who are told what happens to all streams: callbacks, a file, metrics, webhooks."""
