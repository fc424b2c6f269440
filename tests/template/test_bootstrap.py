"""infra/bootstrap.yaml: whom the deploying roles trust, what they may touch, and how builds are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from infra.local.ministack import REGION
from tests.fixtures.template import Loader, template

BOOTSTRAP = Path(__file__).parents[2] / "infra" / "bootstrap.yaml"
ROLES = ("DeployRole", "ExecutionRole", "BuildRole")
OF_GITHUB = {"DeployRole", "BuildRole"}

# What has no name of the environment in its address, for the reason that stands beside it in the template.
EVERYWHERE = {
    "cloudformation:GetTemplateSummary",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogGroups",
    "lambda:CreateEventSourceMapping",
    "lambda:UpdateEventSourceMapping",
    "lambda:DeleteEventSourceMapping",
    "lambda:GetEventSourceMapping",
    "lambda:ListEventSourceMappings",
    "lambda:ListTags",
}

each_role = pytest.mark.parametrize("role", ROLES)


def resources() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(BOOTSTRAP.read_text(encoding="utf-8"), Loader)["Resources"]
    return loaded


def trust(role: str) -> dict[str, Any]:
    [statement] = resources()[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    found: dict[str, Any] = statement
    return found


def statements(role: str) -> Iterator[dict[str, Any]]:
    for policy in resources()[role]["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def listed(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [told]


@pytest.mark.parametrize("role", sorted(OF_GITHUB))
def test_a_role_of_github_trusts_one_repository_and_one_environment_or_branch_of_it(role: str) -> None:
    statement = trust(role)
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"].keys() == {"StringEquals"}, "no pattern: what it says is all that is meant"
    claims = statement["Condition"]["StringEquals"]
    asked = "token.actions.githubusercontent.com"
    subject = {"DeployRole": "environment:${Stage}", "BuildRole": "ref:refs/heads/${Branch}"}[role]
    assert claims == {f"{asked}:aud": "sts.amazonaws.com", f"{asked}:sub": {"Sub": f"repo:${{Repository}}:{subject}"}}


def test_no_parameter_lets_a_wildcard_into_whom_is_trusted() -> None:
    parameters = yaml.load(BOOTSTRAP.read_text(encoding="utf-8"), Loader)["Parameters"]
    for name in ("Repository", "Branch"):
        assert not {"*", "?"} & set(parameters[name]["AllowedPattern"].replace("]+", "]"))
    assert parameters["Stage"]["AllowedValues"] == ["dev", "stage", "prod"]


def test_what_makes_the_stack_is_taken_by_cloudformation_of_this_account_alone() -> None:
    statement = trust("ExecutionRole")
    assert statement["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@each_role
def test_nothing_is_allowed_of_everything(role: str) -> None:
    for statement in statements(role):
        actions = listed(statement["Action"])
        assert not [action for action in actions if action == "*" or action.endswith(":*")], statement
        if "*" in listed(statement["Resource"]):
            assert set(actions) <= EVERYWHERE, statement


@each_role
def test_everything_else_bears_the_name_of_the_environment(role: str) -> None:
    ours = (
        "wbsync-${Stage}",
        "/wbsync/${Stage}/",
        "${Bucket}/",
        "Artefacts",
        "layer:CommonLayer",
        "transform/Serverless",
    )
    for statement in statements(role):
        for resource in listed(statement["Resource"]):
            of_role = isinstance(resource, dict) and resource.get("GetAtt") == "ExecutionRole.Arn"
            of_key = "key/*" in str(resource) and "kms:ViaService" in str(statement["Condition"])
            assert resource == "*" or of_role or of_key or any(name in str(resource) for name in ours), resource


@each_role
def test_rights_are_given_on_with_roles_of_the_environment_only(role: str) -> None:
    for statement in statements(role):
        of_iam = [action for action in listed(statement["Action"]) if action.startswith("iam:")]
        if of_iam:
            resource = str(statement["Resource"])
            assert "wbsync-${Stage}-*" in resource or "ExecutionRole" in resource
            assert "*" not in "".join(of_iam)
        if "iam:PassRole" in of_iam:
            assert "iam:PassedToService" in statement["Condition"]["StringEquals"]
        if "iam:AttachRolePolicy" in of_iam:
            assert "policy/wbsync-${Stage}-*" in str(statement["Condition"]["ArnLike"]["iam:PolicyARN"])


def test_who_deploys_reads_only_the_secrets_that_doctor_checks() -> None:
    names = {
        resource["Sub"].rpartition("/")[2]
        for statement in statements("DeployRole")
        if "ssm:GetParameter" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    assert names == {"config", "wb-token", "bitrix-webhook", "label-key", "release"}
    writes = [s for s in statements("DeployRole") if "ssm:PutParameter" in listed(s["Action"])]
    assert [s["Resource"]["Sub"].rpartition("/")[2] for s in writes] == ["release"]


def test_what_makes_the_stack_may_make_each_kind_of_thing_in_the_template() -> None:
    """That it suffices in detail only AWS can say."""
    service = {
        "AWS::Serverless::Function": "lambda:CreateFunction",
        "AWS::Serverless::LayerVersion": "lambda:PublishLayerVersion",
        "AWS::Lambda::Permission": "lambda:AddPermission",
        "AWS::DynamoDB::Table": "dynamodb:CreateTable",
        "AWS::SQS::Queue": "sqs:CreateQueue",
        "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
        "AWS::SNS::Topic": "sns:CreateTopic",
        "AWS::SNS::TopicPolicy": "sns:SetTopicAttributes",
        "AWS::SNS::Subscription": "sns:Subscribe",
        "AWS::S3::Bucket": "s3:CreateBucket",
        "AWS::S3::BucketPolicy": "s3:PutBucket*",
        "AWS::Logs::LogGroup": "logs:CreateLogGroup",
        "AWS::IAM::Role": "iam:CreateRole",
        "AWS::IAM::ManagedPolicy": "iam:CreatePolicy",
        "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
        "AWS::CloudWatch::CompositeAlarm": "cloudwatch:PutCompositeAlarm",
    }
    may = {action for statement in statements("ExecutionRole") for action in listed(statement["Action"])}
    assert {service[resource["Type"]] for resource in template()["Resources"].values()} <= may


def test_builds_are_kept_versioned_encrypted_private_and_for_a_time() -> None:
    bucket = resources()["Artefacts"]
    properties = bucket["Properties"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "KeepDays"}


def test_builds_are_fetched_over_tls_only() -> None:
    [denial, *others] = resources()["ArtefactsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (denial["Effect"], denial["Principal"], denial["Action"]) == ("Deny", "*", "s3:*")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denial["Resource"] == [{"GetAtt": "Artefacts.Arn"}, {"Sub": "${Artefacts.Arn}/*"}]
    assert all(other["If"][0] == "IsRead" and other["If"][1]["Principal"] != "*" for other in others)


def test_a_build_is_added_by_nobody_but_the_branchs_job() -> None:
    adds = {
        role: [s["Resource"] for s in statements(role) if {"s3:PutObject", "s3:*"} & set(listed(s["Action"]))]
        for role in ROLES
    }
    assert adds["BuildRole"] == [{"Sub": "${Artefacts.Arn}/builds/*"}]
    assert "/deployed/${Stage}/*" in str(adds["DeployRole"])
    assert adds["ExecutionRole"] == []


@pytest.mark.parametrize("readers", ["", "111122223333,444455556666"])
def test_it_can_be_deployed(ministack_url: str, readers: str) -> None:
    """But for the provider, which the local cloud does not know."""
    session = boto3.Session("test", "test", region_name=REGION)
    cloudformation = session.client("cloudformation", endpoint_url=ministack_url)
    name = f"wbsync-bootstrap-{len(readers)}"
    told = {"Stage": "dev", "Repository": "invented/shop", "MakeProvider": "false", "ReaderAccounts": readers}
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=BOOTSTRAP.read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in told.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs.keys() == {"DeployRole", "ExecutionRole", "BuildRole", "ArtefactBucket"}
    s3 = session.client("s3", endpoint_url=ministack_url)
    assert s3.get_bucket_versioning(Bucket=outputs["ArtefactBucket"])["Status"] == "Enabled"
    policy = s3.get_bucket_policy(Bucket=outputs["ArtefactBucket"])["Policy"]
    assert ("444455556666" in policy) == bool(readers)
