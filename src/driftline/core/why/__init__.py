"""Why a score or a metric moved: which columns, which rows, since when."""
