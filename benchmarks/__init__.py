"""What Driftline costs, measured against what reading the rows costs.

`python -m benchmarks` runs every case; `python -m benchmarks decode monitors` runs two.
"""
