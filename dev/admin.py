"""What needs the table's own credentials: the first token, a new signing secret, jobs that were given up.

    python -m dev.admin token [--name NAME] [--scopes read,create,...] [--expires DATE]
    python -m dev.admin rotate-secret
    python -m dev.admin jobs
    python -m dev.admin retry-jobs
    python -m dev.admin recount

Without `--table` (or TABLE in the environment) this is the blog that `make run` serves, found by its data
folder (DATA_DIR) or by DYNAMODB_ENDPOINT. With it, it is a deployed one, reached with ordinary AWS
credentials.
What goes wrong is said in one sentence, with exit status 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

from dev.engine import HOST, ROOT
from dev.folder import CannotStart, command_of
from dev.settings import Places, Settings, point_environment, reach

MOST_JOBS = 1000
OPTIONS = {"“name”": "--name", "“scopes”": "--scopes", "“expires_at”": "--expires"}
NO_RIGHT = {"AccessDeniedException", "UnauthorizedOperation"}
BAD_CREDENTIALS = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
}


def main() -> int:
    """Run one command. Returns the exit status."""
    try:
        arguments = _parser().parse_args()
        _point_at_table(arguments.table, arguments.region)
        _run(arguments)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise CannotStart(f"{message[:1].upper()}{message[1:]}: see `python -m dev.admin --help`.")


def _parser() -> _Parser:
    parser = _Parser(prog="python -m dev.admin", description="What needs the table's own credentials.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    token = commands.add_parser("token", help="make a token for the API, and print it this once")
    token.add_argument("--name", default="author", help="what it is for (default: author)")
    token.add_argument("--scopes", help="what it may do, with commas between (default: everything)")
    token.add_argument("--expires", metavar="DATE", help="such as 2027-01-31 (default: never)")
    rotate = commands.add_parser("rotate-secret", help="sign links and cursors with a new secret from now on")
    jobs = commands.add_parser("jobs", help="list the jobs that were given up, and why")
    retry = commands.add_parser("retry-jobs", help="have all of those tried again")
    count = commands.add_parser("recount", help="count the replies and likes of all posts one by one")
    for command in (token, rotate, jobs, retry, count):
        command.add_argument(
            "--table", default=os.environ.get("TABLE", ""), help="of a deployed blog (or TABLE)"
        )
        command.add_argument("--region", default="", help="where that is (default: as the AWS tools have it)")
    return parser


# --- which table -----------------------------------------------------------------------------


def _point_at_table(table: str, region: str) -> None:
    """Before anything of the application is imported, since it reads the environment once."""
    settings = Settings.of(os.environ)
    if settings.endpoint or not table:
        endpoint = settings.endpoint or _running_engine(settings.folder)
        reach("DYNAMODB_ENDPOINT", endpoint)
        point_environment(os.environ, Places("", "", endpoint, settings.s3_endpoint or endpoint))
    # Of the two names that AWS's tools know, boto3 reads only the second.
    elif region := region or os.environ.get("AWS_REGION", ""):
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    if table:
        os.environ["TABLE_NAME"] = table
    sys.path.append(str(ROOT))


def _running_engine(folder: Path) -> str:
    """The address of the engine that serves a data folder, from the process that wrote its number there."""
    try:
        command = command_of(int((folder / "engine.pid").read_text()))
    except (OSError, ValueError):
        command = ""
    port = re.search(rf"{re.escape(HOST)} .*?(?:--port|-p) (\d+)", command)
    if port is None:
        raise CannotStart(
            f"No blog is running on the data folder {folder}: start it with `make run`, "
            "or name the table of a deployed one with TABLE."
        )
    return f"http://{HOST}:{port[1]}"


# --- the commands ----------------------------------------------------------------------------


def _run(arguments: argparse.Namespace) -> None:
    from chalicelib.core.problems import Problem

    try:
        match arguments.command:
            case "token":
                _make_token(arguments)
            case "rotate-secret":
                _rotate_secret()
            case "jobs":
                _list_jobs()
            case "recount":
                _recount()
            case _:
                _retry_jobs()
    except Problem as problem:
        raise CannotStart(_sentence(problem.__cause__) or _in_options(problem)) from problem
    except Exception as error:
        if sentence := _sentence(error):
            raise CannotStart(sentence) from error
        raise


def _make_token(arguments: argparse.Namespace) -> None:
    """The token alone goes to standard output, so that a script can take it."""
    from chalicelib.accounts.actions import create_token
    from chalicelib.accounts.model import NEW_TOKEN, SCOPES

    scopes = list(SCOPES) if arguments.scopes is None else re.split(r"[,\s]+", arguments.scopes.strip(", "))
    wanted = {"name": arguments.name, "scopes": scopes}
    if arguments.expires is not None:
        wanted["expires_at"] = arguments.expires
    made = create_token(**NEW_TOKEN.read(wanted))
    print(made.secret, flush=True)
    print(_about(made), file=sys.stderr)


def _about(made: Any) -> str:
    from chalicelib.accounts.model import SCOPES
    from chalicelib.core import clock

    token = made.token
    until = f"until {clock.stamp(token.expires_at)}" if token.expires_at else "until it is revoked"
    rights = "\n".join(f"  {scope:<9} {SCOPES[scope]}" for scope in token.scopes)
    local = "AWS_ENDPOINT_URL_DYNAMODB" in os.environ
    address = f"http://{HOST}:{Settings.of(os.environ).port or 8000}" if local else "https://YOUR-BLOG"
    return f"""
This is the token “{token.name}”. Keep it: it is not shown again, and only its hash is stored.
It is good {until}, and may:

{rights}

Send it with each request, as in:

  curl {address}/api/posts -H 'Authorization: Bearer TOKEN'
"""


def _rotate_secret() -> None:
    from chalicelib.settings.actions import FRESH_SECONDS, rotate_secret

    rotate_secret()
    print(
        f"A new secret signs from now on, everywhere within {FRESH_SECONDS} seconds. Links and cursors "
        "signed with the one before it stay good until the next turn; older ones are refused."
    )


def _list_jobs() -> None:
    """One a line; nothing where there are none, so that a script can tell."""
    from chalicelib.core import jobs

    found = jobs.dead(MOST_JOBS)
    for job in found:
        print(job.since, job.kind, job.about or "-", f"{job.tries} tries", job.error, sep="\t")
    more = f"These are the oldest {MOST_JOBS}. " if len(found) == MOST_JOBS else ""
    advice = "The log says where each failed; `retry-jobs` has all of them tried again."
    print(f"\n{more}{advice}" if found else "No job was given up.", file=sys.stderr)


def _retry_jobs() -> None:
    from chalicelib.core import jobs

    count = jobs.retry_dead()
    each = "1 job is" if count == 1 else f"{count} jobs are"
    print(f"{each} tried again, within a minute." if count else "No job was given up.")


def _recount() -> None:
    """A line for each post whose counts were wrong; they are right from then on."""
    from chalicelib.publishing.repair import recount_all

    done = list(recount_all())
    mended = [one for one in done if not one.is_right]
    for one in mended:
        told = (f"{one.counted[name]} -> {one.found[name]} {name}" for name in one.found)
        print(one.post.slug, *told, sep="\t")
    posts = "1 post was" if len(done) == 1 else f"{len(done)} posts were"
    print(f"\n{posts} counted; {len(mended)} had to be mended.", file=sys.stderr)


# --- what went wrong -------------------------------------------------------------------------


def _in_options(problem: Any) -> str:
    """A rule of the application, in the words of the command line."""
    said = " ".join(str(error["detail"]) for error in problem.errors) or str(problem.detail)
    for field, option in OPTIONS.items():
        said = said.replace(field, option)
    return said


def _sentence(error: BaseException | None) -> str:
    """What the AWS libraries ran into, for a person; nothing where it is something else."""
    from botocore.exceptions import BotoCoreError, ClientError

    table = os.environ.get("TABLE_NAME", "")
    if isinstance(error, ClientError):
        return _refusal(str(error.response.get("Error", {}).get("Code", "")), table)
    if isinstance(error, BotoCoreError):
        return _obstacle(type(error).__name__, table, str(error))
    return ""


def _refusal(code: str, table: str) -> str:
    """An answer of DynamoDB's other than success."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "this region"
    if code == "ResourceNotFoundException":
        return f"There is no table {table} in {region} of this account: check TABLE and --region."
    if code in NO_RIGHT:
        return (
            f"These AWS credentials may not use the table {table}: take those of the account that holds it."
        )
    if code in BAD_CREDENTIALS:
        return f"AWS does not accept these credentials ({code}): sign in anew."
    if code == "ValidationException":
        return f"The table {table} is not one of a Parley blog: check TABLE."
    return f"DynamoDB refused ({code}): try again in a moment."


def _obstacle(kind: str, table: str, detail: str) -> str:
    """What kept the request from being sent or answered."""
    if "Credential" in kind or "Token" in kind or "SSO" in kind:
        return f"No AWS credentials were found for the table {table}: sign in, or set AWS_PROFILE."
    if kind == "NoRegionError":
        return f"The region of the table {table} is not known: give it with --region."
    if kind == "ProfileNotFound":
        return f"{detail}: check AWS_PROFILE.".replace("..", ".")
    return f"DynamoDB cannot be reached ({kind}): check --region and the network."


if __name__ == "__main__":
    sys.exit(main())
