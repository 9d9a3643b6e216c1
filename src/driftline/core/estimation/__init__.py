"""Performance without labels: estimated from rows, corrected by late labels, with a band."""
