"""Values that only rows can tell are wrong: each is possible, and its company is not.

Counts per bin know the range of a column and its decimals. They do not know that a value
between two familiar ones was never taken, that it lies far from the rest of its own day,
that it is missing alone where five columns are missing together, that its kind of rows
never lacks it, or that one number fills the day. All of it is learned from the rows kept
with the reference, each day against the others, so that what a reference's days do of
themselves is no news.
"""
