"""Webhooks: verdicts and audit records, posted to those who have subscribed to them.

    log ─► FanoutSource ─► WebhookSink ─► Dispatcher ─► one Outgoing per subscription ─► HTTPS
           who wants it,                  one thread     what is tried when              checked
           while there is room                                                           addresses

`subscription.py` is what people write, `message.py` what is sent, `signature.py` and `schedule.py`
follow the Standard Webhooks specification, `reach.py` and `connection.py` see to it that no
subscription reaches what lies inside. `embedded.py` is the same without a flow.
"""
