"""The walk through a workflow, from what has happened alone: the right task next, nothing twice, the right end, cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from coasty_desk.workflows.definition import TaskStep
from coasty_desk.workflows.definition_reader import read
from coasty_desk.workflows.happenings import Halted, Happening, PersonSaid, TaskBegan, TaskEnded
from coasty_desk.workflows.workflow_interpreter import Finished, outlook

_Dice = random.Random

PASSED = {"op": "truthy", "value": "{{t.passed}}"}


def task(name: str, text: str = "Do it", **more: object) -> dict[str, object]:
    """A task as a definition has it."""
    return {"id": name, "type": "task", "task": text, **more}


class Driver:
    """Does what comes next, and tells what happened; `passes` says of each task, by its id and the how-manieth it is, whether it did."""

    def __init__(
        self,
        *steps: object,
        passes: Callable[[str, int], bool] = lambda _name, _count: True,
        says: Callable[[str], bool] = lambda _name: True,
        inputs: Mapping[str, Any] | None = None,
        output: object = None,
        max_iterations: int | None = None,
        shuffled: random.Random | None = None,
    ) -> None:
        self.definition = read({"steps": list(steps), "output": output})
        self.passes, self.says, self.inputs, self.most = passes, says, inputs or {}, max_iterations
        self.happened: list[Happening] = []
        self.done: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.open: dict[str, TaskStep] = {}
        self.shuffled = shuffled
        self.keys: list[str] = []
        self.most_at_once = 0

    def run(self, turns: int = 5000) -> Finished:
        for _ in range(turns):
            now = outlook(self.definition, self.inputs, self.happened, self.most)
            assert now == outlook(self.definition, self.inputs, tuple(self.happened), self.most)
            new = [one.key + one.type for one in now.told if one.key + one.type not in self.keys]
            assert len(new) == len(set(new))
            self.keys += new
            if now.finished is not None:
                assert not now.begin
                assert not self.open
                return now.finished
            assert set(now.open) == set(self.open)
            for one in now.begin:
                assert one.at not in {at for at, _ in self.done}, "a task is begun once"
                self.happened.append(TaskBegan(one.at, f"run {one.at}"))
                self.open[one.at] = one.step
                self.done.append((one.at, one.step.task))
            self.most_at_once = max(self.most_at_once, len(self.open))
            if now.begin:
                continue
            if now.end:
                for at in now.end:
                    del self.open[at]
                    self.happened.append(TaskEnded(at, "cancelled", passed=False))
            elif self.open:
                at = next(iter(self.open)) if self.shuffled is None else self.shuffled.choice(sorted(self.open))
                step = self.open.pop(at)
                self.counts[step.id] = self.counts.get(step.id, 0) + 1
                passed = self.passes(step.id, self.counts[step.id])
                self.happened.append(
                    TaskEnded(at, "succeeded" if passed else "failed", passed, f"result of {step.id}", f"run {at}", 2)
                )
            elif now.ask is not None:
                self.happened.append(PersonSaid(now.ask.at, self.says(now.ask.step_id), "because"))
            else:
                pytest.fail("nothing comes next")
        pytest.fail("it does not come to an end")

    @property
    def tasks(self) -> list[str]:
        return [text for _, text in self.done]


def test_a_failed_task_does_not_end_the_workflow_and_its_result_is_bound() -> None:
    """Under its id and its `save_as`."""
    run = Driver(
        task("t", save_as="first"),
        task("u", "{{t.status}} {{first.passed}} {{t.result}} {{t.steps}} {{t.run_id}}"),
        passes=lambda name, _: name != "t",
        output={"passed": "{{t.passed}}", "steps": "{{first.steps}}"},
    )
    assert run.run() == Finished("succeeded", {"passed": False, "steps": 2})
    assert run.tasks == ["Do it", "failed false result of t 2 run 0"]


def test_assert_if_succeed_and_fail() -> None:
    """The steps that decide, and those that end."""
    ended = Driver(
        task("t"),
        {"id": "a", "type": "assert", "condition": PASSED, "message": "not {{t.status}}"},
        passes=lambda *_: False,
    ).run()
    assert ended == Finished("failed", None, "ASSERTION_FAILED", "not failed")
    chosen = {
        "id": "i",
        "type": "if",
        "condition": PASSED,
        "then": [{"id": "s", "type": "succeed", "output": {"was": "{{t.status}}"}}],
        "else": [{"id": "f", "type": "fail", "message": "it {{t.status}}"}],
    }
    assert Driver(task("t"), chosen, task("never")).run() == Finished("succeeded", {"was": "succeeded"})
    assert Driver(task("t"), chosen, passes=lambda *_: False).run() == Finished(
        "failed", None, "WORKFLOW_FAILED", "it failed"
    )


def test_loops_count_and_say_which_time_it_is() -> None:
    """The innermost loop's number; after the outermost its last one."""
    inner = {"id": "in", "type": "loop", "count": 2, "body": [task("b", "inner {{vars.iteration}}")]}
    run = Driver(
        {"id": "out", "type": "loop", "count": 2, "body": [inner, task("c", "outer {{vars.iteration}}")]},
        task("d", "after {{vars.iteration}}"),
    )
    run.run()
    assert run.tasks == ["inner 1", "inner 2", "outer 1", "inner 1", "inner 2", "outer 2", "after 2"]


def test_a_loop_goes_on_while_its_condition_holds_and_its_cap_just_ends_it() -> None:
    """Neither is a failure."""
    again = {"op": "ne", "left": "{{t.passed}}", "right": True}
    loop = {"id": "l", "type": "loop", "while": again, "body": [task("t")]}
    run = Driver(loop, passes=lambda _, count: count == 4)
    assert run.run().status == "succeeded"
    assert len(run.done) == 4
    capped = Driver({**loop, "max_iterations": 3}, passes=lambda *_: False)
    assert capped.run().status == "succeeded"
    assert len(capped.done) == 3


@pytest.mark.parametrize(("asked", "most"), [(None, 1000), (100_000, 1000), (7, 7)])
def test_all_loops_together_have_a_guard(asked: int | None, most: int) -> None:
    """Also where a loop does nothing, and whatever was asked for; no retry catches it."""
    endless = {"id": "l", "type": "loop", "while": {"op": "exists", "value": 1}, "body": []}
    run = Driver(endless, max_iterations=asked)
    ended = run.run()
    assert (ended.code, str(most) in ended.message) == ("GUARD_EXCEEDED", True)
    retried = Driver({"id": "r", "type": "retry", "max_attempts": 3, "body": [endless]}, max_iterations=asked)
    assert retried.run().code == "GUARD_EXCEEDED"


def test_retry_catches_assertions_and_refusals_and_nothing_else() -> None:
    """A bare task that fails is not tried again: an assert says that it should be."""
    body = [task("t", "attempt {{vars.attempt}}"), {"id": "a", "type": "assert", "condition": PASSED}]
    run = Driver({"id": "r", "type": "retry", "max_attempts": 3, "body": body}, passes=lambda _, count: count == 3)
    assert run.run().status == "succeeded"
    assert run.tasks == ["attempt 1", "attempt 2", "attempt 3"]
    assert (
        Driver({"id": "r", "type": "retry", "max_attempts": 2, "body": body}, passes=lambda *_: False).run().code
        == "ASSERTION_FAILED"
    )
    asked = {"id": "r", "type": "retry", "max_attempts": 2, "body": [{"id": "h", "type": "human_approval"}]}
    assert Driver(asked, says=lambda _: False).run() == Finished(
        "failed", None, "APPROVAL_REJECTED", "A person has said no at the step h: because."
    )
    ends = Driver({"id": "r", "type": "retry", "max_attempts": 5, "body": [task("t"), {"id": "f", "type": "fail"}]})
    assert ends.run().code == "WORKFLOW_FAILED"
    assert len(ends.done) == 1
    bare = Driver({"id": "r", "type": "retry", "max_attempts": 5, "body": [task("t")]}, passes=lambda *_: False)
    assert bare.run().status == "succeeded"
    assert len(bare.done) == 1


def test_branches_are_begun_at_once_and_know_nothing_of_each_other() -> None:
    """What they came to is known after all of them."""
    branches = [
        [task("a"), task("b", "{{a.status}}{{c.status}}.")],
        [task("c"), task("d", "{{a.status}}{{c.status}}.")],
    ]
    run = Driver({"id": "p", "type": "parallel", "branches": branches}, task("e", "{{a.status}} {{d.status}}"))
    run.run()
    assert run.most_at_once == 2
    assert sorted(run.tasks) == ["Do it", "Do it", "succeeded succeeded", "succeeded.", "succeeded."]


def test_a_branch_that_fails_ends_the_others_and_what_they_had_not_begun_is_not_done() -> None:
    """It would cost, for nothing."""
    fails = [task("t"), {"id": "x", "type": "assert", "condition": PASSED}]
    run = Driver(
        {"id": "p", "type": "parallel", "branches": [fails, [task("slow"), task("never")]]},
        passes=lambda name, _: name != "t",
    )
    assert run.run().code == "ASSERTION_FAILED"
    assert len(run.done) == 2
    assert TaskEnded("0.1|0", "cancelled", passed=False) in run.happened


def test_a_halt_ends_what_is_under_way_first_and_asks_nothing_more() -> None:
    """A run is over only when nothing of it acts any more."""
    definition = read(
        {
            "steps": [
                task("t"),
                {"id": "a", "type": "assert", "condition": PASSED},
                {"id": "h", "type": "human_approval"},
            ]
        }
    )
    halt = Halted("cancelled", "", "cancelled")
    assert outlook(definition, {}, [halt]).finished == Finished("cancelled", None, "", "cancelled")
    under_way = outlook(definition, {}, [TaskBegan("0", "r"), halt])
    assert (under_way.finished, under_way.end) == (None, ("0",))
    over: list[Happening] = [TaskBegan("0", "r"), halt, TaskEnded("0", "cancelled", passed=False)]
    assert outlook(definition, {}, over).finished == Finished("cancelled", None, "", "cancelled")


@pytest.mark.parametrize(
    "step",
    [
        task("t", "{{inputs.big}}" * 3),
        {"id": "a", "type": "assert", "condition": {"op": "eq", "left": ["{{inputs.big}}"] * 200, "right": 1}},
        {"id": "s", "type": "succeed", "output": {"x": ["{{inputs.big}}"] * 200}},
        task("t", "{{nothing}}"),
        task("t", machine_id="{{nothing}}"),
    ],
)
def test_what_references_make_of_a_step_may_end_it_with_a_word_and_never_with_an_exception(step: object) -> None:
    """Inputs come from anywhere."""
    ended = Driver(step, inputs={"big": "x" * 8000}).run()
    assert (ended.status, ended.code) == ("failed", "WORKFLOW_FAILED")
    assert ended.message


def generated(
    pick: random.Random, depth: int = 1, *, parallel: bool = False, names: list[int] | None = None
) -> list[dict[str, Any]]:
    """Steps at random."""
    names = [0] if names is None else names

    def name() -> str:
        names[0] += 1
        return f"s{names[0]}"

    def condition() -> dict[str, Any]:
        seen = f"{{{{s{pick.randint(1, max(names[0], 1))}.passed}}}}"
        return pick.choice(
            [
                {"op": "truthy", "value": seen},
                {"op": "not", "condition": {"op": "eq", "left": seen, "right": True}},
                {"op": "lt", "left": "{{vars.iteration}}", "right": pick.randint(0, 3)},
            ]
        )

    kinds = [
        "task",
        "task",
        "assert",
        "if",
        "loop",
        "while",
        "retry",
        "parallel",
        *([] if parallel else ["human_approval", "succeed", "fail"]),
    ]
    steps: list[dict[str, Any]] = []
    for _ in range(pick.randint(1, 3)):
        kind = pick.choice(kinds if depth < 4 else ["task", "assert"])
        step: dict[str, Any] = {"id": name(), "type": "loop" if kind == "while" else kind}

        def body() -> list[dict[str, Any]]:
            return generated(pick, depth + 1, parallel=parallel, names=names)

        match kind:
            case "task":
                step["task"] = "Do {{vars.iteration}} {{s1.status}}"
            case "assert":
                step["condition"] = condition()
            case "if":
                step |= {"condition": condition(), "then": body(), "else": body()}
            case "loop":
                step |= {"count": pick.randint(0, 3), "body": body()}
            case "while":
                step |= {"while": condition(), "max_iterations": pick.randint(1, 3), "body": body()}
            case "retry":
                step |= {"max_attempts": pick.randint(1, 3), "body": body()}
            case "parallel":
                step["branches"] = [
                    generated(pick, depth + 1, parallel=True, names=names) for _ in range(pick.randint(1, 3))
                ]
        steps.append(step)
    return steps


@pytest.mark.parametrize("seed", range(200))
def test_a_generated_workflow_comes_to_the_same_end_whoever_is_first_and_begins_no_task_twice(seed: int) -> None:
    """The driver asserts that each place is begun once, and that asking again from what happened so far gives the same."""
    steps = generated(_Dice(seed))
    outcomes = _Dice(seed).choices([True, False], k=97)

    def drive(order: random.Random | None) -> tuple[Driver, Finished]:
        run = Driver(
            *steps,
            passes=lambda name, count: outcomes[(int(name[1:]) * 7 + count) % 97],
            says=lambda name: outcomes[len(name)],
            shuffled=order,
        )
        return run, run.run()

    first, ended = drive(None)
    other, again = drive(_Dice(seed + 1))
    if not any(isinstance(one, TaskEnded) and one.status == "cancelled" for one in (*first.happened, *other.happened)):
        assert ended.status == again.status
    for cut in range(len(first.happened) + 1):
        begun = {one.at for one in first.happened[:cut] if isinstance(one, TaskBegan)}
        assert not begun & {one.at for one in outlook(first.definition, {}, first.happened[:cut]).begin}
