"""Errors of one group of rows against those of the others on the same day.

What a day does to all rows (a storm, a holiday) cancels out, so that a model that went
wrong for one carrier is seen within days, where the metric of the whole cannot tell.
"""
