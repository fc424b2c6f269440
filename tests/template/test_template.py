"""The promises of template.yaml that neither cfn-lint nor a local cloud can hold it to."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import template as source
from wbsync import settings, texts
from wbsync.domain.watching import FRESH_WITHIN
from wbsync.telemetry import MEASURED

ROOT = Path(__file__).parents[2]
NAMES_A_RESOURCE = {"_TABLE": "Table", "_QUEUE": "Queue", "_BUCKET": "Bucket", "_DEAD_LETTERS": "DeadLetters"}
POWERTOOLS = "POWERTOOLS_"
OUR_METRICS = {"Sub": "wbsync/${Stage}"}

Properties = dict[str, Any]


@cache
def template() -> dict[str, Any]:
    return source.template()


def of_type(kind: str) -> dict[str, Properties]:
    return {name: r["Properties"] for name, r in template()["Resources"].items() if r["Type"] == kind}


def functions() -> dict[str, Properties]:
    """Every function with what Globals give it."""
    shared = template()["Globals"]["Function"]
    return {name: merged(shared, own) for name, own in of_type("AWS::Serverless::Function").items()}


def merged(shared: Properties, own: Properties) -> Properties:
    both = {k: merged(shared[k], own[k]) for k in shared.keys() & own.keys() if isinstance(own[k], dict)}
    return shared | own | both


def variables(function: Properties) -> dict[str, Any]:
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def events(function: Properties, kind: str) -> list[Properties]:
    return [e["Properties"] for e in function.get("Events", {}).values() if e["Type"] == kind]


def scheduled() -> dict[str, Properties]:
    return {name: f for name, f in functions().items() if events(f, "ScheduleV2")}


def from_queue() -> Iterator[tuple[str, Properties, Properties]]:
    """(function, its queue's event, the queue) of every function that a queue starts."""
    queues = of_type("AWS::SQS::Queue")
    for name, function in functions().items():
        for event in events(function, "SQS"):
            yield name, event, queues[event["Queue"]["GetAtt"].removesuffix(".Arn")]


def work_queues() -> dict[str, Properties]:
    return {name: q for name, q in of_type("AWS::SQS::Queue").items() if "RedrivePolicy" in q}


def folder(name: str) -> str:
    """PushStock → push_stock"""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def logical_id(variable: str) -> str:
    """STOCK_BATCHES_QUEUE → StockBatchesQueue"""
    return "".join(word.capitalize() for word in variable.split("_"))


def statements(resource: Properties) -> list[Properties]:
    documents = [resource["PolicyDocument"]] if "PolicyDocument" in resource else []
    documents += [policy["PolicyDocument"] for policy in resource.get("Policies", [])]
    return [s for document in documents for s in document["Statement"]]


def allowances() -> Iterator[tuple[str, Properties]]:
    """(resource that holds it, statement) of everything that any policy allows."""
    for name, resource in template()["Resources"].items():
        yield from ((name, s) for s in statements(resource.get("Properties", {})) if s["Effect"] == "Allow")


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def alarms_on(metric: str, dimension: Callable[[Any], bool]) -> list[Properties]:
    return [
        alarm
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric and any(dimension(d["Value"]) for d in alarm["Dimensions"])
    ]


each_function = pytest.mark.parametrize("name", list(functions()))
each_schedule = pytest.mark.parametrize("name", list(scheduled()))
each_from_queue = pytest.mark.parametrize("name", [name for name, _, _ in from_queue()])
each_queue = pytest.mark.parametrize("name", list(work_queues()))


# Functions


def test_every_folder_in_functions_is_a_function_and_every_function_a_folder() -> None:
    assert {folder(name) for name in functions()} == {app.parent.name for app in ROOT.glob("functions/*/app.py")}


@each_function
def test_a_function_has_one_name_everywhere(name: str) -> None:
    function = functions()[name]
    assert function["CodeUri"] == f"functions/{folder(name)}/"
    assert variables(function)["POWERTOOLS_SERVICE_NAME"] == folder(name)
    assert function["Role"] == {"GetAtt": f"{name}Role.Arn"}


@each_function
def test_a_functions_variables_are_the_fields_of_its_settings(name: str) -> None:
    told = {v for v in variables(functions()[name]) if not v.startswith(POWERTOOLS)}
    assert told == {field.upper() for field in getattr(settings, name).model_fields}


@each_function
def test_a_variable_that_names_a_resource_names_the_one_it_says(name: str) -> None:
    for variable, value in variables(functions()[name]).items():
        if any(variable.endswith(suffix) for suffix in NAMES_A_RESOURCE):
            assert value == {"Ref": logical_id(variable)}, variable


@each_function
def test_a_parameters_name_has_the_stage_in_it_and_the_function_may_read_it(name: str) -> None:
    function = functions()[name]
    wanted = {v["Sub"] for k, v in variables(function).items() if k.endswith("_PARAMETER")}
    readable = {
        resource["Sub"].partition(":parameter")[2]
        for statement in statements(of_type("AWS::IAM::Role")[f"{name}Role"])
        if "ssm:GetParameter" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    assert wanted == readable
    assert all(parameter.startswith("/wbsync/${Stage}/") for parameter in wanted)


@each_function
def test_a_function_has_a_time_out_memory_and_a_json_log_that_ends(name: str) -> None:
    function = functions()[name]
    assert 0 < function["Timeout"] <= 900
    assert 128 <= function["MemorySize"] <= 3008
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": {"Ref": f"{name}LogGroup"}}
    assert of_type("AWS::Logs::LogGroup")[f"{name}LogGroup"] == {"RetentionInDays": {"Ref": "LogRetentionDays"}}


def test_no_function_has_a_physical_name_so_that_stages_can_share_an_account() -> None:
    named = {
        "FunctionName",
        "QueueName",
        "TableName",
        "BucketName",
        "LogGroupName",
        "RoleName",
        "AlarmName",
        "TopicName",
    }
    made = {name: r for name, r in template()["Resources"].items() if r["Type"] != "AWS::Lambda::Permission"}
    found = {name: named & r.get("Properties", {}).keys() for name, r in made.items()}
    assert not {name: keys for name, keys in found.items() if keys}


# Roles


def test_only_what_knows_no_resources_is_allowed_on_everything() -> None:
    allowed = [(name, resource) for name, s in allowances() for resource in as_list(s["Resource"])]
    assert {name for name, resource in allowed if resource == "*"} == {"TracingPolicy", "WatchRole"}
    of_watch = [s["Action"] for name, s in allowances() if name == "WatchRole" and s["Resource"] == "*"]
    assert of_watch == ["cloudwatch:GetMetricData"]
    patterns = {str(resource) for _, resource in allowed if "*" in str(resource)} - {"*"}
    assert patterns == {str({"Sub": f"${{LabelsBucket.Arn}}/{kind}/*"}) for kind in ("labels", "supplies")}


def test_no_action_is_allowed_with_a_wildcard() -> None:
    assert not {action for _, s in allowances() for action in as_list(s["Action"]) if "*" in action}


def test_no_functions_role_has_more_than_its_own_policy_and_tracing() -> None:
    assert {f"{name}Role" for name in functions()} == of_type("AWS::IAM::Role").keys()
    for name, role in of_type("AWS::IAM::Role").items():
        assert role["ManagedPolicyArns"] == [{"Ref": "TracingPolicy"}], name


@each_function
def test_a_role_reaches_no_table_queue_or_bucket_that_its_function_does_not_know(name: str) -> None:
    resources = str([s["Resource"] for s in statements(of_type("AWS::IAM::Role")[f"{name}Role"])])
    reached = set(re.findall(r"\b\w+(?:Table|Queue|Bucket|DeadLetters)\b", resources))
    known = {logical_id(v) for v in variables(functions()[name]) if any(v.endswith(s) for s in NAMES_A_RESOURCE)}
    assert reached == known


# Schedules


@each_schedule
def test_the_next_tick_is_the_retry(name: str) -> None:
    for schedule in events(scheduled()[name], "ScheduleV2"):
        assert schedule["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


@each_schedule
def test_a_tick_that_cannot_start_is_dropped_before_the_next_one_comes(name: str) -> None:
    function = scheduled()[name]
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert function["EventInvokeConfig"]["MaximumEventAgeInSeconds"] <= shortest_period(function)


@each_schedule
def test_ticks_do_not_overlap_and_leave_room_for_the_queue(name: str) -> None:
    function = scheduled()[name]
    from_queues = sum(event["ScalingConfig"]["MaximumConcurrency"] for event in events(function, "SQS"))
    reserved = {"If": ["ReservesConcurrency", from_queues + 1, {"Ref": "AWS::NoValue"}]}
    assert function["ReservedConcurrentExecutions"] == reserved


@each_schedule
def test_a_schedule_is_a_parameter_can_be_switched_off_and_does_not_collide_between_stages(name: str) -> None:
    for schedule in events(scheduled()[name], "ScheduleV2"):
        assert schedule["ScheduleExpression"]["Ref"] in template()["Parameters"]
        assert schedule["State"] == {"Ref": "SchedulesState"}
        assert schedule["OmitName"] is True


def shortest_period(function: Properties) -> int:
    """Seconds between two ticks, by the parameters' defaults."""
    parameters = template()["Parameters"]
    return min(
        period(parameters[schedule["ScheduleExpression"]["Ref"]]["Default"])
        for schedule in events(function, "ScheduleV2")
    )


def period(expression: str) -> int:
    """Seconds of `rate(…)`, and of a `cron(…)` that names one minute of every day."""
    if re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", expression):
        return 86400
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    assert rate, expression
    return int(rate[1]) * {"minute": 60, "hour": 3600, "day": 86400}[rate[2]]


# Queues


@each_queue
def test_a_queue_gives_up_after_five_tries_and_keeps_what_it_gave_up_for_two_weeks(name: str) -> None:
    queue, dead_letters = work_queues()[name], name.removesuffix("Queue") + "DeadLetters"
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": {"GetAtt": f"{dead_letters}.Arn"}, "maxReceiveCount": 5}
    assert of_type("AWS::SQS::Queue")[dead_letters]["MessageRetentionPeriod"] == 14 * 24 * 3600


@each_queue
def test_a_queue_has_alarms_on_its_dead_letters_and_on_its_age(name: str) -> None:
    dead_letters = f"{name.removesuffix('Queue')}DeadLetters.QueueName"
    assert len(alarms_on("ApproximateNumberOfMessagesVisible", lambda v: v == {"GetAtt": dead_letters})) == 1
    assert len(alarms_on("ApproximateAgeOfOldestMessage", lambda v: v == {"GetAtt": f"{name}.QueueName"})) == 1


def test_every_queue_is_a_work_queue_or_its_dead_letters_encrypted_and_for_tls_only() -> None:
    queues = of_type("AWS::SQS::Queue")
    dead_letters = {name.removesuffix("Queue") + "DeadLetters" for name in work_queues()}
    assert queues.keys() == work_queues().keys() | dead_letters
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())
    assert {q["Ref"] for q in of_type("AWS::SQS::QueuePolicy")["QueuesPolicy"]["Queues"]} == queues.keys()
    assert_tls_only("QueuesPolicy")


def test_a_message_is_not_handed_out_again_while_its_function_may_still_be_at_work() -> None:
    for name, event, queue in from_queue():
        window = event.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * functions()[name]["Timeout"] + window, name


def test_a_queue_is_answered_message_by_message_and_by_few_at_once() -> None:
    found = list(from_queue())
    assert len(found) == len(work_queues())
    for name, event, _ in found:
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert 2 <= event["ScalingConfig"]["MaximumConcurrency"] <= 4, name


# Memory


def test_tables_and_the_bucket_outlive_the_stack() -> None:
    for name in [*of_type("AWS::DynamoDB::Table"), "LabelsBucket"]:
        resource = template()["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_tables_are_paid_by_use_encrypted_and_in_prod_cannot_be_deleted() -> None:
    for name, table in of_type("AWS::DynamoDB::Table").items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["SSESpecification"] == {"SSEEnabled": True}, name
        assert table["DeletionProtectionEnabled"]["If"][0] == "IsProd", name


def test_what_cannot_be_read_again_can_be_recovered_to_any_second() -> None:
    recoverable = {n for n, t in of_type("AWS::DynamoDB::Table").items() if "PointInTimeRecoverySpecification" in t}
    read_again = {"SchemasTable", "FboStockTable", "CursorsTable", "CallBudgetTable"}
    assert recoverable == of_type("AWS::DynamoDB::Table").keys() - read_again


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("OrdersTable", {"by_state": ["state", "stored_at"]}),
        ("SuppliesTable", {"by_state": ["state", "opened_at"], "by_supply": ["supply_id"]}),
        ("CardsTable", {"by_open": ["open"]}),
    ],
)
def test_what_is_not_finished_can_be_asked_for_without_reading_all(table: str, found: dict[str, list[str]]) -> None:
    indexes = of_type("AWS::DynamoDB::Table")[table]["GlobalSecondaryIndexes"]
    assert {i["IndexName"]: [k["AttributeName"] for k in i["KeySchema"]] for i in indexes} == found
    assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in indexes)


def test_every_attribute_that_is_described_is_a_key_as_dynamodb_wants_it() -> None:
    for name, table in of_type("AWS::DynamoDB::Table").items():
        keyed = [*table["KeySchema"], *(k for i in table.get("GlobalSecondaryIndexes", []) for k in i["KeySchema"])]
        described = {attribute["AttributeName"] for attribute in table["AttributeDefinitions"]}
        assert described == {key["AttributeName"] for key in keyed}, name


def test_what_others_need_to_know_of_the_stack_is_told() -> None:
    outputs = template()["Outputs"]
    told = [*of_type("AWS::DynamoDB::Table"), *of_type("AWS::SQS::Queue"), *functions(), "LabelsBucket"]
    assert {name: outputs.get(name) for name in told} == {name: {"Value": {"Ref": name}} for name in told}


def test_labels_are_private_encrypted_for_tls_only_and_deleted_in_time() -> None:
    bucket = of_type("AWS::S3::Bucket")["LabelsBucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "BucketEncryption" in bucket
    [rule] = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", {"Ref": "LabelDays"})
    assert_tls_only("LabelsBucketPolicy")


def assert_tls_only(policy: str) -> None:
    """Everywhere but in the local cloud, which speaks plain HTTP."""
    resource = template()["Resources"][policy]
    [statement] = resource["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert resource["Condition"] == "IsInAws"
    assert template()["Conditions"]["IsInAws"] == {"Not": [{"Equals": [{"Ref": "Stage"}, "local"]}]}


# Alarms


def heading_anchors() -> list[str]:
    """As GitHub makes them: lower case, spaces to hyphens, punctuation dropped."""
    headings = re.findall(r"^### (.+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE)
    return [re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings]


def test_every_alarm_links_a_heading_of_the_runbook_and_every_heading_has_an_alarm() -> None:
    linked = {
        name: re.search(r"docs/runbook\.md#([\w-]+)$", alarm["AlarmDescription"])
        for name, alarm in (of_type("AWS::CloudWatch::Alarm") | composites()).items()
    }
    assert not [name for name, link in linked.items() if link is None]
    assert {link[1] for link in linked.values() if link} == set(heading_anchors())
    assert len(heading_anchors()) == len(set(heading_anchors()))


def test_every_alarm_tells_somebody_when_it_comes_and_when_it_goes_or_one_alarm_of_alarms_does() -> None:
    spoken_for = [name for alarm in composites().values() for name in members(alarm)]
    assert len(spoken_for) == len(set(spoken_for))
    for name, alarm in (of_type("AWS::CloudWatch::Alarm") | composites()).items():
        tells = [] if name in spoken_for else [{"Ref": "AlarmsTopic"}]
        assert alarm.get("AlarmActions", []) == alarm.get("OKActions", []) == tells, name


def test_an_alarm_of_alarms_speaks_for_alarms_that_are_there_and_is_red_when_one_of_them_is() -> None:
    assert len(composites()) == 4
    for alarm in composites().values():
        parts = [f'ALARM("${{{name}}}")' for name in members(alarm)]
        assert " ".join(alarm["AlarmRule"]["Sub"].split()) == " OR ".join(parts)
        assert set(members(alarm)) <= of_type("AWS::CloudWatch::Alarm").keys()


@pytest.mark.parametrize(
    ("kind", "alarm"), [("NotAuthorisedAlarm", "NotAuthorisedAlarm"), ("PutOffAlarm", "PutOffAlarm")]
)
def test_one_cause_that_hits_many_functions_is_told_once(kind: str, alarm: str) -> None:
    assert set(members(composites()[alarm])) == {n for n in of_type("AWS::CloudWatch::Alarm") if n.endswith(kind)}


def test_what_lets_wb_sell_what_is_not_there_and_what_counts_the_orders_tells_of_itself_alone() -> None:
    spoken_for = {name for alarm in composites().values() for name in members(alarm)}
    assert not spoken_for & {f"{n}FreshnessAlarm" for n in ("CollectStock", "PollOrders", "ReconcileOrders", "Watch")}


def composites() -> dict[str, Properties]:
    return of_type("AWS::CloudWatch::CompositeAlarm")


def members(alarm: Properties) -> list[str]:
    return re.findall(r"\$\{(\w+)\}", alarm["AlarmRule"]["Sub"])


def test_an_alarm_reads_a_metric_that_its_function_emits() -> None:
    """A misspelt metric has no data, and no data is no alarm."""
    ours = {n: a for n, a in of_type("AWS::CloudWatch::Alarm").items() if a["Namespace"] == OUR_METRICS}
    silent = {name for name, alarm in ours.items() if not source.emits(service_of(alarm), alarm["MetricName"])}
    assert ours
    assert not silent
    assert {alarm["MetricName"] for alarm in ours.values()} <= MEASURED


def service_of(alarm: Properties) -> str:
    """The one dimension of our own metrics; as powertools writes it, an alarm with another one would see nothing."""
    [dimension] = alarm["Dimensions"]
    assert dimension["Name"] == "service"
    service: str = dimension["Value"]
    return service


def test_functions_and_alarms_speak_of_the_same_namespace() -> None:
    assert all(variables(function)["POWERTOOLS_METRICS_NAMESPACE"] == OUR_METRICS for function in functions().values())


@each_from_queue
def test_what_is_put_off_again_and_again_alarms_within_half_an_hour(name: str) -> None:
    """Such a message is sent anew, so that its queue's age does not show it."""
    [alarm] = alarms_on("Postponed", lambda value: value == folder(name))
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 1800


@each_schedule
def test_silence_of_a_schedule_alarms_after_two_missed_ticks_or_more_and_only_while_it_runs(name: str) -> None:
    [alarm] = alarms_on("Finished", lambda value: value == folder(name))
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert alarm["Period"] * alarm["EvaluationPeriods"] >= 2 * shortest_period(scheduled()[name])
    assert alarm["ActionsEnabled"] == {"If": ["SchedulesRun", True, False]}


@each_function
def test_a_refused_token_or_webhook_alarms_at_once(name: str) -> None:
    talks = {"WB_TOKEN_PARAMETER", "BITRIX_WEBHOOK_PARAMETER"} & variables(functions()[name]).keys()
    found = alarms_on("NotAuthorised", lambda value: value == folder(name))
    assert len(found) == bool(talks)
    assert all((a["Threshold"], a["DatapointsToAlarm"], a["Period"]) == (1, 1, 300) for a in found)
    assert all(a["Period"] * a["EvaluationPeriods"] > 3600 for a in found)  # it does not come and go with hourly runs


def test_an_open_address_alarms_on_errors() -> None:
    public = [name for name, function in functions().items() if "FunctionUrlConfig" in function]
    assert public == ["OpenLabel"]
    assert len(alarms_on("Errors", lambda value: value == {"Ref": "OpenLabel"})) == 1


def test_what_watch_calls_fresh_is_every_schedule_but_its_own_and_no_shorter_than_its_alarm() -> None:
    assert {folder(name) for name in scheduled()} - {"watch"} == FRESH_WITHIN.keys()
    for flow, within in FRESH_WITHIN.items():
        [alarm] = alarms_on("Finished", lambda value, flow=flow: value == flow)  # type: ignore[misc]  # mypy and defaults of lambdas
        assert within.total_seconds() >= alarm["Period"] * alarm["EvaluationPeriods"], flow


def test_watch_looks_at_every_queue_of_dead_letters() -> None:
    told = settings.Watch.model_validate({field: field for field in settings.Watch.model_fields}).dead_letters
    assert {f"{''.join(word.capitalize() for word in name.split('-'))}Queue" for name in told} == work_queues().keys()


def test_alarms_go_to_telegram_only_where_it_is_wanted() -> None:
    for name in ("TellTelegramSubscription", "TellTelegramPermission"):
        assert template()["Resources"][name]["Condition"] == "TellsTelegram"
    assert template()["Parameters"]["Telegram"]["Default"] == "false"


def test_staff_is_told_of_every_heading_of_the_runbook_in_russian() -> None:
    assert texts.ALARMS.keys() == set(heading_anchors())


def test_the_layer_keeps_the_data_of_every_aws_service_that_the_stores_call() -> None:
    """What is left out is missed in AWS only: here boto3 is whole."""
    makefile = (ROOT / "layers/common/Makefile").read_text()
    kept = re.findall(r"^AWS_SERVICES\s*:?=\s*(.+)$", makefile, re.MULTILINE)[0].split()
    called = re.findall(r'boto3\.client\("(\w+)"', (ROOT / "layers/common/wbsync/stores/aws.py").read_text())
    assert len(called) >= 5
    assert set(called) <= set(kept)
