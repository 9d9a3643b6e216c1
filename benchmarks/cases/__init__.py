"""One file per row of the table in `docs/benchmarks.md`; the file's name is the case's."""
