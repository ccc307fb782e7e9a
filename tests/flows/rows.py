"""Rows and a policy for the tests of `scan`: every action, both shapes, every odd character."""

POLICY = """
guardrails:
  email: {}
  credit-card: {action: warn}
  keywords: {phrases: [bluebird]}
  patterns:
    mode: monitor
    action: block
    rules: [{id: inc, type: INCIDENT, expression: 'INC-\\d{6}'}]
"""
ROWS = [
    {"id": "plain", "text": "Nothing to see here."},
    {"id": 7, "chunks": ["write to ada@exam", "", "ple.org", " now"]},
    {"id": "card", "text": "card 4111 1111 1111 1111 ok"},
    {"id": "blocked", "text": "about bluebird, and ada@example.org"},
    {"id": "watched", "text": "see INC-123456."},
    {"id": "empty", "chunks": []},
    {"id": "halves", "chunks": ["smile \ud83d", "\ude00 ada@example.org"]},
    {"id": "lone", "text": "lone \ud800 and nul \u0000."},
    {"id": "separators", "text": "a\u2028b\u0085c\x0bd ｊａｎｅ@example.com"},
]
