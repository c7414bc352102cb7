"""The text of docs/reliability.md: each promise, the test that holds it, and what `make soak` measured."""

from __future__ import annotations

from typing import Any

PROMISES: dict[str, list[tuple[str, str]]] = {
    "A training that dies goes on": [
        (
            "All six études, interrupted within an epoch and between two, on TensorFlow and on JAX: the same command "
            "ends in the same bits of the weights and in the same metrics as a training never interrupted.",
            "tests/test_contract.py::test_lives",
        ),
        (
            "The same after `kill -9` at every moment of every write of a run's files, between steps, within a `fit` "
            "of Keras, before validation and between epochs.",
            "tests/soak/test_kills.py::test_killed_at_every_failpoint_it_ends_the_same",
        ),
        ("Every failpoint fires in that test.", "tests/soak/test_kills.py::test_every_failpoint_is_tried"),
        (
            "A hand-written loop that is cut off at any step, in either of two phases, ends in the same bits.",
            "tests/training/test_session.py::test_cut_off_at_any_step_it_ends_in_the_same_bits",
        ),
        (
            "Two checkpoints are kept, each with its own SHA-256; a damaged one falls back to the one before it.",
            "tests/runs/test_run_folder.py::test_a_checkpoint_comes_back_and_the_previous_one_stands_in_for_a_damaged_one",
        ),
        (
            "A checkpoint of another version, of another program or of other settings is named as such.",
            "tests/runs/test_run_folder.py::test_a_checkpoint_of_another_version_or_program_is_named",
        ),
        (
            "No line of `metrics.jsonl` is lost or doubled: the checkpoint holds them all.",
            "tests/runs/test_run_folder.py::test_metrics_are_put_back_and_a_torn_last_line_is_left_out",
        ),
        (
            "A run goes on only on its own backend, with its own data and settings.",
            "tests/soak/test_stops.py::test_a_run_goes_on_only_on_its_backend_with_its_data_and_settings",
        ),
    ],
    "A training that is stopped says how to go on": [
        (
            "Ctrl-C and SIGTERM save a checkpoint, print the command that goes on, and end with exit code 130 and 143.",
            "tests/soak/test_stops.py::test_a_signal_saves_and_says_how_to_go_on",
        ),
        (
            "So they do before the first step.",
            "tests/soak/test_stops.py::test_a_signal_before_the_first_step_leaves_a_run_that_goes_on",
        ),
        (
            "A disk that is full, for any file of the run, is one line, and once there is room the run goes on.",
            "tests/soak/test_stops.py::test_a_disk_that_is_full_for_one_file_loses_nothing",
        ),
        (
            "However little fits: the checkpoint before it is whole.",
            "tests/soak/test_stops.py::test_a_disk_that_is_full_at_any_size_loses_nothing",
        ),
        (
            "A run folder that is removed under the training is one line.",
            "tests/soak/test_stops.py::test_a_folder_that_vanishes_is_one_line",
        ),
        (
            "A second process in the same run folder is refused before it loads anything; a process that died does "
            "not leave the folder locked.",
            "tests/soak/test_stops.py::test_a_second_process_is_refused_before_it_loads_anything",
        ),
    ],
    "A run can be made again": [
        (
            "`etudes reproduce RUN` trains again from the run's settings and compares weights, metrics and test "
            "metrics bit for bit.",
            "tests/test_reproduction.py::test_a_run_is_reproduced_bit_for_bit_and_leaves_nothing",
        ),
        (
            "Where they differ it names the first metrics that do, and what differs between the environments.",
            "tests/test_reproduction.py::test_what_differs_is_named",
        ),
        (
            "Settings that were changed after the training are refused, as are damaged weights.",
            "tests/runs/test_run_folder.py::test_settings_that_were_changed_after_the_training_are_refused",
        ),
    ],
    "No file that a person brings can hurt": [
        (
            "Pictures, folders, tables, archives, weights, settings, run folders and words that are bad, broken, huge "
            "or hostile are refused in one line, with exit code 2, at little cost, and change nothing: nothing in a "
            "file is unpickled, run, or followed out of it.",
            "tests/soak/test_hostile.py::test_bad_inputs_are_refused_in_one_line_at_little_cost",
        ),
        (
            "Random damage to checkpoints, weights, manifests, settings and cached data is noticed or changes nothing.",
            "tests/soak/test_flips.py::test_damage_is_detected_or_harmless",
        ),
        (
            "What can be refused is refused before a backend is loaded: inputs and options of every étude, damaged "
            "runs, missing data.",
            "tests/cli/test_refusals_are_quick.py::test_a_bad_input_or_option_is_refused_without_a_backend",
        ),
        (
            "A refusal costs little time and memory.",
            "tests/cli/test_refusals_are_quick.py::test_a_refusal_costs_little",
        ),
        (
            "Pickles in a published set are read by an unpickler that knows arrays and nothing else, and only once "
            "their checksum is right.",
            "tests/data/test_published.py::test_a_malicious_pickle_is_refused_even_with_the_right_sum",
        ),
    ],
    "A download is right or not there": [
        (
            "Cut, stalled, endless, wrong or refused answers of a server never leave a file under its name.",
            "tests/data/test_downloads.py::test_nothing_else_takes_the_name",
        ),
        (
            "After trouble, the next try succeeds.",
            "tests/data/test_downloads.py::test_the_next_try_after_trouble_succeeds",
        ),
        (
            "Of two processes at once one downloads and the other waits.",
            "tests/data/test_downloads.py::test_of_two_processes_one_downloads_and_the_other_waits",
        ),
        (
            "Killed in the middle, the next download is right and nothing piles up.",
            "tests/data/test_downloads.py::"
            "test_after_kills_in_the_middle_the_next_download_is_right_and_nothing_piles_up",
        ),
        (
            "Without a network, one line names the file, its whole SHA-256 and the folder to put it in.",
            "tests/data/test_downloads.py::test_without_network_the_line_has_the_whole_checksum",
        ),
    ],
    "It works in odd places": [
        (
            "Paths with spaces, of other alphabets and of 200 characters hold runs and photographs.",
            "tests/cli/test_odd_places.py::test_a_training_and_its_use_at_the_end_of_an_odd_path",
        ),
        (
            "Without a home, a display or a Unicode locale everything prints.",
            "tests/cli/test_odd_places.py::test_what_needs_no_training_prints_anywhere",
        ),
        ("Forty columns are enough.", "tests/cli/test_odd_places.py::test_forty_columns_are_enough"),
        (
            "A place that cannot be written to is one line.",
            "tests/cli/test_odd_places.py::test_a_place_that_cannot_be_written_is_one_line",
        ),
    ],
}
"""Heading → sentences, each with the test that fails if it is not so."""


def yes(value: bool) -> str:
    """A word for a table's cell."""
    return "yes" if value else "**no**"


def kills_table(records: list[dict[str, Any]]) -> list[str]:
    """Straight = interrupted, with the SHA-256 of both."""
    lines = [
        "| étude | backend | kills | at places | runs | straight | interrupted | the same |",
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
    """Three times the same command, and once on one core."""
    lines = ["| étude | backend | weights | three of three | on one core |", "| --- | --- | --- | --- | --- |"]
    for record in records:
        cells = (record["etude"], record["backend"], f"`{record['weights'][:12]}`")
        lines.append(
            "| "
            + " | ".join(cells)
            + f" | {yes(record['same'])} | {'same' if record['same_on_one_core'] else 'other'} |"
        )
    return lines


def checkpoints_table(records: list[dict[str, Any]]) -> list[str]:
    """What a checkpoint costs."""
    lines = ["| étude (`tuned`) | MB | median s | every s | share |", "| --- | --- | --- | --- | --- |"]
    for record in records:
        median = sorted(record["seconds"])[len(record["seconds"]) // 2]
        cells = (f"{record['megabytes']:.1f}", f"{median:.3f}", f"{record['every']:.0f}", f"{record['share']:.2%}")
        lines.append(f"| {record['etude']} | " + " | ".join(cells) + " |")
    return lines


def signals_table(records: list[dict[str, Any]]) -> list[str]:
    """How long it takes to stop."""
    lines = [
        "| étude (`tuned`) | signal | seconds | exit code | saved, said and stopped |",
        "| --- | --- | --- | --- | --- |",
    ]
    for record in records:
        cells = (record["etude"], record["signal"], f"{record['seconds']:.1f}", record["code"], yes(record["right"]))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def hostile_table(found: dict[str, Any]) -> list[str]:
    """Bad inputs by kind."""
    lines = [
        "| kind | tried | refused well | worst s | worst MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind, row in found["kinds"].items():
        cells = (row["tried"], row["refused"], f"{row['seconds']:.2f}", f"{row['megabytes']:.0f}")
        lines.append(f"| {kind} | " + " | ".join(map(str, cells)) + " |")
    return lines


def flips_table(found: dict[str, Any]) -> list[str]:
    """Random damage by file."""
    lines = ["| file | damaged | detected | harmless | loaded changed |", "| --- | --- | --- | --- | --- |"]
    for file, row in found.items():
        lines.append(f"| {file} | {row['tried']} | {row['detected']} | {row['harmless']} | {row['silent']} |")
    return lines


PARTS = {
    "kills": (
        "Killed and gone on with",
        "Tiny trainings, a checkpoint at every step, killed at seeded failpoints (a fifth of the kills: by the clock, "
        "anywhere) until so many had struck; every run then came to its end, and that is compared with the end of a "
        "run never interrupted: SHA-256 of the weights, every logged metric, every test figure.",
        kills_table,
    ),
    "repeats": (
        "The same command again",
        "Three trainings of the preset `tiny` in three processes. Nothing is switched on for it: on the CPU both "
        "backends compute the same bits as they are, so determinism costs no time there. The last column says whether "
        "one core gives the same bits as all; that is not promised.",
        repeats_table,
    ),
    "checkpoints": (
        "What a checkpoint costs",
        "A file as large as the networks with two moments for each weight, written five times and flushed to the disk. "
        "It is saved every 30 seconds, or as much less often as keeps it to 2 % of the time, but at least every 60.",
        checkpoints_table,
    ),
    "signals": (
        "Stopped by a signal",
        "From the signal to the end of the process, networks and batches of preset `tuned` on embedded data: the step "
        "under way is finished, a checkpoint written, and the line said that goes on.",
        signals_table,
    ),
    "hostile": (
        "Bad inputs",
        "Each is a file, folder or word that a person might bring, generated by `tests/soak`, tried with a command in "
        "a process of its own. Refused well: exit code 2, one line of at most 200 characters, nothing changed, no "
        "process left, within 2 s and 512 MB (20 s and 1 GB where only the network itself can tell).",
        hostile_table,
    ),
    "flips": (
        "Random damage",
        "Flipped bits, cuts, zeros and appended bytes in the files that a run is gone on with or loaded from. "
        "Detected: refused in one line, or the checkpoint before it is taken. Harmless: what is loaded is the same.",
        flips_table,
    ),
}


def reliability_page(results: dict[str, Any]) -> str:
    """The page, from the content of benchmarks/reliability.json."""
    lines = [
        "# Reliability",
        "",
        "Generated by `make soak`: it tries whole what `make test` tries in part, and writes its metrics to",
        "`benchmarks/reliability.json`, from which this page is made. Each promise names the test that holds it.",
        "",
        "## Promises",
    ]
    for heading, promises in PROMISES.items():
        lines += ["", f"### {heading}", ""]
        lines += [f"- {sentence}\n  `{test}`" for sentence, test in promises]
    lines += ["", "## Figures"]
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
