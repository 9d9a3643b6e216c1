"""Real flights: one model monitored from its first good days through its bad ones.

`flights` prepares the data, `classifier` trains, `serving` plays the production system
with its planted faults, `story` says afterwards what was found and what was not.
"""
