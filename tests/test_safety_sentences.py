"""Every promise of safety in the manual and the README has a test: a sentence that is added there without one fails here."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MANUAL = ROOT / "coasty_desk" / "manual"
PAGES = ("stopping", "policy", "secrets", "money")
SECTIONS = ("Stopping it", "What it may do", "What it costs")
"""Of the README."""

STOPPING, IN_HAND, WAYS = "tests/cli/test_stopping.py", "tests/cli/test_in_hand.py", "tests/desktop/test_methods.py"
POLICY, RISK, GATES = "tests/core/test_policy.py", "tests/core/test_risk.py", "tests/core/test_gates_in_hand.py"

UNTRUSTED = "tests/record/test_untrusted.py"
PROJECT, THERE = "tests/test_project_file.py", "tests/cli/test_project.py"
OWN = "tests/cli/test_own_terminal.py"
STATELESS = "tests/cli/test_stateless_run.py"
MONEY, LEDGER = "tests/cli/test_money.py", "tests/record/test_spending.py"
COMMANDS, COMMITTING, DENIED = (
    f"tests/core/test_{name}.py" for name in ("shell_commands", "commit_words", "typed_denied")
)

DISTURBED = "tests/desktop/test_disturbed.py"
HINDERED = "tests/cli/test_stopping_hindered.py::test_a_stop_is_heard_in_any_state_and_past_any_hindrance"
SUSPENDING = "tests/cli/test_suspending.py"
SECRETS, AUTH = "tests/core/test_secrets.py", "tests/cli/test_auth.py"
AGAIN = "tests/desktop/test_judged_again.py"

EVERY_WAY = f"{STOPPING}::test_every_way_stops_every_input"

PROMISES: dict[str, tuple[str, ...]] = {
    "Any of these ends a run at once": (EVERY_WAY, f"{STOPPING}::test_every_way_stops_a_request_that_is_held"),
    "Esc three times within a second": (EVERY_WAY,),
    "the abort key, Ctrl+Shift+F12": (EVERY_WAY, f"{WAYS}::test_the_abort_key_works_on_every_layout"),
    "the pointer thrown into a corner": (EVERY_WAY, f"{WAYS}::test_a_person_at_the_display_trips_the_stop"),
    "Ctrl-C in the terminal, or SIGTERM": (EVERY_WAY, f"{STOPPING}::test_the_other_signals_stop_as_well"),
    "`coasty-desk stop` from another terminal": (f"{STOPPING}::test_another_terminal_stops_it",),
    "no key and no mouse button is held down": (EVERY_WAY,),
    "also one that was just being opened": (f"{STOPPING}::test_a_session_that_was_being_opened_is_closed_and_booked",),
    "is named in the last event": (f"{STOPPING}::test_a_session_that_cannot_be_closed_is_said",),
    "says what a run costs at worst, which is far more": (
        "tests/models/vendor/test_any_model.py::test_cost_knows_the_prices_that_it_was_told",
    ),
    "Without a price `--budget` and": (
        "tests/models/vendor/test_any_model.py::test_a_cap_needs_a_price",
        "tests/models/vendor/test_any_model.py::test_a_run_that_costs_nobody_knows_what_is_asked_about",
    ),
    "No vendor knows a request again": (
        "tests/models/vendor/test_vendor_faults.py::test_an_answer_that_was_lost_is_booked_at_its_worst",
    ),
    "A server on this machine costs nothing": ("tests/models/vendor/test_any_model.py::test_a_cap_needs_a_price",),
    "On another screen than yours": (
        "tests/cli/test_on_virtual.py::test_what_it_says_of_stopping_is_what_there_is",
        "tests/cli/test_on_machine.py::test_a_run_on_a_machine_is_stopped_from_here",
    ),
    "opens no session": (f"{STATELESS}::test_a_run_without_a_session_pays_by_the_step_as_it_said",),
    "With the same memory that is cheaper": (
        "tests/models/coasty/test_pricing.py::test_short_runs_are_cheapest_without_a_session_and_long_ones_with_one",
        f"{STATELESS}::test_cost_names_the_cheapest_way",
    ),
    "are counted together": (f"{STATELESS}::test_a_long_system_prompt_is_said_before_it_costs",),
    "--steps 25` itemises it": (f"{MONEY}::test_the_bill_is_itemised",),
    "10 for a session, then 4 a step": (
        f"{MONEY}::test_the_bill_is_itemised",
        "tests/models/coasty/test_pricing.py::*",
    ),
    "A run of 25 steps costs at most": (f"{MONEY}::test_sessions_that_expire_stay_within_the_promise",),
    "more than you have agreed to before asks first": (
        f"{MONEY}::test_the_first_run_that_costs_asks_and_nobody_means_no",
        f"{MONEY}::test_what_was_agreed_is_an_amount",
    ),
    "is checked before each step against its worst case": (f"{MONEY}::test_a_budget_is_kept_to_the_cent",),
    "`--provider offline` costs nothing": ("tests/cli/test_offline.py::*",),
    "where that service passes on to Coasty": (
        "tests/cli/test_run_through_service.py::test_what_is_passed_on_to_who_charges_is_asked_about_and_capped",
    ),
    "caps a day over all your runs": (
        f"{MONEY}::test_a_days_cap_holds_over_its_runs",
        f"{MONEY}::test_a_days_cap_holds_for_runs_at_once",
        f"{LEDGER}::test_eight_processes_at_once_stay_within_the_cap",
        f"{LEDGER}::test_what_is_reserved_counts_until_it_is_settled",
    ),
    "a lost answer is not paid for twice": (
        "tests/record/test_never_twice.py::test_the_three_sums_agree_under_random_faults_and_deaths",
    ),
    "without doing or paying anything twice": (
        "tests/cli/test_killed.py::test_a_run_that_is_killed_again_and_again_does_and_pays_nothing_twice",
        "tests/cli/test_killed_moments.py::test_a_run_that_is_killed_at_its_worst_moments_does_and_pays_nothing_twice",
        "tests/cli/test_going_on.py::*",
    ),
    "NOTE is told to the model": ("tests/cli/test_going_on.py::*",),
    "says so and refuses to start": (f"{WAYS}::test_without_record_the_keys_are_not_taken_for_armed",),
    "What the agent does itself never stops it": (f"{STOPPING}::test_what_the_agent_does_itself_never_stops_it",),
    "the abort key is refused to the model": (f"{STOPPING}::test_the_agent_cannot_press_the_abort_keys",),
    "a third Esc within a second waits": (f"{GATES}::test_a_third_escape_within_a_second_is_spaced",),
    "lets go of what a killed process left held": (
        "tests/desktop/test_release.py::test_what_is_down_is_named_and_let_go",
    ),
    "closes the session that it left open": (
        "tests/cli/test_sessions.py::test_what_a_killed_run_left_open_is_listed_with_its_run_and_closed",
        "tests/cli/test_sessions.py::test_all_closes_every_session_but_that_of_a_run_that_goes_on",
    ),
    "Neither a terminal that Ctrl+S has stopped": (
        HINDERED,
        f"{SUSPENDING}::test_the_terminal_is_given_back_and_taken_again",
    ),
    "input that waits for the server then is thrown away": (HINDERED,),
    "Ctrl-Z lets go of everything": (
        f"{SUSPENDING}::test_nothing_is_held_while_the_run_is_suspended_and_then_it_looks_anew",
        f"{SUSPENDING}::test_what_was_decided_before_a_suspension_is_not_done_after_it",
        f"{SUSPENDING}::test_a_process_that_was_stopped_by_force_breaks_off_what_it_was_at",
    ),
    "wakes a stopped run to end it": (
        f"{SUSPENDING}::test_a_suspended_run_can_be_stopped",
        f"{STOPPING}::test_another_terminal_stops_it",
        "tests/cli/test_stopping_hindered.py::test_stop_says_when_a_run_has_not_ended",
    ),
    "Only one run drives a display at a time": (
        f"{STOPPING}::test_a_second_run_on_the_display_is_refused",
        "tests/desktop/test_display_lock.py::test_a_held_display_names_its_owner",
    ),
    "refuse beside it too": (
        f"{STOPPING}::test_nothing_sends_input_beside_a_run",
        f"{STOPPING}::test_a_look_at_the_desktop_moves_nothing_beside_a_run",
        f"{STOPPING}::test_a_run_that_loses_its_display_to_another_ends",
        "tests/desktop/test_display_lock.py::test_a_lock_that_is_lost_ends_the_run",
    ),
    "is put out of the way for the run": (f"{OWN}::test_a_stop_puts_it_back",),
    "No picture shows it": (
        f"{OWN}::test_nothing_reaches_it_and_no_picture_shows_it",
        f"{OWN}::test_its_words_are_no_evidence",
        f"{OWN}::test_its_place_is_not_clicked",
    ),
    "if it has the keyboard, that goes to the window beneath first": (
        f"{OWN}::test_nothing_reaches_it_and_no_picture_shows_it",
        f"{OWN}::test_without_another_window_no_key_is_pressed",
        f"{OWN}::test_a_keyboard_that_it_has_taken_is_had_back_or_not_used",
    ),
    "A question brings it back": (f"{OWN}::test_a_question_brings_it_back_and_hides_it_again",),
    "however that ends, everything is where it was": (
        f"{OWN}::test_a_stop_puts_it_back",
        f"{OWN}::test_what_a_killed_run_left_is_put_back",
    ),
    "an editor with a terminal in it stays unless you say": (
        f"{OWN}::test_a_window_that_is_more_than_a_terminal_stays",
    ),
    "the run pauses before its next action": (f"{IN_HAND}::test_a_hand_on_the_mouse_pauses_the_run",),
    "holds on while you hold Ctrl": (f"{DISTURBED}::test_no_letter_becomes_a_shortcut",),
    "another window takes the": ("tests/desktop/test_focus_moves.py::test_another_window_ends_the_typing",),
    "you type into its text": (f"{DISTURBED}::test_a_person_who_types_too",),
    "the pointer cannot get to its place": (f"{DISTURBED}::test_no_press_where_the_pointer_cannot_get",),
    "`--step` asks before every action": (f"{IN_HAND}::test_always_does_nothing_without_a_yes",),
    "no terminal and no answer mean no": (
        f"{IN_HAND}::test_without_a_terminal_risky_actions_are_not_done",
        "tests/cli/test_prompts.py::test_no_answer_in_time_is_no",
    ),
    "chords that close a window": (
        f"{RISK}::test_closing_chords_are_risky",
        f"{RISK}::test_ending_the_session_is_risky",
    ),
    "Delete on files": (f"{RISK}::test_delete_is_risky_on_files",),
    "a click, Enter, a blank or Alt and a letter where the model's words": (
        f"{RISK}::test_committing_words_make_a_click_or_enter_risky",
        f"{GATES}::test_the_text_under_the_pointer_makes_a_click_risky",
        f"{IN_HAND}::test_what_the_model_says_makes_a_click_risky",
    ),
    "typed shell commands that remove": (
        f"{RISK}::test_dangerous_shell_commands_are_risky",
        f"{COMMANDS}::test_keys_that_write_a_command_are_risky",
    ),
    "Enter in a terminal (or where that cannot be told)": (
        f"{COMMANDS}::test_sending_a_terminals_line_that_is_unknown_is_risky",
        f"{COMMANDS}::test_what_is_pasted_into_a_terminal_is_risky",
    ),
    "in fourteen languages": (f"{COMMITTING}::test_what_destroys_spends_publishes_or_locks_out_is_asked_about",),
    "Patterns are plain words, globs or regular expressions": (
        "tests/wire/test_regular_expressions.py::test_a_pattern_does_what_it_looks_like",
        "tests/wire/test_regular_expressions.py::test_what_cannot_be_matched_in_linear_time_is_named_when_it_is_read",
    ),
    "judges what will stand there": (
        f"{DENIED}::test_denied_text_does_not_come_to_stand_there",
        "tests/desktop/test_denied_typing.py::*",
        "tests/wire/test_regular_expressions.py::test_plain_words_are_found_however_they_are_spelled",
    ),
    "What it cannot follow it refuses": (
        f"{DENIED}::test_where_text_is_denied_what_cannot_be_known_is_not_put_in",
        f"{DENIED}::test_a_line_that_is_unknown_is_not_sent",
        f"{DENIED}::test_no_key_makes_an_unknown_line_a_known_one",
        f"{DENIED}::test_every_chord_of_a_shell_is_known",
    ),
    "anything that goes to a terminal window": (f"{RISK}::test_under_cautious_anything_in_a_terminal_is_risky",),
    "is enforced on every action before any input": (
        f"{IN_HAND}::test_a_policy_refuses_what_it_says_and_nothing_else",
        f"{IN_HAND}::test_max_actions_caps_the_run",
        f"{POLICY}::test_denied_text_is_judged_across_actions",
    ),
    "Starting an application": (
        "tests/cli/test_launch.py::test_a_policy_that_does_not_let_it_pass_starts_nothing",
        "tests/cli/test_launch.py::test_without_a_yes_it_is_not_started",
        "tests/wire/test_action_json.py::test_only_our_own_record_starts_an_application",
    ),
    "A refused action drops the rest of its batch": (
        f"{IN_HAND}::test_a_policy_refuses_what_it_says_and_nothing_else",
        f"{IN_HAND}::test_a_batch_that_was_refused_cannot_end_as_succeeded",
    ),
    "The value is put in at the keystroke": (f"{IN_HAND}::test_a_secret_is_typed_and_said_nowhere",),
    "it is typed only while a window with such a title has the": (
        f"{SECRETS}::test_a_bound_secret_is_typed_into_its_windows_alone",
        f"{IN_HAND}::test_a_bound_secret_is_typed_nowhere_else",
    ),
    "of a long text": (
        f"{GATES}::test_a_question_shows_both_ends_of_a_long_text",
        "tests/cli/test_prompts.py::test_a_question_is_shown_to_its_end",
    ),
    "after a yes the policy and the masks judge once more": (
        f"{IN_HAND}::test_a_denied_window_that_comes_up_while_a_person_is_asked_gets_nothing",
    ),
    "When a run is taken up again": ("tests/cli/test_going_on.py::test_the_policy_counts_over_all_sittings",),
    "asks at its first use": (f"{SECRETS}::test_under_risky_an_unbound_secret_is_asked_about_once",),
    "hidden, also escaped, spelled out, or encoded in the usual ways": (
        f"{SECRETS}::test_a_value_that_is_written_otherwise_is_hidden",
        f"{SECRETS}::test_a_value_in_keys_or_in_pieces_is_refused",
        f"{SECRETS}::test_a_short_value_is_hidden_where_it_stands_alone",
        f"{SECRETS}::test_a_value_in_pieces_over_several_answers_is_not_finished",
        f"{IN_HAND}::test_a_secret_that_the_model_spells_out_is_neither_typed_nor_kept",
    ),
    "the value is painted black where it can be read": (
        "tests/cli/test_secrets_seen.py::test_a_secret_in_a_visible_field_is_in_no_later_picture",
        "tests/cli/test_secrets_seen.py::test_the_same_in_other_toolkits",
        "tests/cli/test_secrets_seen.py::test_the_picture_of_a_question_does_not_show_it_either",
        "tests/cli/test_secrets_seen.py::test_a_run_that_is_taken_up_again_knows_what_it_has_typed",
    ),
    "where no reader is installed the run says so": (
        "tests/cli/test_secrets_seen.py::test_without_a_reader_it_is_said_before_the_run",
    ),
    "Rules about windows are asked again": (
        f"{AGAIN}::test_a_window_that_is_forbidden_in_mid_typing_gets_no_more",
        f"{AGAIN}::test_between_two_clicks_of_one_the_rules_are_asked",
        f"{AGAIN}::test_between_two_notches_the_rules_are_asked",
        f"{AGAIN}::test_a_drag_that_must_not_end_there_ends_where_it_began",
        f"{IN_HAND}::test_a_denied_window_that_comes_up_while_a_person_is_asked_gets_nothing",
    ),
    "no title of a window that they refuse is told": (f"{POLICY}::test_no_refusal_names_a_window",),
    "no pointer goes into": (
        f"{AGAIN}::test_no_drag_and_no_pointer_crosses_a_masked_window",
        f"{AGAIN}::test_no_key_goes_to_a_masked_window",
        f"{GATES}::test_what_would_touch_a_mask_is_refused",
    ),
    "paint parts of the screen black": (
        f"{IN_HAND}::test_a_mask_is_black_to_the_pixel_and_not_clicked",
        f"{IN_HAND}::test_a_mask_follows_a_window_by_its_title",
    ),
    "code in it is never executed": ("tests/wire/test_pyautogui_source.py::*",),
    "It is parsed into a closed set of actions": ("tests/wire/test_action_json.py::*",),
    "it can only tighten what protects you": (
        f"{PROJECT}::test_no_setting_of_a_strangers_file_weakens_anything",
        f"{PROJECT}::test_all_of_them_at_once_weaken_nothing",
        f"{PROJECT}::test_what_tightens_is_in_force_and_says_where_it_is_from",
        f"{THERE}::test_both_policies_judge_every_action",
        f"{THERE}::test_a_projects_budget_does_not_answer_for_the_person",
    ),
    "one line says what was left out": (
        f"{THERE}::test_a_run_goes_on_without_what_would_loosen_it_and_says_so_in_one_line",
    ),
    "anything else in it is an error that names it": (
        f"{THERE}::test_a_strangers_file_that_sets_everything_starts_nothing",
    ),
    "trusts it as it is, until its content changes": (
        f"{THERE}::test_trust_is_given_once_and_ends_with_the_content",
        f"{PROJECT}::test_trust_holds_for_the_very_content_in_that_very_place",
    ),
    "No path in it is read outside of its folder": (
        f"{PROJECT}::test_no_path_of_a_projects_file_leads_out_of_its_folder",
    ),
    "in a folder that only you can read": (f"{UNTRUSTED}::test_what_is_kept_is_its_owners_alone_whatever_the_umask",),
    "`--no-record` keeps nothing": (f"{UNTRUSTED}::test_a_run_without_a_record_leaves_nothing_anywhere",),
    "http is refused, but to this machine itself": (
        "tests/models/coasty/test_api_key.py::test_a_key_goes_unencrypted_to_this_machine_alone",
    ),
    "puts a badge on the screen that says who drives": (
        "tests/cli/test_overlay.py::test_a_run_with_the_badge_hits_and_sees_what_is_under_it",
    ),
    "`coasty-desk resume last` goes on with the run": ("tests/cli/test_going_on.py::*",),
    "asks for it without showing it": (
        f"{AUTH}::test_the_key_is_not_echoed_at_a_terminal",
        f"{AUTH}::test_a_key_that_the_service_takes_is_stored_for_its_host",
    ),
    "COASTY_API_KEY in the environment comes before it": (f"{AUTH}::test_the_environments_key_comes_first",),
    "It is never an option": ("tests/cli/test_one_table.py::test_every_option_of_run_is_a_row_and_none_is_missing",),
    "It is in no file, log, event, report or error": (
        f"{MONEY}::test_the_key_is_nowhere_on_the_disk",
        "tests/models/coasty/test_client.py::test_the_key_is_in_nothing_that_comes_back",
        "tests/models/coasty/test_api_key.py::test_a_key_shows_in_no_repr",
    ),
    "no such file deletes a record": (f"{THERE}::test_other_peoples_files_delete_no_runs",),
    "An answer that comes to more than a person could watch": (
        "tests/wire/test_predictions.py::test_more_than_a_person_could_watch_is_refused_whole",
        "tests/test_linear_matching.py::test_a_pattern_of_ours_is_linear_in_the_text",
        "tests/test_linear_matching.py::test_judging_an_action_grows_with_its_length_alone",
        "tests/desktop/test_window_list.py::test_a_title_of_many_megabytes_stays_where_it_is",
    ),
    "nothing that it says is printed raw": (
        "tests/cli/test_prompts.py::test_control_characters_of_the_model_do_not_reach_the_terminal",
    ),
}
"""A part of each promise, and the tests that hold it."""

NO_PROMISES = (
    "Your own terminal.",
    "Two things are not hidden",
    "Started in a container",
    "Risky are:",
    "The rules are a net with holes",
    "What must not happen belongs in a policy",
    "What a model of a vendor costs stands in your own",
    "The languages are",
    "It does not see what was there before",
    "SIGSTOP cannot be heard",
    "`auth status` says which key is used",
    "Where in a window its caret stands",
    "lets the task say",
    "rule what falls under it",
    "The model's answer is untrusted",
)
"""Parts of the sentences there that explain and promise nothing."""


def _sentences() -> list[str]:
    """Every sentence, bullet and table row of these pages and sections."""
    readme = (ROOT / "README.md").read_text("utf-8")
    texts = [(MANUAL / f"{page}.md").read_text("utf-8") for page in PAGES]
    texts += [readme.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0] for title in SECTIONS]
    found: list[str] = []
    for page in texts:
        text = re.sub(r"^#+ .*$", "", page, flags=re.MULTILINE)
        text = re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("**", "")
        rows = [" ".join(row.strip("| ").split("|")) for row in text.splitlines() if row.startswith("|")]
        found += [" ".join(row.split()) for row in rows if set(row) - set("-| ")]
        prose = "\n".join(row for row in text.splitlines() if not row.startswith("|"))
        for block in re.split(r"\n\s*\n|\n- ", prose):
            found += [s for s in re.split(r"(?<=[.;:]) (?=[A-Z`])", " ".join(block.split()).removeprefix("- ")) if s]
    return found


@cache
def _tests() -> set[str]:
    names = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        here = path.relative_to(ROOT).as_posix()
        names |= {
            f"{here}::{node.name}"
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.FunctionDef)
        }
        names.add(f"{here}::*")
    return names


def test_every_sentence_about_safety_has_its_tests() -> None:
    """A sentence of theirs that promises something is in the table above."""
    known = (*PROMISES, *NO_PROMISES)
    without = [s for s in _sentences() if len(s.split()) > 2 and not any(part in s for part in known)]
    assert without == []


@cache
def _manual() -> str:
    return " ".join(word for page in sorted(MANUAL.glob("*.md")) for word in page.read_text("utf-8").split())


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_is_still_made_and_tested(promise: str) -> None:
    """Its words are in the manual, and the tests that hold it exist."""
    assert promise in _manual()
    assert set(PROMISES[promise]) <= _tests()
