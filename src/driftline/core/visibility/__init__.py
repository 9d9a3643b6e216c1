"""What an alarm budget costs: the false alarms to expect, and the changes it lets one see."""
