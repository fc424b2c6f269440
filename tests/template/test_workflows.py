"""The pipeline: one build goes through all environments, and everything it runs exists."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.template.test_bootstrap import BOOTSTRAP
from tests.unit.test_docs import commands, fault

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STAGES = ("dev", "stage", "prod")
SCRIPTS = (ROOT / ".ci" / "keep", ROOT / ".ci" / "promote", ROOT / ".ci" / "run")

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def workflow(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text("utf-8"))
    return loaded


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = workflow(path.stem)["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job.get("steps", [])


def scripts() -> dict[str, str]:
    """Everything that is run, by where it stands."""
    run = {f"{path.stem}: {step['run']}": step["run"] for path in WORKFLOWS for step in steps(path) if "run" in step}
    return run | {path.name: path.read_text("utf-8") for path in SCRIPTS}


def test_the_three_workflows_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == ["ci", "deploy", "promote"]


@each_workflow
def test_an_action_of_others_is_pinned_by_its_commit(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert [uses for uses in used if not re.fullmatch(r"(actions|aws-actions)/[\w-]+@[0-9a-f]{40}", uses)] == []


@each_workflow
def test_a_job_may_do_only_what_it_says(path: Path) -> None:
    assert workflow(path.stem)["permissions"] == {}
    for job in jobs(path).values():
        given = job["permissions"]
        assert given.items() <= {"contents": "read", "id-token": "write"}.items()
        takes_role = any("configure-aws-credentials" in step.get("uses", "") for step in job.get("steps", []))
        assert ("id-token" in given) == (takes_role or "promote.yml" in job.get("uses", ""))


@each_workflow
def test_nothing_that_people_type_becomes_part_of_a_script(path: Path) -> None:
    assert [step["run"] for step in steps(path) if "${{" in step.get("run", "")] == []


@each_workflow
def test_no_checkout_leaves_its_token_behind_and_no_job_runs_for_ever(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert all(job.get("timeout-minutes", 0) <= 60 for job in jobs(path).values())
    assert all("timeout-minutes" in job for job in jobs(path).values() if "steps" in job)


def test_ci_is_what_a_contributor_runs() -> None:
    run = [step["run"] for step in steps(WORKFLOWS[0]) if "run" in step]
    assert run == [".ci/run"]


def test_one_build_goes_through_the_environments_in_their_order() -> None:
    deploy = workflow("deploy")["jobs"]
    builds = [name for name, job in deploy.items() if any(s.get("run") == "make build" for s in job.get("steps", []))]
    assert builds == ["build"]
    assert deploy["build"]["needs"] == "check"
    for before, stage in zip(("build", *STAGES), STAGES, strict=False):
        job = deploy[stage]
        assert job["uses"] == "./.github/workflows/promote.yml"
        assert job["with"] == {"stage": stage, "release": "${{ needs.build.outputs.release }}"}
        assert {before, "build"} <= set(job["needs"] if isinstance(job["needs"], list) else [job["needs"]])
    assert not any("make build" in step.get("run", "") for step in workflow("promote")["jobs"]["promote"]["steps"])


def test_a_build_is_found_where_it_was_put() -> None:
    keep, promote = (path.read_text("utf-8") for path in SCRIPTS[:2])
    place = '"s3://$ARTEFACT_BUCKET/builds/$release/packaged.yaml"'
    assert place in keep
    assert place in promote
    assert '--s3-prefix "builds/$release"' in keep
    assert '--config-file "$PWD/samconfig.toml"' in promote, "else SAM looks for it beside the fetched template"
    assert '--s3-prefix "deployed/$stage"' in promote, "where the deploying role may put its template"
    assert all(folder in BOOTSTRAP.read_text("utf-8") for folder in ("/builds/*", "/deployed/${Stage}/*"))


def test_an_environment_is_changed_by_one_job_at_a_time_that_is_never_broken_off() -> None:
    promote = workflow("promote")
    assert promote["concurrency"] == {"group": "deploy-${{ inputs.stage }}", "cancel-in-progress": False}
    assert promote["jobs"]["promote"]["environment"] == "${{ inputs.stage }}"
    by_hand = promote[True]["workflow_dispatch"]["inputs"]  # YAML reads `on` as true
    assert tuple(by_hand["stage"]["options"]) == STAGES


def test_a_release_is_kept_as_good_only_after_the_smoke_test_and_the_watch() -> None:
    run = [step.get("run", "") for step in workflow("promote")["jobs"]["promote"]["steps"]]
    order = [".ci/promote", "wbsync doctor", "release watch", "release keep"]
    found = "\n".join(run[:-1])
    assert [found.index(part) for part in order] == sorted(found.index(part) for part in order)


def test_a_bad_release_is_replaced_by_the_good_one() -> None:
    *_, last = workflow("promote")["jobs"]["promote"]["steps"]
    assert last["if"].startswith("failure() && steps.deploy.outcome == 'success'")
    assert last["run"].index("release good") < last["run"].index('.ci/promote "$STAGE" "$good"')


def test_only_commits_of_the_branch_are_promoted() -> None:
    run = [step.get("run", "") for step in workflow("promote")["jobs"]["promote"]["steps"]]
    [taken] = [n for n, script in enumerate(run) if 'merge-base --is-ancestor "$RELEASE" "$GITHUB_SHA"' in script]
    assert taken < run.index("make setup")


def test_every_command_of_the_pipeline_exists_with_its_options() -> None:
    fenced = {where: f"```sh\n{script}\n```" for where, script in scripts().items()}
    found = {
        c.rstrip(')"')
        for text in fenced.values()
        for c in commands(text.replace("$(", " ").replace('"$STAGE")', "dev"))
    }
    assert {command: told for command in found if (told := fault(command.replace('"', "")))} == {}
    assert len(found) >= 5


def test_every_target_of_make_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    wanted = {word for script in scripts().values() for word in re.findall(r"^\s*make (\w+)", script, re.MULTILINE)}
    assert wanted == {"setup", "build", "lint", "test"}
    assert [name for name in wanted if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_every_file_that_is_run_is_there_and_may_be_run() -> None:
    named = {word for script in scripts().values() for word in shlex.split(script, comments=True) if word[:4] == ".ci/"}
    assert named == {".ci/keep", ".ci/promote", ".ci/run"}
    assert all((ROOT / name).stat().st_mode & 0o111 for name in named)
