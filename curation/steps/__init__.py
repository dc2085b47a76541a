"""From raw events to steps: versioned reduction, observation matching, and the action dialects of trainers.

Knows sessions and time; knows nothing of redaction or files. Start at `model`, then `reduce`.
"""
