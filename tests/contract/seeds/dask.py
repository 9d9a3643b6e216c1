"""Rows as a folder of Parquet files, one partition each."""

from tests.contract.seeds.parquet import seed

__all__ = ["seed"]
