"""What can go wrong, what then happens, and the tests that hold it: docs/faults.md.

Over 300 lines because it is one table.
"""

from dataclasses import dataclass

PROCESS, SLICE, REGISTRY = "Process and clock", "Rows", "MLflow"
PREFECT, PEOPLE, OUTSIDE = (
    "Prefect",
    "Slack and other channels",
    "S3, costs and machine",
)
LEDGER, CONFIG, HOSTILE = "Ledger and disk", "Monitor file", "Hostile input"

AREAS = (PROCESS, SLICE, REGISTRY, PREFECT, PEOPLE, OUTSIDE, LEDGER, CONFIG, HOSTILE)


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: `tests` are `file::function`, relative to `tests/`."""

    area: str
    name: str
    expected: str
    tests: tuple[str, ...]


def row(area: str, name: str, expected: str, *tests: str) -> Fault:
    return Fault(area, name, expected, tests)


MATRIX = (
    row(
        PROCESS,
        "SIGKILL between any two steps, inside the record and inside a message",
        "Run again, the day ends as if nothing had happened: the same record, one "
        "retraining, each message once. Where a channel cannot be asked what arrived, the "
        "message that was on its way may come twice, with the same key.",
        "app/test_crash.py::test_a_day_that_is_killed_and_run_again_ends_the_same",
        "app/test_crash.py::test_a_message_that_is_found_where_it_was_sent_is_not_sent_again",
        "faults/test_process.py::test_a_day_on_postgres_that_is_killed_ends_the_same",
        "faults/test_process.py::test_a_worker_killed_inside_a_post_has_sent_it_once",
        "contract/test_ledger_processes.py::test_a_process_killed_while_recording_leaves_nothing",
        "app/test_retraining_promotion.py::test_it_is_made_once",
    ),
    row(
        PROCESS,
        "Two workers on one day",
        "One works; the other leaves with exit code 75 and the name of the first.",
        "app/test_crash.py::test_of_two_processes_on_one_day_one_works",
        "app/test_crash.py::test_processes_that_race_for_a_day_leave_one_result",
        "faults/test_process.py::test_of_two_processes_on_one_day_of_postgres_one_works",
    ),
    row(
        PROCESS,
        "The same day again",
        "`repeated`: the first verdict and exit code; nothing is written or sent.",
        "app/test_monitor_day.py::test_the_same_day_twice_adds_nothing_and_sends_nothing",
    ),
    row(
        PROCESS,
        "The same day with other rows, labels or policy",
        "A new revision beside the old one; people hear only of what is new to them.",
        "app/test_monitor_day.py::test_changed_rows_restate_the_day",
        "app/test_monitor_day.py::test_another_policy_is_another_revision",
        "faults/test_source_files.py::test_a_slice_rewritten_after_it_was_judged_is_judged_again",
    ),
    row(
        PROCESS,
        "The same day again with `--force`",
        "A new revision of the same rows beside the old one; no second message, and no "
        "second retraining.",
        "app/test_monitor_day.py::test_a_day_judged_anew_is_another_revision_and_no_second_message",
        "app/test_retraining_requests.py::test_a_day_judged_anew_asks_for_nothing",
        "cli/test_commands.py::test_a_day_is_judged_anew_only_where_it_is_named",
    ),
    row(
        PROCESS,
        "SIGTERM, Ctrl-C",
        "Exit code 143 or 130; the lease is given back.",
        "cli/test_signals.py::test_a_stopped_run_gives_its_lease_back",
    ),
    row(
        PROCESS,
        "A worker stopped (SIGSTOP) or cut off for longer than its lease",
        "Another takes over. The first says that its lease passed on, and writes nothing.",
        "faults/test_process.py::test_a_worker_that_was_stopped_beyond_its_lease_writes_nothing",
        "app/test_crash.py::test_a_run_after_the_dead_one_waits_for_its_lease",
    ),
    row(
        PROCESS,
        "A backfill with a bad day",
        "The others are judged; the bad one is `cannot-tell`; one message.",
        "app/test_late.py::test_a_backfill_with_one_bad_day_judges_the_others",
    ),
    row(
        PROCESS,
        "The clock jumps, by a day or by a year, in either direction",
        "The day is the one that was asked for. A lease or a pause that a clock far ahead "
        "wrote is taken for a mistake and ends as if written now.",
        "faults/test_process.py::test_a_clock_that_jumps_in_the_middle_of_a_day_changes_nothing",
        "faults/test_ledger.py::test_a_lease_of_a_clock_that_was_ahead_ends",
        "faults/test_ledger.py::test_an_action_of_a_clock_that_was_ahead_is_carried_out",
    ),
    row(
        SLICE,
        "No file",
        "`cannot-tell` with the path, told once; judged when it comes.",
        "faults/test_source_files.py::test_a_source_that_is_not_there_yet_is_told_once",
        "app/test_monitor_day.py::test_a_lasting_outage_is_told_on_its_first_day_only",
        "adapters/test_spark.py::test_a_folder_that_may_fill_yet_is_missed",
    ),
    row(
        SLICE,
        "A server, bucket, folder or cluster that is away, for many monitors",
        "One thread for all that read there, as for one MLflow; rows that are wanting are one "
        "for all monitors of that source.",
        "app/test_outage.py::test_that_gives_no_answer_is_one_thread",
        "app/test_outage.py::test_whose_rows_are_wanting_is_one_thread",
        "adapters/test_sql.py::test_a_database_that_is_down_may_be_tried_again",
        "adapters/test_parquet.py::test_a_server_that_is_down_may_be_tried_again",
        "adapters/test_parquet.py::test_a_folder_that_is_gone_is_gone_for_all_that_read_below_it",
        "adapters/test_dask.py::test_a_cluster_that_does_not_answer_is_named",
    ),
    row(
        SLICE,
        "No rows, or too few",
        "`cannot-tell`, with how many; `act` where some are there and far more are usual, "
        "unless they may still come by `verdict_by`. Drift is not computed.",
        "app/test_monitor_day.py::test_too_little_is_not_judged",
        "app/test_pending.py::test_a_few_rows_before_the_hour_are_rows_to_come",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
    ),
    row(
        SLICE,
        "Rows that come late",
        "The next refresh judges the day; one word that it is judged. Before the hour of "
        "`verdict_by` the day is pending, and rows that come by then are no news.",
        "app/test_late.py::test_a_late_partition_is_judged_by_the_refresh",
        "app/test_pending.py::test_rows_that_come_before_the_hour_are_no_news",
        "app/test_pending.py::test_rows_that_are_not_there_at_the_hour_are_told_and_answered",
        "app/test_monitor_day.py::test_a_window_that_stays_blind_for_a_while_is_resolved_once",
    ),
    row(
        SLICE,
        "A Parquet file that is cut, empty, a page of HTML, or has a broken footer",
        "`slice_corrupt` with file and bytes. One bad file, and nothing of the slice is used.",
        "adapters/test_parquet.py::test_a_damaged_parquet_names_file_and_size",
    ),
    row(
        SLICE,
        "Damaged files among others, where `allow_partial` is set",
        "What can be read is judged, and the first reason says how many files and bytes that "
        "is and what was left out; nothing is learnt from the day. `act` where so few rows "
        "page. Written again, the next refresh judges the whole day.",
        "adapters/test_leaving_out.py::test_a_damaged_file_is_left_out_and_named",
        "adapters/test_leaving_out.py::test_a_file_that_is_not_as_its_manifest_says_is_left_out",
        "app/test_partial.py::test_a_day_that_lacks_a_little_is_judged_and_told",
        "app/test_partial.py::test_a_day_that_lacks_most_is_one_incident_that_names_the_files",
        "app/test_partial.py::test_nothing_is_learnt_from_a_part_of_a_day",
    ),
    row(
        SLICE,
        "A flipped bit in a Parquet file",
        "`slice_corrupt` where it breaks the encoding, whatever the library does about it. "
        "Inside a value it is seen by a checksum of its manifest alone.",
        "faults/test_source_files.py::test_a_flipped_bit_is_corrupt_or_unseen_and_nothing_else",
    ),
    row(
        SLICE,
        "Files that are not as their manifest says, where `manifest` is set",
        "No manifest, a file that it names is wanting, or more are to come: `cannot-tell`, "
        "pending until `verdict_by`. Another size, number of rows, checksum or ETag, or rows "
        "in a file that no manifest names: `slice_corrupt` with the file, what is found and "
        "what is said. So is a manifest that is broken, or names a file outside the source.",
        "faults/test_source_files.py::test_a_day_is_pending_until_its_manifest_is_there",
        "faults/test_source_files.py::test_a_file_that_is_not_as_its_manifest_says_is_told_once",
        "adapters/test_manifests.py::test_a_flipped_bit_is_seen_by_its_checksum",
        "adapters/test_manifests.py::test_a_file_that_is_named_and_not_there_is_waited_for",
        "adapters/test_manifests.py::test_rows_in_a_file_that_nobody_named_are_corrupt",
        "adapters/test_manifests_s3.py::test_an_object_of_which_a_figure_is_another_is_corrupt",
        "adapters/test_manifests.py::test_a_manifest_without_sense_is_corrupt",
        "adapters/test_manifests.py::test_no_path_leads_out_of_the_folder",
    ),
    row(
        SLICE,
        "Text that is cut, packed, ragged, has a header twice or another encoding",
        "`slice_corrupt` or `schema_mismatch` with the line; a byte order mark is no name.",
        "adapters/test_parquet.py::test_a_cut_or_ragged_csv_names_the_line",
        "adapters/test_parquet.py::test_a_cut_ndjson_is_corrupt",
        "adapters/test_parquet.py::test_csv_in_another_encoding_or_with_twice_a_name_is_refused",
        "adapters/test_parquet.py::test_a_csv_is_read_with_its_types",
        "security/test_hostile_files.py::test_packed_text_is_not_unpacked",
    ),
    row(
        SLICE,
        "A column missing, renamed, added or moved",
        "Missing is critical, with the name that may be meant, and the others are judged; "
        "added or moved is no fault.",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
        "app/test_monitor_day.py::test_a_column_that_the_model_takes_and_the_slice_lacks_is_critical",
        "contract/test_engine_columns.py::test_absent_and_extra_columns_are_named",
    ),
    row(
        SLICE,
        "A column of another type",
        "Named and never coerced; only a wider or narrower number is the same.",
        "contract/test_engine_columns.py::test_a_changed_type_is_never_coerced",
        "adapters/test_parquet.py::test_mixed_types_name_both_files_and_types",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
    ),
    row(
        SLICE,
        "Whole numbers beyond 2**53 with nulls",
        "Exact: neighbouring keys stay apart.",
        "faults/test_slices.py::test_keys_beyond_two_to_the_53_stay_apart",
        "adapters/gx/test_answers.py::test_long_keys_with_a_gap_stay_apart",
    ),
    row(
        SLICE,
        "NaN, null, infinity; a column of nothing else",
        "Counted apart and left out of moments; a column of nothing else is named.",
        "contract/test_engine_profiles.py::test_nan_null_and_infinity_are_counted_apart",
        "contract/test_engine_profiles.py::test_moments_of_numbers_whose_squares_overflow",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
    ),
    row(
        SLICE,
        "A constant column, a new category, very many categories",
        "Finite numbers, bounded memory; new values are shown.",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
        "contract/test_engine_plans.py::test_rare_values_beyond_the_limit_are_unseen",
        "contract/test_engine_profiles.py::test_unseen_values_are_counted_and_shown",
    ),
    row(
        SLICE,
        "Time stamps without a zone, with several offsets, partly unreadable, beyond 9999",
        "Read by the zone that is set, or refused without showing them.",
        "adapters/test_parquet.py::test_naive_stamps_follow_their_own_zone",
        "adapters/test_parquet.py::test_text_stamps_are_read_with_and_without_offset",
        "adapters/test_parquet.py::test_text_that_is_partly_no_time_is_refused_without_showing_it",
        "faults/test_source_files.py::test_time_stamps_beyond_all_years_are_corrupt",
        "faults/test_source_files.py::test_a_sentinel_of_the_year_9999_is_of_another_day",
    ),
    row(
        SLICE,
        "Days of 23, 24.5 and 25 hours; the 29th of February",
        "From midnight to midnight on the monitor's clock: each row is in one day.",
        "faults/test_slices.py::test_every_row_of_a_week_is_in_one_day",
        "faults/test_source_files.py::test_a_leap_day_is_a_day_like_any_other",
        "contract/test_sources.py::test_days_on_which_the_clocks_change_have_their_hours",
        "contract/test_sources.py::test_naive_rows_are_counted_once_when_the_clocks_change",
    ),
    row(
        SLICE,
        "Time stamps without a zone in an hour that the clock shows twice or never",
        "Each row is counted once; a finding says how many there are, and is no fault.",
        "contract/test_sources.py::test_naive_rows_are_counted_once_when_the_clocks_change",
        "faults/test_slices.py::test_stamps_that_a_clock_shows_twice_or_never_are_counted",
        "adapters/test_spark.py::test_stamps_that_a_clock_shows_twice_or_never_are_counted",
    ),
    row(
        SLICE,
        "Rows or keys twice",
        "The share that repeats is a finding; a label of a key counts once.",
        "faults/test_slices.py::test_rows_that_are_not_as_they_were_are_named",
        "contract/test_engine_rows.py::test_labels_join_without_multiplying_rows",
        "contract/test_validators.py::test_duplicated_load_breaks_the_suite",
    ),
    row(
        SLICE,
        "Labels that are late, or come in part",
        "Performance is unknown and says how many are in; the day is restated when they come.",
        "app/test_late.py::test_a_day_without_labels_waits_for_them",
        "app/test_late.py::test_late_labels_restate_the_day",
    ),
    row(
        SLICE,
        "Yesterday's load under today's date",
        "`watch`, with the day that it equals.",
        "faults/test_slices.py::test_yesterdays_rows_under_todays_date",
    ),
    row(
        SLICE,
        "Files that unpack to gigabytes, a million columns",
        "`slice_too_large` before they are unpacked; the process lives.",
        "security/test_hostile_files.py::test_a_small_file_that_unpacks_to_gigabytes_is_refused",
        "security/test_hostile_files.py::test_a_row_group_may_fill_half_of_the_memory",
        "security/test_hostile_files.py::test_a_million_columns_are_refused_in_little_memory",
        "security/test_hostile_files.py::test_a_day_too_large_to_read_is_a_verdict",
    ),
    row(
        SLICE,
        "A Parquet file whose footer says less than its pages hold",
        "Its pages are asked, so `slice_too_large` before they are unpacked; a page that holds "
        "more than its own header says is `slice_corrupt`. Pages of differences are decoded "
        "first in a process whose memory is limited.",
        "security/test_lying_footers.py::test_bytes_that_the_footer_hides_are_counted",
        "security/test_lying_footers.py::test_values_that_the_footer_hides_are_counted",
        "security/test_lying_footers.py::test_a_page_that_unpacks_to_more_than_its_header_says_is_corrupt",
        "security/test_differences.py::test_texts_that_share_a_long_beginning_are_refused",
    ),
    row(
        REGISTRY,
        "Down, hanging up, mute, slow, lying, 429 or 503 when a day begins",
        "`cannot-tell` with its address within the deadline (30 s for a question, however "
        "slowly its answer arrives), told once for the whole outage, a monitor's first day "
        "too; the next daily run judges its days, oldest first, by the version then in "
        "service: one summary, and at most one retraining.",
        "faults/test_registry.py::test_an_mlflow_that_fails_when_a_day_begins_is_told_of_and_the_day_made_up_for",
        "faults/test_registry.py::test_an_mlflow_that_stands_still_is_one_word_and_then_a_verdict",
        "faults/test_registry.py::test_an_mlflow_that_fails_on_the_first_day_is_told_of_and_the_day_made_up_for",
        "app/test_registry_away.py::test_an_outage_is_told_once_and_its_days_are_judged_when_it_ends",
        "app/test_registry_away.py::test_the_day_is_judged_by_the_version_in_service_when_it_can_be_asked",
        "app/test_registry_away.py::test_the_days_of_an_outage_ask_for_one_retraining_and_are_told_in_one_summary",
        "app/test_registry_away.py::test_killed_while_it_makes_up_the_rest_is_told_with_what_was_judged",
    ),
    row(
        REGISTRY,
        "The same, and meanwhile data breaks or the model harms",
        "The version last known in service judges provisionally, with its age in verdict, "
        "message and report: what is critical pages, and nothing else is more than "
        "`cannot-tell`; no incident ends and nothing is retrained by it. Back again, the "
        "version in service judges, and people hear what is new. Known for longer than "
        "`model.last_known_days`, or damaged in the ledger: not used, and said.",
        "faults/test_registry_outage.py::test_data_that_breaks_while_mlflow_fails_pages_by_what_was_known",
        "app/test_last_known.py::test_broken_data_pages_in_an_outage_and_once",
        "app/test_last_known.py::test_a_quiet_day_is_no_all_clear",
        "app/test_last_known.py::test_harm_in_an_outage_pages_and_nothing_is_retrained",
        "app/test_last_known.py::test_the_alias_that_moved_meanwhile_judges_the_days_anew",
        "app/test_last_known.py::test_an_outage_that_begins_between_two_questions",
        "app/test_last_known.py::test_what_is_known_for_too_long_judges_nothing",
        "app/test_last_known.py::test_a_copy_that_is_damaged_is_not_used_and_said",
        "contract/test_ledger_in_service.py::test_damage_is_found_and_mended_by_the_next_judgement",
        "app/test_crash_last_known.py::test_a_provisional_day_that_is_killed_and_run_again_ends_the_same",
        "app/test_crash_last_known.py::test_processes_that_race_for_a_provisional_day_leave_one_result",
    ),
    row(
        REGISTRY,
        "The same, for many monitors",
        "One thread for all monitors of that address, judged in turn or at once, whose first "
        "message lists them; it is resolved with the last. Places without threads hear once. "
        "Another MLflow is another thread.",
        "faults/test_registry.py::test_all_monitors_of_an_mlflow_that_fails_are_one_thread",
        "app/test_outage.py::test_monitors_judged_at_once_agree_on_the_thread",
        "app/test_outage.py::test_resolves_for_each_and_the_thread_with_the_last",
        "app/test_outage.py::test_another_registry_is_another_thread",
    ),
    row(
        REGISTRY,
        "The same after the verdict",
        "Verdict and messages stand; the day is in MLflow later, once.",
        "faults/test_registry_outage.py::test_a_day_that_was_logged_nowhere_is_in_mlflow_when_it_is_back",
        "faults/test_registry.py::test_an_mlflow_that_fails_after_the_verdict_costs_neither_it_nor_a_message",
        "adapters/test_mlflow.py::test_a_day_cut_short_is_completed",
        "app/test_retraining_promotion.py::test_a_registry_that_is_down_when_the_alias_is_to_move_is_asked_again",
        "faults/test_registry.py::test_an_alias_is_not_moved_for_ever",
    ),
    row(
        REGISTRY,
        "Mute or slow whatever it is asked, models and references included",
        "Each question ends within its deadline (30 s, 300 s where files move, so that a "
        "large reference arrives over a slow line), and what is asked right after is refused "
        "at once.",
        "faults/test_registry.py::test_whatever_mlflow_is_asked_has_an_end",
        "faults/test_registry.py::test_an_mlflow_that_does_not_answer_is_waited_for_once",
        "faults/test_registry.py::test_a_reference_may_take_longer_than_a_question",
    ),
    row(
        REGISTRY,
        "Over a dead database",
        "Said in seconds; MLflow would try for minutes.",
        "faults/test_registry.py::test_an_mlflow_over_a_dead_database_is_given_up",
    ),
    row(
        REGISTRY,
        "Model, alias or reference missing",
        "Exit code 2 with what is there and the line that mends it. So is a registry that "
        "refuses a monitor's first day for good, such as for a wrong password.",
        "faults/test_registry.py::test_an_alias_that_is_gone_is_said_with_the_line_that_sets_it",
        "app/test_registry_away.py::test_a_first_day_that_is_set_up_wrongly_is_an_error",
        "adapters/test_mlflow.py::test_a_missing_model_names_the_nearest",
        "adapters/test_mlflow.py::test_a_deleted_reference_is_missing",
    ),
    row(
        REGISTRY,
        "The alias moves in the middle of a day",
        "The version of the start is the day's; the next day has the new one.",
        "faults/test_registry.py::test_an_alias_that_moves_in_the_middle_of_a_day_waits_for_the_next",
        "app/test_retraining_promotion.py::test_a_version_that_came_into_service_meanwhile_is_not_pushed_out",
    ),
    row(
        REGISTRY,
        "A damaged reference",
        "Its checksum fails: `cannot-tell` with the command that builds it, told once; judged "
        "when it is mended.",
        "faults/test_registry.py::test_a_damaged_reference_is_told_of_with_the_command_that_mends_it",
        "app/test_registry_away.py::test_a_damaged_reference_is_a_verdict_too",
    ),
    row(
        REGISTRY,
        "A damaged model",
        "The day is judged, for it needs no model; a warning says so.",
        "faults/test_registry.py::test_a_model_whose_files_are_damaged_is_still_watched",
    ),
    row(
        SLICE,
        "An expectation that raises, a suite that is wrong",
        "`errored`, beside the others; a wrong suite is refused before a run, by entry.",
        "adapters/gx/test_answers.py::test_one_broken_entry_leaves_the_others",
        "adapters/gx/test_suite_file.py::test_mistakes_in_a_suite",
    ),
    row(
        PREFECT,
        "The API goes away in the middle of a day",
        "The run crashes at its end; the day is recorded, and the next does the rest, once.",
        "faults/test_prefect.py::test_an_api_that_goes_away_in_a_day_costs_no_verdict",
    ),
    row(
        PREFECT,
        "The machine of a flow and its worker is lost",
        "Prefect would show the run as running for ever; the automation that `driftline "
        "deploy` makes calls it crashed ten minutes after its last heartbeat. A run that "
        "is suspended or has ended stays as it is. The next run judges the day.",
        "flows/test_lost_runs.py::test_a_run_whose_process_is_gone_is_called_crashed",
        "app/test_crash.py::test_a_day_that_is_killed_and_run_again_ends_the_same",
    ),
    row(
        PREFECT,
        "The API is down and a day is to be judged",
        "`driftline run` needs none.",
        "faults/test_prefect.py::test_the_command_line_needs_no_prefect",
    ),
    row(
        PREFECT,
        "Down, hanging up, mute, slow, lying, 429 or 503 when a retraining is asked for",
        "The request waits in the outbox with its reason; one run has its key.",
        "faults/test_prefect.py::test_a_request_waits_for_an_api_that_fails_and_starts_one_run",
        "app/test_retraining_requests.py::test_a_request_that_is_not_accepted_is_made_later",
    ),
    row(
        PREFECT,
        "The deployment is missing, or its parameters differ",
        "The request is given up with its reason and the command that mends it.",
        "contract/test_dispatchers.py::test_a_missing_deployment_is_permanent",
        "contract/test_dispatchers.py::test_a_refusal_of_prefect_says_whether_to_retry",
    ),
    row(
        PREFECT,
        "Harm that lasts, judged again and again",
        "One run; cool-down, budget and kill switch hold across restarts.",
        "contract/test_dispatchers.py::test_a_key_starts_one_run",
        "app/test_retraining_requests.py::test_the_cool_down_is_kept",
        "app/test_retraining_requests.py::test_a_budget_that_is_spent_holds_a_run_back",
        "app/test_retraining_requests.py::test_the_kill_switch_holds_a_run_back",
    ),
    row(
        PEOPLE,
        "Slack is down, hangs up, is mute, slow, lying, or answers 429 or 503",
        "The verdict stands; the message comes once, when Slack is back.",
        "faults/test_services.py::test_a_slack_that_fails_costs_no_verdict_and_no_message_comes_twice",
        "end_to_end/test_slack.py::test_a_dead_slack_fails_no_run_and_loses_and_repeats_no_message",
        "adapters/slack/test_failures.py::test_a_long_pause_is_left_to_a_later_run",
    ),
    row(
        PEOPLE,
        "A token that is revoked, a channel that is not there",
        "Said with the remedy, and exit code 2; the messages wait, and are sent once it is "
        "mended (20 attempts, for three days at least).",
        "app/test_deliver.py::test_what_a_person_has_to_mend_is_reported_and_sent_once_it_is",
        "end_to_end/test_slack.py::test_a_revoked_token_is_said_and_keeps_nobody_else_waiting",
        "adapters/slack/test_failures.py::test_a_refusal_is_permanent",
    ),
    row(
        PEOPLE,
        "A page of HTML for an answer; a message beyond all limits",
        "No delivery; cut, and delivered.",
        "adapters/slack/test_failures.py::test_what_is_not_slack_is_no_delivery",
        "adapters/slack/test_messages.py::test_long_texts_are_cut",
    ),
    row(
        PEOPLE,
        "The same trouble day after day",
        "One message, reminders after the interval, and the end in its thread.",
        "core/test_notice.py::test_an_incident_from_start_to_end",
        "app/test_tell.py::test_what_lasts_is_repeated_after_the_interval",
    ),
    row(
        PEOPLE,
        "One of two channels is down",
        "The other is told at once.",
        "app/test_deliver.py::test_one_notifier_down_does_not_stop_or_repeat_the_other",
    ),
    row(
        OUTSIDE,
        "S3 is down, hangs up, is mute, slow, lying, or answers 429 or 503",
        "`cannot-tell` with its address, told once; judged when it is back.",
        "faults/test_source.py::test_an_s3_that_fails_is_one_message_and_then_a_verdict",
    ),
    row(
        OUTSIDE,
        "An object breaks off, or is replaced while it is read",
        "Nothing of it is used; whichever bytes were read, the next run sees those there.",
        "faults/test_source.py::test_an_object_that_breaks_off_is_never_half_used",
        "faults/test_source.py::test_an_object_replaced_between_list_and_read_is_judged_again",
    ),
    row(
        OUTSIDE,
        "Credentials that are wrong, expired or missing",
        "Said at once, with the key masked; not tried again.",
        "adapters/test_parquet.py::test_wrong_keys_are_told_at_once_and_masked",
        "adapters/test_parquet.py::test_without_credentials_the_message_says_what_to_set",
    ),
    row(
        OUTSIDE,
        "More than 1,000 objects; odd names",
        "All pages are read; names lead nowhere else.",
        "faults/test_source.py::test_every_page_of_a_long_list_is_read_and_odd_keys_too",
        "security/test_hostile_files.py::test_a_partition_folder_is_text_and_no_path",
    ),
    row(
        OUTSIDE,
        "AWS's billing is down, throttled, slow, lying, or has no data yet",
        "The cost is unknown with its reason; the verdict of the rows is as ever.",
        "faults/test_services.py::test_a_bill_that_cannot_be_had_is_unknown_and_the_day_is_judged",
        "adapters/test_aws.py::test_a_refusal_says_what_to_do",
        "adapters/test_aws.py::test_an_unbilled_month_is_unknown_not_zero",
    ),
    row(
        OUTSIDE,
        "The first of a month, credits, another currency, no budget, endless pages",
        "Nothing is divided by zero, no false alarm, no more pages than set.",
        "adapters/test_aws.py::test_the_first_of_a_month_has_a_period",
        "adapters/test_aws.py::test_credits_may_make_it_negative",
        "adapters/test_aws.py::test_a_limit_in_another_currency_is_refused",
        "adapters/test_aws.py::test_pages_are_not_paid_for_without_end",
    ),
    row(
        OUTSIDE,
        "No GPU, another driver, one that is lost, one metric that fails",
        "Unknown for that one, or stated; the others are read.",
        "adapters/test_gpu.py::test_a_lost_gpu_leaves_the_others",
        "adapters/test_gpu.py::test_a_driver_mismatch_is_unknown",
        "adapters/test_gpu.py::test_no_gpu_is_stated",
    ),
    row(
        OUTSIDE,
        "A Prometheus or Triton is down, mute, slow, lying, cut off, huge, or not itself",
        "Its numbers are unknown, each with its reason; no more is read than set, within "
        "the deadline; the verdict of the rows is as ever.",
        "faults/test_services.py::test_a_server_that_cannot_be_asked_is_unknown_and_the_day_is_judged",
        "adapters/probes/test_pages.py::test_an_answer_that_is_none_is_unknown_with_its_remedy",
        "adapters/probes/test_pages.py::test_a_page_of_another_kind_is_not_read",
        "adapters/probes/test_pages.py::test_a_huge_body_is_not_held",
        "adapters/probes/test_pages.py::test_an_answer_that_trickles_is_given_up",
        "adapters/probes/test_prometheus.py::test_a_server_that_is_silent_is_asked_once",
    ),
    row(
        OUTSIDE,
        "No data, NaN, several series; a Triton that is idle or starts anew; a model that "
        "is not served",
        "Unknown for that one, with what to do. Counters are read since the last verdict, "
        "or since the server started: never below zero, never twice.",
        "adapters/probes/test_prometheus.py::test_what_is_no_number_is_unknown_and_the_others_are_read",
        "adapters/probes/test_triton.py::test_an_idle_server_has_no_news",
        "adapters/probes/test_triton.py::test_a_missing_counter_leaves_the_others",
        "adapters/probes/test_triton.py::test_a_model_that_is_not_served_is_named",
        "adapters/probes/test_triton.py::test_a_real_server_is_read_through_a_restart",
        "app/test_surroundings.py::test_a_server_that_was_away_or_started_anew_is_told_as_it_is",
    ),
    row(
        OUTSIDE,
        "A container",
        "Its own limits count, and not the machine's.",
        "adapters/test_host.py::test_version_2_limits_are_a_containers_own",
    ),
    row(
        LEDGER,
        "The ledger's disk is full or read-only, or a quota or file-size limit is reached",
        "Exit code 2 with the remedy, nothing half written. People are told from memory, "
        "the verdict with it where it is known: once where the channel can be asked what "
        "arrived, else once a run. With space again the next run makes the day up.",
        "faults/test_disk.py::test_a_disk_that_takes_nothing_loses_nothing_and_is_told_of",
        "faults/test_ledger_file.py::test_a_full_or_read_only_disk_loses_nothing",
        "faults/test_ledger.py::test_a_full_disk_of_postgres_is_for_a_person",
        "app/test_unrecorded.py::test_everybody_is_told_once_whichever_way_a_day_begins",
        "app/test_unrecorded.py::test_who_cannot_be_told_costs_nobody_else_the_message",
    ),
    row(
        LEDGER,
        "The report folder's disk is full or read-only",
        "The verdict and its messages stand, and so does the old page; exit code 2. The "
        "next run draws the page.",
        "faults/test_disk.py::test_a_report_folder_that_takes_nothing_keeps_no_message_back",
        "adapters/test_html.py::test_a_full_disk_leaves_the_earlier_page",
        "app/test_monitor_day.py::test_a_page_that_cannot_be_written_keeps_no_message_back",
    ),
    row(
        LEDGER,
        "SQLite is locked",
        "Waited for (30 s), then said so; a retry can help.",
        "faults/test_ledger_file.py::test_a_locked_ledger_is_waited_for_and_then_said_so",
    ),
    row(
        LEDGER,
        "A file that is damaged, empty, cut, of another program or a newer version",
        "Refused with the reason; not a byte of it is touched.",
        "contract/test_ledger_places.py::test_a_damaged_ledger_is_refused",
        "contract/test_ledger_places.py::test_a_destroyed_first_page_is_said_with_what_is_lost",
        "contract/test_ledger_places.py::test_a_file_that_is_no_ledger_is_refused",
        "contract/test_ledger_places.py::test_another_programs_database_is_refused",
        "contract/test_ledger_schema.py::test_a_newer_schema_is_refused",
    ),
    row(
        LEDGER,
        "The history of a damaged file is needed all the same",
        "`driftline export` prints each row that can be read, of a copy, and in one line what "
        "cannot; exit code 2, and no row of the file is changed.",
        "cli/test_history.py::test_a_damaged_ledger_is_exported_as_far_as_it_can_be_read",
        "adapters/test_salvage.py::test_a_page_of_findings_costs_its_findings_alone",
        "adapters/test_salvage.py::test_a_file_cut_short_gives_the_pages_that_are_left",
        "adapters/test_salvage.py::test_whatever_is_overwritten_no_row_is_made_up",
    ),
    row(
        LEDGER,
        "A row of the ledger can be read and makes no sense",
        "Whoever reads it says which row it is, why, and what to do; nothing is recorded, and "
        "people are told. `driftline export` goes on without it in SQLite and ends at it in "
        "PostgreSQL.",
        "contract/test_ledger_senseless.py::test_who_reads_it_is_told_which_row_it_is",
        "cli/test_history.py::test_whoever_reads_a_row_without_sense_names_it",
        "cli/test_history.py::test_a_profile_without_sense_costs_no_other_row",
    ),
    row(
        LEDGER,
        "A SQLite ledger on a network disk (NFS, SMB, SSHFS)",
        "Refused before a file is made, with where to put it instead.",
        "contract/test_ledger_places.py::test_a_network_disk_is_refused",
    ),
    row(
        LEDGER,
        "The history is needed elsewhere while workers write",
        "`driftline export` prints all of it, each revision whole, and waits for nobody.",
        "cli/test_history.py::test_every_verdict_is_exported_while_another_worker_writes",
    ),
    row(
        LEDGER,
        "PostgreSQL is down, mute, slow, lying, or cuts off an answer",
        "One error that names the place; nothing is recorded or sent, and the day is made up.",
        "faults/test_ledger.py::test_a_postgres_that_fails_in_a_day_loses_nothing",
        "faults/test_ledger.py::test_a_postgres_that_is_not_there_is_said_so_soon",
        "faults/test_ledger.py::test_a_slow_postgres_only_takes_longer",
    ),
    row(
        LEDGER,
        "PostgreSQL freezes in a query or a commit, or nothing more of it arrives",
        "Given up within the ledger's deadline (60 s) with what to look at; what was not "
        "committed is undone, a retry can help, and the next run makes the day up. A "
        "statement that only takes too long is cancelled by the server.",
        "faults/test_ledger.py::test_a_postgres_that_freezes_in_a_query_is_given_up",
        "faults/test_ledger.py::test_a_postgres_that_computes_for_too_long_is_told_to_stop",
    ),
    row(
        LEDGER,
        "PostgreSQL restarts; the answer to a commit is lost",
        "Tried once more: looked for before it is written again, so nothing is there twice.",
        "faults/test_ledger.py::test_a_postgres_that_hangs_up_once_costs_no_day",
        "faults/test_ledger.py::test_a_commit_whose_answer_is_lost_is_not_made_twice",
    ),
    row(
        CONFIG,
        "An unknown key, a key twice, a value that YAML takes for something else",
        "All mistakes at once, each with its line; before anything is asked for.",
        "core/test_settings_file.py::test_everything_wrong_is_said_at_once",
        "core/test_settings_file.py::test_an_unknown_key_has_its_line_the_nearest_and_the_known_ones",
        "core/test_settings_file.py::test_a_key_that_stands_twice_is_an_error",
        "core/test_settings_file.py::test_text_that_yaml_takes_for_something_else_stays_text",
        "core/test_settings_file.py::test_what_is_no_number_is_refused_and_no_number_is_text",
    ),
    row(
        HOSTILE,
        "Names and values with markup, quotes, paths, turned text, 10 KB",
        "Text, wherever they are shown, stored or used in a path.",
        "adapters/test_html.py::test_no_text_of_data_becomes_an_element",
        "adapters/slack/test_messages.py::test_data_gives_no_orders",
        "contract/test_ledger_entries.py::test_names_are_data",
        "contract/test_reports.py::test_no_name_leads_out_of_the_folder",
        "security/test_markup.py::test_a_hostile_days_page_runs_nothing_and_its_message_calls_nobody",
    ),
    row(
        HOSTILE,
        "YAML that makes objects or billions of values",
        "An error with its line; nothing is run.",
        "core/test_settings_file.py::test_a_tag_makes_no_object",
        "core/test_settings_file.py::test_aliases_are_not_read",
    ),
    row(
        HOSTILE,
        "A pickle for a model",
        "A day unpickles nothing.",
        "security/test_models.py::test_a_day_unpickles_nothing",
    ),
    row(
        HOSTILE,
        "A query of a source that reads files of the machine",
        "Queries go to the database that is named, by bound values and quoted names.",
        "adapters/test_sql.py::test_types_of_a_table_are_kept",
        "adapters/test_sql.py::test_a_sqlite_file_that_is_not_there_is_not_made",
    ),
    row(
        HOSTILE,
        "Everything fails and repeats its secrets",
        "No secret in ledger, MLflow, report, logs, messages or tracebacks.",
        "security/test_secrets.py::test_a_day_on_which_everything_fails_shows_no_secret",
        "security/test_secrets.py::test_a_traceback_shows_no_secret",
    ),
    row(
        HOSTILE,
        "A server that redirects, a payload that names another address",
        "No token goes along; a probe follows no redirection at all; the report fetches "
        "nothing.",
        "security/test_secrets.py::test_a_redirection_takes_no_token_along",
        "adapters/probes/test_pages.py::test_nobody_else_is_asked",
        "adapters/slack/test_listener.py::test_an_answer_goes_to_slack_alone",
        "adapters/test_html.py::test_nothing_is_fetched_and_nothing_runs",
    ),
)
