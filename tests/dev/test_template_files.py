"""The bucket and its origin in the template: who reads what, what is kept, and what a file may do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.core import objects
from dev import origin
from dev.origin import MISSING_SECONDS


class TestTheBucket:
    @pytest.fixture
    def bucket(self, merged: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = merged["Resources"]["Bucket"]
        return found

    @pytest.fixture
    def rules(self, bucket: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {rule["Id"]: rule for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]}

    def test_requirement_45_it_is_private_versioned_encrypted_and_kept(self, bucket: dict[str, Any]) -> None:
        properties = bucket["Properties"]
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
        blocked = properties["PublicAccessBlockConfiguration"]
        assert blocked == dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        )
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert "WebsiteConfiguration" not in properties

    def test_only_the_origin_may_read_and_only_what_is_for_readers(self, merged: dict[str, Any]) -> None:
        policy = merged["Resources"]["BucketPolicy"]["Properties"]
        assert policy["Bucket"] == {"Ref": "Bucket"}
        denied, allowed = policy["PolicyDocument"]["Statement"]
        assert (allowed["Effect"], allowed["Action"]) == ("Allow", "s3:GetObject")
        assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert allowed["Resource"] == {"Fn::Sub": "${Bucket.Arn}/media/*"}
        (source,) = allowed["Condition"]["StringEquals"]["AWS:SourceArn"].values()
        assert source.endswith(":distribution/${MediaDistribution}")
        assert denied["Effect"] == "Deny"

    def test_nobody_reaches_it_without_encryption(self, merged: dict[str, Any]) -> None:
        denied, _ = merged["Resources"]["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert denied["Resource"] == [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}]

    def test_what_was_sent_and_never_taken_goes_after_a_day(self, rules: dict[str, dict[str, Any]]) -> None:
        uploads = rules["uploads"]
        assert (uploads["Prefix"], uploads["ExpirationInDays"]) == ("uploads/", 1)
        assert uploads["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
        assert rules["parts"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}

    def test_what_was_deleted_can_be_had_again_for_thirty_days(
        self, rules: dict[str, dict[str, Any]]
    ) -> None:
        assert rules["versions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
        assert rules["versions"]["ExpiredObjectDeleteMarker"] is True
        lasting = [rule for rule in rules.values() if "ExpirationInDays" in rule]
        assert lasting == [rules["uploads"]], "texts and files stay"
        assert all(rule["Status"] == "Enabled" for rule in rules.values())

    def test_only_scripts_of_the_blog_may_post_forms(self, bucket: dict[str, Any]) -> None:
        condition, given, otherwise = bucket["Properties"]["CorsConfiguration"]["Fn::If"]
        assert (condition, otherwise) == ("HasPublicUrl", {"Ref": "AWS::NoValue"})
        (rule,) = given["CorsRules"]
        assert rule["AllowedMethods"] == ["POST"]
        (origin,) = rule["AllowedOrigins"]
        assert made_of(origin, PublicUrl="https://example.org/blog") == "https://example.org"
        assert made_of(origin, PublicUrl="http://127.0.0.1:8000") == "http://127.0.0.1:8000"
        assert made_of(origin, PublicUrl="") == "//", "CloudFormation may look at it all the same"


def made_of(value: Any, **names: str) -> str:
    """What CloudFormation makes of a value: Sub, Select and Split."""
    match value:
        case {"Fn::Sub": [str(text), dict(more)]}:
            return made_of({"Fn::Sub": text}, **names, **{k: made_of(v, **names) for k, v in more.items()})
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{(\w+)\}", lambda found: names[found[1]], text)
        case {"Fn::Select": [int(at), {"Fn::Split": [str(mark), whole]}]}:
            return made_of(whole, **names).split(mark)[at]
    raise ValueError(value)


class TestTheOrigin:
    @pytest.fixture
    def distribution(self, merged: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = merged["Resources"]["MediaDistribution"]["Properties"]["DistributionConfig"]
        return found

    @pytest.fixture
    def behaviours(self, distribution: dict[str, Any]) -> list[dict[str, Any]]:
        return [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]

    def test_it_sees_nothing_but_what_is_for_readers(
        self, merged: dict[str, Any], distribution: dict[str, Any]
    ) -> None:
        (origin,) = distribution["Origins"]
        assert origin["DomainName"] == {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]}
        assert origin["OriginPath"] == "/media"
        assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["MediaAccess", "Id"]}
        access = merged["Resources"]["MediaAccess"]["Properties"]["OriginAccessControlConfig"]
        assert access["OriginAccessControlOriginType"] == "s3"
        assert (access["SigningBehavior"], access["SigningProtocol"]) == ("always", "sigv4")

    def test_it_is_read_only_encrypted_and_sends_the_bytes_as_they_are(
        self, behaviours: list[dict[str, Any]]
    ) -> None:
        for one in behaviours:
            assert one["AllowedMethods"] == one["CachedMethods"] == ["GET", "HEAD"]
            assert one["ViewerProtocolPolicy"] == "redirect-to-https"
            assert one["Compress"] is False
            assert one["CachePolicyId"] == {"Ref": "MediaCache"}

    def test_nothing_of_a_request_but_its_path_makes_another_copy(self, merged: dict[str, Any]) -> None:
        cache = merged["Resources"]["MediaCache"]["Properties"]["CachePolicyConfig"]
        key = cache["ParametersInCacheKeyAndForwardedToOrigin"]
        assert key["CookiesConfig"] == {"CookieBehavior": "none"}
        assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
        assert key["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
        assert not key["EnableAcceptEncodingGzip"]
        assert not key["EnableAcceptEncodingBrotli"]
        assert cache["MaxTTL"] == int(re.findall(r"max-age=(\d+)", objects.LASTING)[0])

    def test_what_is_not_there_yet_is_asked_for_again_soon(self, distribution: dict[str, Any]) -> None:
        seconds = {
            one["ErrorCode"]: one["ErrorCachingMinTTL"] for one in distribution["CustomErrorResponses"]
        }
        assert seconds == {403: MISSING_SECONDS, 404: MISSING_SECONDS}

    @pytest.mark.parametrize("path", ["/a.jpg", "/a-2x2.480.webp", "/a.mp4", "/a.pdf", "/a.exe", "/"])
    def test_requirement_16_nothing_in_a_file_can_act(self, path: str) -> None:
        headers = dict(origin.added(path))
        policy = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "sandbox"} <= set(policy)
        assert not [part for part in policy if part.startswith(("script", "object", "frame", "connect"))]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert headers["Strict-Transport-Security"].startswith("max-age=63072000")

    def test_anybody_may_read_it_and_nobody_as_somebody(self, merged: dict[str, Any]) -> None:
        config = merged["Resources"]["MediaHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
        shared = config["CorsConfig"]
        assert shared["AccessControlAllowCredentials"] is False
        assert shared["AccessControlAllowOrigins"] == {"Items": ["*"]}
        assert shared["AccessControlAllowMethods"] == {"Items": ["GET", "HEAD"]}

    def test_what_a_browser_would_run_in_a_viewer_is_for_keeping(self) -> None:
        assert dict(origin.added("/a.pdf"))["Content-Disposition"] == "attachment"
        assert "Content-Disposition" not in dict(origin.added("/a.jpg"))

    def test_its_headers_win_over_those_of_an_object(self, merged: dict[str, Any]) -> None:
        for name in ("MediaHeaders", "DownloadHeaders"):
            config = merged["Resources"][name]["Properties"]["ResponseHeadersPolicyConfig"]
            given = [*config["SecurityHeadersConfig"].values(), *config["CustomHeadersConfig"]["Items"]]
            assert all(one["Override"] is True for one in given)

    def test_it_speaks_what_browsers_speak_and_is_served_from_where_that_is_cheap(
        self, distribution: dict[str, Any]
    ) -> None:
        assert (distribution["HttpVersion"], distribution["IPV6Enabled"]) == ("http2and3", True)
        assert distribution["PriceClass"] == "PriceClass_100"

    def test_a_domain_of_its_own_needs_a_certificate(
        self, merged: dict[str, Any], distribution: dict[str, Any]
    ) -> None:
        assert distribution["Aliases"]["Fn::If"][:2] == ["HasMediaDomain", [{"Ref": "MediaDomain"}]]
        condition, own, given = distribution["ViewerCertificate"]["Fn::If"]
        assert condition == "HasMediaDomain"
        assert own["AcmCertificateArn"] == {"Ref": "MediaCertificate"}
        assert own["MinimumProtocolVersion"] == "TLSv1.2_2021"
        assert given == {"CloudFrontDefaultCertificate": True}
        (rule,) = merged["Rules"].values()
        assert {"Ref": "MediaDomain"} in rule["RuleCondition"]["Fn::Not"][0]["Fn::Equals"]
        assert {"Ref": "MediaCertificate"} in rule["Assertions"][0]["Assert"]["Fn::Not"][0]["Fn::Equals"]

    def test_the_blog_and_its_author_are_told_where_it_is(self, merged: dict[str, Any]) -> None:
        variables = merged["Globals"]["Function"]["Environment"]["Variables"]
        assert variables["MEDIA_URL"] == merged["Outputs"]["MediaUrl"]["Value"]
        condition, own, given = variables["MEDIA_URL"]["Fn::If"]
        assert (condition, own) == ("HasMediaDomain", {"Fn::Sub": "https://${MediaDomain}"})
        assert given == {"Fn::Sub": "https://${MediaDistribution.DomainName}"}
        assert variables["BUCKET_NAME"] == {"Ref": "Bucket"}

    def test_neither_costs_anything_while_nobody_comes(self, template: dict[str, Any]) -> None:
        """What has a price by the hour or the month, and would be at hand."""
        priced = ("WAF", "KMS", "Shield", "AWS::CloudFront::Realtime", "AWS::Lambda::Provisioned", "::VPC")
        kinds = {resource["Type"] for resource in template["Resources"].values()}
        assert not [kind for kind in kinds if any(part in kind for part in priced)]
        bucket = template["Resources"]["Bucket"]["Properties"]
        assert not {"ReplicationConfiguration", "InventoryConfigurations", "MetricsConfigurations"} & set(
            bucket
        )
