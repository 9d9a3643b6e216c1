"""Whether Driftline's alarms are worth a person's attention, on real data, beside its peers.

`python -m benchmarks.detection` judges days as the daily flow does, with the settings as
shipped, scores what came of them against what is known to be true, and writes
`docs/detection.md`.
"""
