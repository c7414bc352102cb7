"""The text of docs/reliability.md: each promise, the test that checks it, and what `make soak` measured."""

from __future__ import annotations

from typing import Any

PROMISES: dict[str, list[tuple[str, str]]] = {
    "An interrupted run resumes": [
        (
            "All six studies, interrupted within an epoch and between two, on TensorFlow and on JAX: repeating the "
            "command ends with bit-identical weights and the same metrics as a run that was never interrupted.",
            "tests/test_contract.py::test_lives",
        ),
        (
            "The same holds after `kill -9` at every moment of every write to a run's files, between steps, within "
            "Keras' `fit`, before validation and between epochs.",
            "tests/soak/test_kills.py::test_killed_at_every_failpoint_it_ends_the_same",
        ),
        ("Every failpoint fires in that test.", "tests/soak/test_kills.py::test_every_failpoint_is_tried"),
        (
            "A hand-written loop that is interrupted at any step, in either of two phases, ends in the same bits.",
            "tests/training/test_session.py::test_cut_off_at_any_step_it_ends_in_the_same_bits",
        ),
        (
            "Two checkpoints are kept, each with its SHA-256; if one is damaged, the one before it is used.",
            "tests/runs/test_run_folder.py::"
            "test_a_checkpoint_comes_back_and_the_previous_one_stands_in_for_a_damaged_one",
        ),
        (
            "A checkpoint of another version, another program or other settings is refused with its reason.",
            "tests/runs/test_run_folder.py::test_a_checkpoint_of_another_version_or_program_is_named",
        ),
        (
            "No line of `metrics.jsonl` is lost or duplicated: the checkpoint holds them all.",
            "tests/runs/test_run_folder.py::test_metrics_are_put_back_and_a_torn_last_line_is_left_out",
        ),
        (
            "A run resumes only on its own backend, with its own data and settings.",
            "tests/soak/test_stops.py::test_a_run_goes_on_only_on_its_backend_with_its_data_and_settings",
        ),
    ],
    "A stopped run says how to resume": [
        (
            "Ctrl-C and SIGTERM save a checkpoint, print the command that resumes, and exit with code 130 and 143.",
            "tests/soak/test_stops.py::test_a_signal_saves_and_says_how_to_go_on",
        ),
        (
            "They do so before the first step too.",
            "tests/soak/test_stops.py::test_a_signal_before_the_first_step_leaves_a_run_that_goes_on",
        ),
        (
            "A full disk, for any file of the run, gives one line; the run resumes once there is space.",
            "tests/soak/test_stops.py::test_a_disk_that_is_full_for_one_file_loses_nothing",
        ),
        (
            "However little fits on the disk, the checkpoint before it stays intact.",
            "tests/soak/test_stops.py::test_a_disk_that_is_full_at_any_size_loses_nothing",
        ),
        (
            "A run folder that is removed during training gives one line.",
            "tests/soak/test_stops.py::test_a_folder_that_vanishes_is_one_line",
        ),
        (
            "A second process in the same run folder is refused before it loads anything; a process that died leaves "
            "no lock behind.",
            "tests/soak/test_stops.py::test_a_second_process_is_refused_before_it_loads_anything",
        ),
    ],
    "A run can be reproduced": [
        (
            "`etudes reproduce RUN` trains again with the run's settings and compares weights, training metrics and "
            "test metrics bit for bit.",
            "tests/actions/test_reproduce.py::test_a_run_is_reproduced_bit_for_bit_and_leaves_nothing",
        ),
        (
            "If they differ, it names the first metrics that do, and the differences between the environments.",
            "tests/actions/test_reproduce.py::test_what_differs_is_named",
        ),
        (
            "Settings that were changed after training are refused, and so are damaged weights.",
            "tests/runs/test_run_folder.py::test_settings_that_were_changed_after_the_training_are_refused",
        ),
    ],
    "No input file can do harm": [
        (
            "Pictures, folders, tables, archives, weights, settings, run folders and arguments that are wrong, broken, "
            "huge or hostile are refused in one line with exit code 2, cost little time and memory, and change "
            "nothing. Nothing in a file is unpickled, executed, or followed out of it.",
            "tests/soak/test_hostile.py::test_bad_inputs_are_refused_in_one_line_before_a_framework_is_imported",
        ),
        (
            "Random damage to checkpoints, weights, manifests, settings and cached data is detected or harmless.",
            "tests/soak/test_flips.py::test_damage_is_detected_or_harmless",
        ),
        (
            "Whatever can be refused without a network is refused before a backend is loaded: inputs and options of "
            "every study, damaged runs, missing data.",
            "tests/cli/test_refusals_are_quick.py::test_a_bad_input_or_option_is_refused_without_a_backend",
        ),
        (
            "A refusal costs little time and memory.",
            "tests/cli/test_refusals_are_quick.py::test_a_refusal_costs_little",
        ),
        (
            "Pickles in a published data set are read by an unpickler that accepts arrays only, and only after their "
            "checksum was verified.",
            "tests/data/test_published.py::test_a_malicious_pickle_is_refused_even_with_the_right_sum",
        ),
    ],
    "Nothing of a person's is lost": [
        (
            "An input is never replaced, whatever it is called; `--overwrite` changes nothing of that.",
            "tests/views/test_pictures.py::test_an_input_is_never_replaced_whatever_it_is_called",
        ),
        (
            "A file that Études did not write is replaced only with `--overwrite`; what it writes says so in its own"
            " metadata.",
            "tests/views/test_pictures.py::test_what_etudes_wrote_is_replaced_and_nothing_else",
        ),
        (
            "Two photographs are two dreams, and neither is written over.",
            "tests/experiments/deep_dream/test_many.py::test_two_photographs_are_two_dreams_and_stay_as_they_are",
        ),
        (
            "An interrupted command on many pictures continues with those that are left.",
            "tests/experiments/deep_dream/test_many.py::test_the_same_command_goes_on_with_the_pictures_that_are_left",
        ),
        (
            "Answers to a file of questions replace no other file, and never the questions.",
            "tests/experiments/addition_rnn/test_question_files.py::test_the_questions_are_never_replaced",
        ),
        (
            "An export replaces only an unchanged export.",
            "tests/exports/test_ownership.py::test_an_earlier_export_is_replaced_and_a_changed_one_is_not",
        ),
        (
            "Results are written before anything is drawn; a picture, card or report that fails is one line and "
            "never costs a run.",
            "tests/actions/test_showing.py::test_a_picture_that_cannot_be_drawn_costs_one_line_each",
        ),
        (
            "What is drawn has one size however many classes there are.",
            "tests/views/test_budgets.py::test_a_matrix_of_any_size_is_a_picture_of_one_size",
        ),
        (
            "What a read-only folder cannot keep is still printed.",
            "tests/actions/test_read_only.py::test_what_cannot_be_saved_is_printed",
        ),
    ],
    "Figures are true": [
        (
            "A finished run that is asked for anything else refuses, and names the difference.",
            "tests/actions/test_finished_runs.py::test_what_is_asked_differently_is_refused",
        ),
        (
            "Data that changed is noticed wherever a run's data is read, and what changed is said.",
            "tests/actions/test_run_data.py::test_a_folder_that_changed_is_refused_with_what_changed",
        ),
        (
            "With other data to test on, examples that were learned are counted and said.",
            "tests/actions/test_test_data.py::test_what_was_learned_is_counted",
        ),
        (
            "Runs and their data may be moved together; a run also says where its data was.",
            "tests/actions/test_run_data.py::test_it_is_found_where_run_and_data_were_moved_together",
        ),
        (
            "A stopped run can be finished as it is, and says so ever after.",
            "tests/actions/test_finish.py::test_a_stopped_run_is_finished_as_it_is",
        ),
        (
            "No question of a file is both trained on and tested, spaces and Unicode forms aside.",
            "tests/experiments/addition_rnn/test_data.py::test_no_question_of_a_file_is_trained_on_and_tested",
        ),
        (
            "Every subset keeps the classes' shares.",
            "tests/data/test_subsets.py::test_a_limit_keeps_the_shares_of_unequal_classes",
        ),
        (
            "Unequal classes are said, and balanced accuracy comes first.",
            "tests/analysis/test_classification.py::"
            "test_balanced_accuracy_and_the_classes_come_first_where_they_are_unequal",
        ),
        (
            "What an export says of its inputs and outputs was read from the written file and seen when it ran; else"
            " nothing is kept.",
            "tests/exports/test_exports.py::test_the_sheet_says_what_the_file_is",
        ),
    ],
    "Nothing is read in another sense in silence": [
        (
            "Pictures in another range are scaled and said, or refused; dark ones are not stretched.",
            "tests/data/test_ranges.py::test_plain_ranges_are_scaled_and_noted",
        ),
        (
            "A drawing dark on light is inverted and said; what is prepared already stays bit for bit.",
            "tests/analysis/test_answers.py::test_dark_on_light_is_inverted_and_said_and_decided_otherwise",
        ),
        (
            "What is nothing of the kind is answered with a remark, at about 1 false alarm in 20 on pictures like "
            "those of the training.",
            "tests/analysis/test_typicality.py::test_bundled_runs_remark_what_is_nothing_of_the_kind",
        ),
        (
            "One bad picture among many is named, and the others are answered.",
            "tests/analysis/test_answers.py::test_a_bad_picture_among_others_is_named_and_the_others_are_answered",
        ),
        (
            "Colours are converted from their profile; sRGB stays to the bit.",
            "tests/data/test_colour.py::test_a_wide_profile_is_converted",
        ),
        (
            "A folder or archive that comes split is used as split.",
            "tests/data/test_folders.py::test_a_folder_that_comes_split_is_taken_so",
        ),
        (
            "Separator, header, quotes and encoding of a table are found out and said, or the file is refused with "
            "the cure.",
            "tests/data/test_pairs.py::test_the_same_pairs_in_other_forms",
        ),
        (
            "Text from people is literal wherever it is drawn or printed.",
            "tests/views/test_literal_text.py::test_no_picture_reads_mathematics_into_names",
        ),
        (
            "Inputs as people bring them go through every command without a traceback.",
            "tests/test_cases_of_people.py::test_pictures",
        ),
    ],
    "It works in other people's programs": [
        (
            "Any configuration of Keras (`keras.json`, `keras.config`, `KERAS_MAX_EPOCHS`) changes nothing in a "
            "study, is as it was after every call, and is recorded with the run.",
            "tests/training/test_computing.py::test_keras_is_as_the_person_set_it_after_every_call",
        ),
        (
            "`use` may be called from any thread, also the first call; trainings begun in several threads run one "
            "after another, with the weights of each alone.",
            "tests/training/test_computing.py::"
            "test_trainings_and_questions_at_once_give_the_weights_and_answers_of_each_alone",
        ),
        (
            "What does not work is refused: a process that was forked after the framework had started gets one line "
            "with the cure (spawn).",
            "tests/training/test_computing.py::test_a_fork_after_the_start_is_refused_with_the_cure",
        ),
        (
            "A run folder is locked by the kernel and, on network file systems without such locks, by a file that "
            "names process and machine.",
            "tests/runs/test_locks.py::test_a_second_process_is_refused_and_the_first_is_known",
        ),
        (
            "Of many trainings that begin at once, each has a folder of its own.",
            "tests/runs/test_locks.py::test_of_many_that_choose_a_name_at_once_each_gets_its_own",
        ),
        (
            "The studio works behind a proxy with a prefix and a public name, whether the proxy takes the prefix off"
            " or not.",
            "tests/studio/test_behind_a_proxy.py::test_a_person_asks_through_the_proxy",
        ),
        (
            "A user without a home and a locale without Unicode are provided for.",
            "tests/cli/test_odd_places.py::test_a_user_whom_the_system_does_not_know_has_data_and_a_doctor",
        ),
    ],
    "A download is correct or absent": [
        (
            "A response that is cut off, stalled, endless or wrong, or an error, leaves no file under the final name.",
            "tests/data/test_downloads.py::test_nothing_else_takes_the_name",
        ),
        (
            "After a failure, the next attempt succeeds.",
            "tests/data/test_downloads.py::test_the_next_try_after_trouble_succeeds",
        ),
        (
            "If two processes need a file at once, one downloads and the other waits.",
            "tests/data/test_downloads.py::test_of_two_processes_one_downloads_and_the_other_waits",
        ),
        (
            "After a kill in the middle, the next download is correct and no leftovers pile up.",
            "tests/data/test_downloads.py::"
            "test_after_kills_in_the_middle_the_next_download_is_right_and_nothing_piles_up",
        ),
        (
            "Without a network, one line names the file, its full SHA-256 and the folder to put it in.",
            "tests/data/test_downloads.py::test_without_network_the_line_has_the_whole_checksum",
        ),
    ],
    "It works in unusual environments": [
        (
            "Runs and photographs may be in paths with spaces, other alphabets and 200 characters.",
            "tests/cli/test_odd_places.py::test_a_training_and_its_use_at_the_end_of_an_odd_path",
        ),
        (
            "Everything prints without a home folder, a display or a Unicode locale.",
            "tests/cli/test_odd_places.py::test_what_needs_no_training_prints_anywhere",
        ),
        ("A terminal of forty columns is wide enough.", "tests/cli/test_odd_places.py::test_forty_columns_are_enough"),
        (
            "A folder that cannot be written to gives one line.",
            "tests/cli/test_odd_places.py::test_a_place_that_cannot_be_written_is_one_line",
        ),
    ],
    "It answers anywhere": [
        (
            "Every option of `use`, of every study but dreams and `--teach`, works where no framework can be imported.",
            "tests/graphs/test_answering.py::test_every_option_of_every_study_needs_no_framework",
        ),
        (
            "So do runs of your own, with your own pictures, texts and alphabets; graphs and networks answer alike.",
            "tests/graphs/test_answering.py::test_own_data_and_alphabets_need_no_framework_either",
        ),
        (
            "A graph that is damaged, or names another file than the run's weights, is left alone, and that is said.",
            "tests/graphs/test_answering.py::test_damaged_graphs_are_left_alone_and_said",
        ),
        (
            "ONNX Runtime's telemetry is off: nothing goes to other hosts, nothing is left in the temporary folder.",
            "tests/graphs/test_answering.py::test_nothing_is_reported_to_other_hosts_nor_left_in_the_temporary_folder",
        ),
        (
            "A process that is forked after an answer answers too.",
            "tests/graphs/test_answering.py::test_a_forked_process_answers_too",
        ),
        (
            "The base installation lists, shows cards and reports, and names in one line what to install for the rest, "
            "before it reads or downloads data.",
            "tests/test_extras.py::test_the_base_lists_shows_cards_and_reports_and_says_what_the_rest_needs",
        ),
        (
            "The base wheel alone answers the three lines of the README.",
            "tests/test_packaging.py::test_the_base_wheel_answers_the_three_lines_of_the_readme",
        ),
        (
            "Every extra that a message or a page names exists.",
            "tests/test_extras.py::test_every_extra_that_is_named_anywhere_exists",
        ),
        (
            "Every form of a picture (path, image, array, bytes, open file) is read as the same pixels, or refused in "
            "one line.",
            "tests/data/test_inputs.py::test_every_form_of_a_picture_is_the_same_picture",
        ),
        (
            "What a notebook shows is escaped and bounded.",
            "tests/test_showing.py::test_a_result_is_no_larger_than_a_page_can_bear",
        ),
        (
            "Callbacks of Keras that are accepted change no bit of a training.",
            "tests/training/test_watching.py::test_a_callback_sees_each_epoch_and_changes_nothing",
        ),
        ("The notebooks run whole, without a warning.", "tests/test_notebooks.py::test_a_notebook_runs_whole"),
    ],
}
"""Heading → promises, each with the test that fails if it is broken."""


def yes(value: bool) -> str:
    """The word for a cell of a table."""
    return "yes" if value else "**no**"


def kills_table(records: list[dict[str, Any]]) -> list[str]:
    """Uninterrupted and interrupted runs, with the SHA-256 of their weights."""
    lines = [
        "| study | backend | kills | failpoints | runs | uninterrupted | interrupted | equal |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for record in records:
        ends = ", ".join(f"`{sha[:12]}`" for sha in record["interrupted"])
        places = len({point.split("@")[0] for point in record["fired"]})
        same = yes(not record["differing"] and record["interrupted"] == [record["straight"]])
        head = f"| {record['etude']} | {record['backend']} | {len(record['fired'])} | {places} | {record['runs']} "
        lines.append(f"{head}| `{record['straight'][:12]}` | {ends} | {same} |")
    return lines


def repeats_table(records: list[dict[str, Any]]) -> list[str]:
    """The same command three times, and once on one core."""
    lines = ["| study | backend | weights | three of three equal | on one core |", "| --- | --- | --- | --- | --- |"]
    for record in records:
        cells = (record["etude"], record["backend"], f"`{record['weights'][:12]}`")
        lines.append(
            "| "
            + " | ".join(cells)
            + f" | {yes(record['same'])} | {'equal' if record['same_on_one_core'] else 'different'} |"
        )
    return lines


def checkpoints_table(records: list[dict[str, Any]]) -> list[str]:
    """The cost of a checkpoint."""
    lines = [
        "| study (`tuned`) | MB | seconds (median) | saved every s | share of time |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in records:
        median = sorted(record["seconds"])[len(record["seconds"]) // 2]
        cells = (f"{record['megabytes']:.1f}", f"{median:.3f}", f"{record['every']:.0f}", f"{record['share']:.2%}")
        lines.append(f"| {record['etude']} | " + " | ".join(cells) + " |")
    return lines


def signals_table(records: list[dict[str, Any]]) -> list[str]:
    """Seconds until a run stops."""
    lines = [
        "| study (`tuned`) | signal | seconds | exit code | saved, reported and stopped |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in records:
        cells = (record["etude"], record["signal"], f"{record['seconds']:.1f}", record["code"], yes(record["right"]))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def hostile_table(found: dict[str, Any]) -> list[str]:
    """Bad inputs by kind."""
    lines = [
        "| kind | tried | refused properly | max s | max MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind, row in found["kinds"].items():
        cells = (row["tried"], row["refused"], f"{row['seconds']:.2f}", f"{row['megabytes']:.0f}")
        lines.append(f"| {kind} | " + " | ".join(map(str, cells)) + " |")
    return lines


def flips_table(found: dict[str, Any]) -> list[str]:
    """Random damage by file."""
    lines = ["| file | damaged | detected | harmless | loaded with changes |", "| --- | --- | --- | --- | --- |"]
    for file, row in found.items():
        lines.append(f"| {file} | {row['tried']} | {row['detected']} | {row['harmless']} | {row['silent']} |")
    return lines


PARTS = {
    "kills": (
        "Killed and resumed",
        "Tiny runs that save a checkpoint at every step are killed at seeded failpoints (a fifth of the kills at a "
        "random time) and resumed, until the number of kills in the table is reached. The finished run is compared "
        "with one that was never interrupted: SHA-256 of the weights, every logged metric, every test metric.",
        kills_table,
    ),
    "repeats": (
        "The same command again",
        "Three runs of the preset `tiny` in three processes. No deterministic mode is switched on: on the CPU both "
        "backends compute the same bits by default, so determinism costs no time there. The last column says whether "
        "one core gives the same bits as all cores; that is not promised.",
        repeats_table,
    ),
    "checkpoints": (
        "What a checkpoint costs",
        "A file as large as the networks with two moments for each weight, written five times and flushed to the disk. "
        "A run saves one every 30 seconds, or less often if that would take more than 2 % of the time, but at least "
        "every 60 seconds.",
        checkpoints_table,
    ),
    "signals": (
        "Stopped by a signal",
        "Seconds from the signal to the end of the process, with the networks and batches of the preset `tuned` on "
        "embedded data. The current step is finished, a checkpoint is written, and the command that resumes is "
        "printed.",
        signals_table,
    ),
    "hostile": (
        "Bad inputs",
        "Files, folders and arguments as users might pass them, generated by `tests/soak`, each tried with a command "
        "in its own process. Refused properly: exit code 2, one line of at most 200 characters, nothing changed, no "
        "process left, within 2 s and 512 MB (20 s and 1 GB if only the network itself can tell).",
        hostile_table,
    ),
    "flips": (
        "Random damage",
        "Flipped bits, cuts, zeros and appended bytes in the files that a run is resumed or loaded from. Detected: "
        "refused in one line, or the checkpoint before it is used. Harmless: what is loaded is equal.",
        flips_table,
    ),
}


def reliability_page(results: dict[str, Any]) -> str:
    """The page, from the content of benchmarks/reliability.json."""
    lines = [
        "# Reliability",
        "",
        "Each promise names the test that checks it. `make test` and `make check` try a sample of each; `make soak`",
        "tries all of it and writes `benchmarks/reliability.json`, from which `python docs/generate.py` makes this",
        "page.",
        "",
        "## Promises",
    ]
    for heading, promises in PROMISES.items():
        lines += ["", f"### {heading}", ""]
        lines += [f"- {sentence}\n  `{test}`" for sentence, test in promises]
    lines += ["", "## Measurements"]
    for part, (heading, text, table) in PARTS.items():
        lines += ["", f"### {heading}", "", text, ""]
        if part not in results:
            lines.append("Not measured yet.")
            continue
        found = results[part]
        versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
        lines += [*table(found["metrics"]), ""]
        lines.append(f"{found['minutes']} minutes on {found['cores']} cores, {found['processor']}; {versions}.")
    return "\n".join(lines) + "\n"
