"""The CloudFormation template: what it grants, what it keeps, what it limits."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from chalicelib.core import answers, config, events, jobs, queue, table

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / ".chalice").glob("policy-*.json"))
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "Check": "ConditionCheckItem"}
OBJECTS = {
    "policy-api_handler": {"texts": {"Get", "Put"}, "uploads": {"Get", "Put", "Delete"}, "media": {"Delete"}},
    "policy-image_worker": {"uploads": {"Get", "Delete"}, "media": {"Put", "Delete"}},
    "policy-tick": {"texts": {"Get", "Put", "Delete"}},
    "policy-worker": {"texts": {"Get", "Put", "Delete"}},
}
"""What each function may do with objects. A form is signed with the right of the function that made it."""
LONGEST = {"APIHandler": 28, "Tick": 60, "Worker": 60, "ImageWorker": 60}
"""Seconds: API Gateway gives up after 29, and the next tick comes after 60."""


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def statements() -> Iterator[dict[str, Any]]:
    for policy in POLICIES:
        yield from statements_of(policy)


def statements_of(policy: Path) -> list[dict[str, Any]]:
    """Also those that hold only where mail is sent."""
    found: list[dict[str, Any]] = json.loads(policy.read_text())["Statement"]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in found]


def on_objects(part: str) -> str:
    return json.dumps({"Fn::Sub": f"${{Bucket.Arn}}/{part}/*"})


def strings(value: Any) -> Iterator[str]:
    """Every string in a structure, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)


class TestPermissions:
    def test_requirement_38_no_policy_has_a_star(self, template: dict[str, Any]) -> None:
        roles = of_type(template, "AWS::IAM::Role")
        granted = [role["Policies"] for role in roles.values()]
        assert granted
        stars = {text for text in strings([granted, list(statements())]) if "*" in text}
        assert stars <= {f"${{Bucket.Arn}}/{part}/*" for part in ("texts", "uploads", "media")}

    def test_requirement_38_each_function_has_a_role_and_a_policy_of_its_own(
        self, template: dict[str, Any]
    ) -> None:
        functions = of_type(template, "AWS::Serverless::Function")
        roles = [function["Role"]["Fn::GetAtt"][0] for function in functions.values()]
        assert len(set(roles)) == len(functions) == len(POLICIES) == len(of_type(template, "AWS::IAM::Role"))

    @pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.stem)
    def test_every_granted_action_is_used_and_every_used_one_granted(self, policy: Path) -> None:
        """The only module that speaks DynamoDB shows which calls there are. A job may make any of them."""
        calls = re.findall(r'_call\("(\w+)"', inspect.getsource(table))
        used = {name.title().replace("_", "") for name in calls} - {"TransactWriteItems"}
        used |= {WRITES[kind.__name__] for kind in get_args(table.Write)}
        granted = {action for statement in statements_of(policy) for action in statement["Action"]}
        assert {a for a in granted if a.startswith("dynamodb:")} == {f"dynamodb:{name}" for name in used}

    @pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.stem)
    def test_only_queries_reach_the_indexes(self, merged: dict[str, Any], policy: Path) -> None:
        (indexes,) = (statement for statement in statements_of(policy) if statement["Sid"] == "Indexes")
        names = {
            index["IndexName"]
            for index in merged["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
        }
        assert indexes["Action"] == ["dynamodb:Query"]
        assert {part["Fn::Sub"] for part in indexes["Resource"]} == {
            f"${{Table.Arn}}/index/{name}" for name in names
        }

    @pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.stem)
    def test_each_worker_alone_takes_messages_and_is_woken_by_who_must(self, policy: Path) -> None:
        """The tick hands pictures on; a picture notes nothing for others."""
        takes = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
        jobs, images = {"Fn::GetAtt": ["JobQueue", "Arn"]}, {"Fn::GetAtt": ["ImageQueue", "Arn"]}
        wanted: dict[str, tuple[set[str], Any]] = {
            "policy-api_handler": ({"sqs:SendMessage"}, [jobs, images]),
            "policy-tick": ({"sqs:SendMessage"}, [jobs, images]),
            "policy-worker": ({"sqs:SendMessage", *takes}, jobs),
            "policy-image_worker": (takes, images),
        }
        (statement,) = (one for one in statements_of(policy) if one["Action"][0].startswith("sqs:"))
        assert (set(statement["Action"]), statement["Resource"]) == wanted[policy.stem]

    @pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.stem)
    def test_each_does_with_objects_what_it_must_and_no_more(self, policy: Path) -> None:
        """Whoever may not list a bucket is told of what is missing that it is forbidden; texts are listed, too."""
        granted = {
            json.dumps(one["Resource"]): set(one["Action"])
            for one in statements_of(policy)
            if one["Action"][0].startswith("s3:")
        }
        parts = {
            part: {name.removeprefix("s3:").removesuffix("Object") for name in granted[on_objects(part)]}
            for part in ("texts", "uploads", "media")
            if on_objects(part) in granted
        }
        assert parts == OBJECTS[policy.stem]
        assert granted.pop(json.dumps({"Fn::GetAtt": ["Bucket", "Arn"]})) == {"s3:ListBucket"}
        assert len(granted) == len(parts)

    def test_only_those_that_do_jobs_may_mail_and_from_one_address_alone(self) -> None:
        mailing = []
        for policy in POLICIES:
            for one in json.loads(policy.read_text())["Statement"]:
                if "ses:" in json.dumps(one):
                    condition, statement, otherwise = one["Fn::If"]
                    assert (condition, otherwise) == ("SendsMail", {"Ref": "AWS::NoValue"})
                    assert set(statement["Action"]) == {"ses:SendEmail", "ses:SendRawEmail"}
                    assert statement["Condition"] == {
                        "StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}
                    }
                    assert all(":identity/" in json.dumps(arn) for arn in statement["Resource"])
                    mailing.append(policy.stem)
        assert mailing == ["policy-tick", "policy-worker"]

    def test_only_our_stage_may_call_the_function(self, template: dict[str, Any]) -> None:
        for permission in of_type(template, "AWS::Lambda::Permission").values():
            assert permission["SourceArn"]["Fn::Sub"].endswith(":${RestAPI}/blog/*")


class TestTheTable:
    def test_requirement_45_it_is_backed_up_protected_encrypted_and_kept(
        self, merged: dict[str, Any]
    ) -> None:
        resource = merged["Resources"]["Table"]
        properties = resource["Properties"]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["SSESpecification"]["SSEEnabled"] is True
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True

    def test_its_keys_and_indexes_are_those_of_the_code(self, merged: dict[str, Any]) -> None:
        properties = merged["Resources"]["Table"]["Properties"]
        keys = {None: properties["KeySchema"]}
        keys |= {index["IndexName"]: index["KeySchema"] for index in properties["GlobalSecondaryIndexes"]}
        found = {name: tuple(key["AttributeName"] for key in schema) for name, schema in keys.items()}
        assert found == table.INDEX_KEYS
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"


class TestTheFunction:
    def test_its_environment_is_what_the_code_reads(self, template: dict[str, Any]) -> None:
        read = set(re.findall(r'environ\.get\("(\w+)"', inspect.getsource(config)))
        variables = template["Globals"]["Function"]["Environment"]["Variables"]
        assert set(variables) == read - {"MAIL_FOLDER", "UPLOAD_URL"}, "those are for one machine alone"
        assert variables["TABLE_NAME"] == {"Ref": "Table"}

    def test_it_runs_on_arm_with_a_limit_on_time_and_numbers(self, template: dict[str, Any]) -> None:
        functions = of_type(template, "AWS::Serverless::Function")
        assert set(functions) == set(LONGEST)
        for name, function in functions.items():
            assert function["Architectures"] == ["arm64"]
            assert function["CodeUri"] == "./parley-arm64.zip"
            assert function["Timeout"] <= LONGEST[name]
            assert function["ReservedConcurrentExecutions"]["Fn::If"][0] == "LimitsConcurrency"

    def test_its_log_is_its_own_and_is_not_kept_for_ever(self, template: dict[str, Any]) -> None:
        groups = of_type(template, "AWS::Logs::LogGroup")
        assert all(group["RetentionInDays"] for group in groups.values())
        used = [
            f["LoggingConfig"]["LogGroup"]["Ref"]
            for f in of_type(template, "AWS::Serverless::Function").values()
        ]
        assert sorted(used) == sorted(groups)

    def test_requirement_39_there_is_no_secret_in_it(self, template: dict[str, Any]) -> None:
        assert not re.search(r"secret|password|AKIA|Bearer", json.dumps(template["Globals"]), re.IGNORECASE)


class TestTheTick:
    @pytest.fixture
    def tick(self, template: dict[str, Any]) -> dict[str, Any]:
        return of_type(template, "AWS::Serverless::Function")["Tick"]

    def test_it_comes_each_minute_once_at_a_time(self, tick: dict[str, Any]) -> None:
        (event,) = tick["Events"].values()
        assert (event["Type"], event["Properties"]["Schedule"]) == ("Schedule", "rate(1 minute)")
        assert tick["ReservedConcurrentExecutions"]["Fn::If"][1] == 1

    def test_one_that_failed_is_not_repeated_since_the_next_comes(self, tick: dict[str, Any]) -> None:
        assert tick["EventInvokeConfig"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}

    def test_lambda_finds_it_and_it_ends_before_its_time_is_up(self, tick: dict[str, Any]) -> None:
        module, name = tick["Handler"].split(".")
        assert callable(getattr(importlib.import_module(module), name))
        assert tick["Timeout"] - 10 > events.SECONDS

    def test_its_failures_raise_an_alarm(self, template: dict[str, Any]) -> None:
        watched = {
            dimension["Value"]["Ref"]
            for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()
            if alarm["MetricName"] == "Errors"
            for dimension in alarm["Dimensions"]
        }
        assert watched == set(of_type(template, "AWS::Serverless::Function"))


class TestTheWorker:
    @pytest.fixture
    def worker(self, template: dict[str, Any]) -> dict[str, Any]:
        return of_type(template, "AWS::Serverless::Function")["Worker"]

    @pytest.fixture
    def queues(self, template: dict[str, Any]) -> dict[str, Any]:
        return of_type(template, "AWS::SQS::Queue")

    def test_the_queue_wakes_it_and_hears_which_messages_failed(self, worker: dict[str, Any]) -> None:
        (event,) = worker["Events"].values()
        assert event["Type"] == "SQS"
        assert event["Properties"] == {
            "Queue": {"Fn::GetAtt": ["JobQueue", "Arn"]},
            "BatchSize": queue.BATCH,
            "MaximumBatchingWindowInSeconds": 0,
            "ScalingConfig": {"MaximumConcurrency": events.AT_ONCE},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        assert worker["ReservedConcurrentExecutions"]["Fn::If"][1] == events.AT_ONCE

    def test_a_message_stays_unseen_for_six_times_its_time(
        self, worker: dict[str, Any], queues: dict[str, Any]
    ) -> None:
        """As the guide to Lambda with SQS advises: a batch may be tried again while it is throttled."""
        assert queues["JobQueue"]["VisibilityTimeout"] >= 6 * worker["Timeout"]
        assert queues["ImageQueue"]["VisibilityTimeout"] >= 6 * LONGEST["ImageWorker"]

    def test_a_message_that_fails_five_times_is_kept_for_a_fortnight(self, queues: dict[str, Any]) -> None:
        for name in ("JobQueue", "ImageQueue"):
            assert queues[name]["RedrivePolicy"] == {
                "deadLetterTargetArn": {"Fn::GetAtt": ["DeadJobQueue", "Arn"]},
                "maxReceiveCount": 5,
            }
        assert queues["DeadJobQueue"]["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert all(one["SqsManagedSseEnabled"] for one in queues.values())

    def test_lambda_finds_it_and_it_leaves_time_for_the_job_it_began(self, worker: dict[str, Any]) -> None:
        module, name = worker["Handler"].split(".")
        assert callable(getattr(importlib.import_module(module), name))
        assert 10_000 < events.MARGIN < worker["Timeout"] * 1000 / 2

    def test_no_function_outlives_a_lease(self, template: dict[str, Any]) -> None:
        for function in of_type(template, "AWS::Serverless::Function").values():
            assert function["Timeout"] < jobs.LEASE.total_seconds()
        request = of_type(template, "AWS::Serverless::Function")["APIHandler"]
        assert request["Timeout"] < jobs.GRACE.total_seconds()

    def test_messages_and_jobs_that_were_given_up_raise_an_alarm(self, template: dict[str, Any]) -> None:
        alarms = of_type(template, "AWS::CloudWatch::Alarm")
        messages, dead = alarms["DeadMessageAlarm"], alarms["DeadJobAlarm"]
        assert messages["Dimensions"][0]["Value"] == {"Fn::GetAtt": ["DeadJobQueue", "QueueName"]}
        assert messages["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert messages["Threshold"] == dead["Threshold"] == 1
        filters = of_type(template, "AWS::Logs::MetricFilter")
        logs = {one["LogGroupName"]["Ref"] for one in filters.values()}
        assert logs == set(of_type(template, "AWS::Logs::LogGroup")), "whoever does a job may give it up"
        for one in filters.values():
            (made,) = one["MetricTransformations"]
            assert f"event={one['FilterPattern']}" in inspect.getsource(jobs)
            assert (made["MetricNamespace"], made["MetricName"]) == (dead["Namespace"], dead["MetricName"])
            assert "DefaultValue" not in made, "a metric that is silent costs nothing"

    def test_all_alarms_are_free(self, template: dict[str, Any]) -> None:
        assert len(of_type(template, "AWS::CloudWatch::Alarm")) <= 10


class TestTheImageWorker:
    @pytest.fixture
    def image_worker(self, template: dict[str, Any]) -> dict[str, Any]:
        return of_type(template, "AWS::Serverless::Function")["ImageWorker"]

    def test_its_queue_wakes_it_for_one_file_at_a_time(self, image_worker: dict[str, Any]) -> None:
        """What runs out of memory takes nothing else along."""
        (event,) = image_worker["Events"].values()
        assert event["Type"] == "SQS"
        assert event["Properties"] == {
            "Queue": {"Fn::GetAtt": ["ImageQueue", "Arn"]},
            "BatchSize": 1,
            "MaximumBatchingWindowInSeconds": 0,
            "ScalingConfig": {"MaximumConcurrency": events.AT_ONCE},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        assert image_worker["ReservedConcurrentExecutions"]["Fn::If"][1] == events.AT_ONCE

    def test_lambda_finds_it_and_it_has_the_memory_for_a_picture(self, image_worker: dict[str, Any]) -> None:
        module, name = image_worker["Handler"].split(".")
        assert callable(getattr(importlib.import_module(module), name))
        assert image_worker["MemorySize"] == 2048

    def test_the_blog_knows_its_queue(self, template: dict[str, Any]) -> None:
        variables = template["Globals"]["Function"]["Environment"]["Variables"]
        assert variables["IMAGE_QUEUE_URL"] == {"Ref": "ImageQueue"}


class TestTheApi:
    def test_unknown_paths_and_methods_reach_the_application(self, template: dict[str, Any]) -> None:
        paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
        assert "/{proxy+}" in paths
        assert "/" in paths
        assert all(set(methods) == {"x-amazon-apigateway-any-method"} for methods in paths.values())

    def test_no_route_begins_like_the_stage(self, template: dict[str, Any]) -> None:
        api = template["Resources"]["RestAPI"]["Properties"]
        firsts = {path.split("/")[1] for path in api["DefinitionBody"]["paths"]}
        assert api["StageName"] not in firsts

    def test_requirement_44_its_cost_has_a_cap(self, template: dict[str, Any]) -> None:
        (settings,) = template["Resources"]["RestAPI"]["Properties"]["MethodSettings"]
        assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
        assert settings["ThrottlingRateLimit"] == {"Ref": "ThrottleRate"}
        assert settings["ThrottlingBurstLimit"] == {"Ref": "ThrottleBurst"}

    def test_there_is_no_second_stage_without_that_cap(self, template: dict[str, Any]) -> None:
        """SAM adds a stage named Stage where OpenApiVersion is missing."""
        assert template["Resources"]["RestAPI"]["Properties"]["OpenApiVersion"] == "2.0"


class TestGatewayResponses:
    """Answers that API Gateway gives without asking the application."""

    @pytest.fixture
    def responses(self, merged: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = merged["Resources"]["RestAPI"]["Properties"]["GatewayResponses"]
        return found

    def test_an_unknown_path_is_a_404_in_html(self, responses: dict[str, Any]) -> None:
        missing = responses["MISSING_AUTHENTICATION_TOKEN"]
        assert missing["StatusCode"] == 404
        assert missing["ResponseTemplates"]["text/html"].startswith("<!doctype html>")

    def test_requirement_18_all_carry_the_headers_of_a_page(self, responses: dict[str, Any]) -> None:
        wanted = {name: f"'{value}'" for name, value in answers.SECURITY.items() if name not in own_here()}
        for response in responses.values():
            headers = response["ResponseParameters"]["Headers"]
            assert wanted.items() <= headers.items()
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert "*" not in json.dumps(headers)

    def test_requirement_36_they_show_a_request_id_and_nothing_of_ours(
        self, responses: dict[str, Any]
    ) -> None:
        for response in responses.values():
            assert response["ResponseParameters"]["Headers"]["X-Request-Id"] == "context.requestId"
            for text in response["ResponseTemplates"].values():
                assert set(re.findall(r"\$[\w.]+", text)) == {"$context.requestId"}

    def test_a_program_gets_a_problem(self, responses: dict[str, Any]) -> None:
        for response in responses.values():
            problem = json.loads(response["ResponseTemplates"]["application/problem+json"])
            assert {"title", "detail", "request_id"} <= set(problem)


def own_here() -> set[str]:
    """Headers that a page without style, script or image needs in another form, or not at all."""
    return {"Content-Security-Policy", "Permissions-Policy"}


def test_requirement_46_there_are_alarms(template: dict[str, Any]) -> None:
    metrics = {alarm["MetricName"] for alarm in of_type(template, "AWS::CloudWatch::Alarm").values()}
    assert {"5XXError", "Errors", "Throttles", "ReadThrottleEvents", "WriteThrottleEvents"} <= metrics
    assert {"ApproximateNumberOfMessagesVisible", "DeadJobs"} <= metrics


def test_every_parameter_is_used_and_described(merged: dict[str, Any]) -> None:
    text = json.dumps(merged)
    for name, parameter in merged["Parameters"].items():
        assert f'{{"Ref": "{name}"}}' in text
        assert parameter["Description"]
        assert f"`{name}`" in (ROOT / "docs" / "deploy.md").read_text()
