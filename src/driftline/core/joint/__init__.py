"""How columns go together: what no column shows by itself.

A swap that keeps every column's own distribution, a join that slipped by a row, or a
value that is missing where it never was alone: pairs of columns tell.
"""
