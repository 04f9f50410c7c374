"""Hooks and checks of schemathesis for scripts/fuzz-api.ts."""

import json
import os
import zlib

import schemathesis

# Ids that exist, by kind: drawn ids alone would never reach the ledger.
EXISTING = json.loads(os.environ["PASSBOOK_IDS"])
KIND_OF_FIELD = {
    "accountId": "accounts",
    "fromAccount": "accounts",
    "toAccount": "accounts",
    "account": "accounts",
    "sweepTo": "accounts",
    "transactionId": "transactions",
}

# Rules between fields or with the clock, which JSON Schema cannot express.
BEYOND_SCHEMA = {
    "cursor",
    "from",
    "minAmount",
    "at",
    "expiresAt",
    "expiresInSeconds",
    "pending",
    "legs",
    "maximumBalance",
    "sweepTo",
    "password",
    "toAccount",
    "fromAccount",
    "code",
    "email",
    "number",
    "externalId",
    "language",
    "timeZone",
}


@schemathesis.check
def valid_requests_are_understood(ctx, response, case):
    """A request that matches its schema may be refused by a rule of the bank, but not as malformed."""
    if response.status_code != 400 or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    if problem["code"] != "invalid_request":
        return
    # A credential of a browser may have further fields, but no list in them
    if all(error["message"] == "must not be a list" for error in problem.get("errors", [])):
        return
    fields = {error["field"].split(".")[-1] for error in problem.get("errors", [])}
    assert fields & BEYOND_SCHEMA, f"A valid request was refused: {problem['detail']}"


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    return with_existing_ids(path_parameters)


@schemathesis.hook
def map_body(ctx, body):
    return with_existing_ids(body)


def with_existing_ids(value):
    """Replaces three of four well-formed ids by existing ones, and most keys by fresh ones. The choice is repeatable."""
    if isinstance(value, list):
        return [with_existing_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: mapped(name, inner, len(value)) for name, inner in value.items()}


def mapped(name, value, siblings):
    if not isinstance(value, str) or not 0 < len(value) <= 200 or not value.isascii() or not value.isprintable():
        return with_existing_ids(value)
    drawn = zlib.crc32(f"{name} {value} {siblings}".encode())
    if name == "idempotencyKey":
        mapped.count += 1
        return value if drawn % 4 == 0 else f"{value}-{mapped.count}"
    kind = KIND_OF_FIELD.get(name)
    if kind is None or " " in value or drawn % 4 == 0:
        return value
    return EXISTING[kind][drawn % len(EXISTING[kind])]


mapped.count = 0
