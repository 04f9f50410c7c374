#!/usr/bin/env python3
"""Verifies Passbook's hash chain independently of Passbook, with only the standard library.

    verify_chain.py vectors FILE              golden vectors, such as tests/domain/golden/chain-v1.json
    verify_chain.py statement FILE PUBLIC     output of `passbook export-statement`; PUBLIC is a JWK, or a file with one

Exits with 0 if everything is valid, otherwise with 1 and the first fault. docs/internals/formats.md has the encoding.
"""

import base64
import hashlib
import json
import os
import re
import sys

GENESIS = "0" * 64


def digest(*lines):
    return hashlib.sha256("\n".join(str(line) for line in lines).encode("utf-8")).hexdigest()


def shown(value):
    return "-" if value is None else value


def text_salt(name, salt):
    return digest("passbook salt 1", name, salt)


def canonical(metadata):
    # As in JavaScript: sorted by UTF-16 code units, JSON without spaces
    pairs = sorted(metadata.items(), key=lambda pair: pair[0].encode("utf-16-be"))
    return json.dumps([list(pair) for pair in pairs], ensure_ascii=False, separators=(",", ":"))


def seal_of(transfer):
    salt, initiator = transfer["salt"], transfer["initiator"]
    legs = [leg[field] for leg in transfer["legs"] for field in ("accountId", "direction", "amount")]
    description, metadata = transfer["description"], transfer["metadata"]
    return {
        "parties": digest("passbook parties 1", salt, initiator["kind"], shown(initiator["id"]), *legs),
        "description": "-"
        if description is None
        else digest("passbook description 1", text_salt("description", salt), description),
        "metadata": "-"
        if metadata is None
        else digest("passbook metadata 1", text_salt("metadata", salt), canonical(metadata)),
    }


def entry_digest(account_id, entry, transfer, seal):
    after = entry["after"]
    return digest(
        "passbook entry 1", account_id, entry["sequence"], entry["step"], entry["direction"],
        entry["posted"], entry["pending"],
        after["debitsPosted"], after["creditsPosted"], after["debitsPending"], after["creditsPending"],
        entry["at"], transfer["id"], transfer["kind"], shown(transfer["currency"]), transfer["createdAt"],
        shown(transfer["expiresAt"]), shown(transfer["reverses"]), shown(transfer["batchId"]),
        seal["parties"], seal["description"], seal["metadata"],
    )  # fmt: skip


def link(previous, of_entry):
    return digest("passbook link 1", previous, of_entry)


def verify_vectors(path):
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)["vectors"]
    for vector in vectors:
        seal = seal_of(vector["transfer"])
        of_entry = entry_digest(vector["entry"]["accountId"], vector["entry"], vector["transfer"], seal)
        found = {**seal, "entry": of_entry, "link": link(vector["previousHash"], of_entry)}
        require(found == vector["digests"], f"{vector['name']}: {found}")
    return f"{len(vectors)} vectors agree"


def verify_statement(path, public):
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    require(proof["format"] == "passbook statement proof" and proof["version"] == 1, "not a proof of version 1")
    checkpoint = signed_by(public, proof["checkpoint"])
    leaf = proof["leaf"].split(" ")
    account_id, currency, of_class, last, head = leaf[0], leaf[2], leaf[3], int(leaf[12]), leaf[13]
    inclusion = proof["inclusion"]
    require(inclusion["size"] == checkpoint["accounts"], "another tree")
    leaf_hash = hashlib.sha256(b"\0" + proof["leaf"].encode("ascii")).digest()
    require(root_of(leaf_hash, inclusion) == checkpoint["root"], "the account is not in the checkpoint")

    opening, following, entries = proof["opening"], proof["following"], proof["entries"]
    sides = [*([opening] if opening else []), *entries, *([following] if following else [])]
    sequence = sides[0]["sequence"] - 1 if sides else 0
    before = proof["previousHash"]
    counters = None if sequence else {"debitsPosted": 0, "creditsPosted": 0, "debitsPending": 0, "creditsPending": 0}
    require(sequence > 0 or before == GENESIS, "the first entry follows another")
    for entry in sides:
        sequence += 1
        require(entry["sequence"] == sequence, f"entry {entry['sequence']} does not follow the one before it")
        require(entry["transfer"]["currency"] == currency, f"entry {sequence} is in another currency")
        before = link(before, entry_digest(account_id, entry, entry["transfer"], entry["seal"]))
        require(before == entry["hash"], f"entry {sequence} is not what its hash covers")
        text = entry["description"]
        require(
            text is None or digest("passbook description 1", text["salt"], text["text"]) == entry["seal"]["description"],
            f"entry {sequence} has another description",
        )
        counters = counted(counters, entry)
    for of_entry in proof["digests"]:
        before = link(before, of_entry)
    require(sequence + len(proof["digests"]) == last and before == head, "it does not lead to the head that was signed")

    start, end = proof["period"]["from"], proof["period"]["to"]
    require(end <= checkpoint["at"], "the period ends after the checkpoint")
    require(opening["at"] < start if opening else last == 0 or sides[0]["sequence"] == 1, "entries before may be missing")
    require(following["at"] >= end if following else not proof["digests"], "entries after may be missing")
    require(all(start <= entry["at"] < end for entry in entries), "an entry is not of the period")
    closing = (entries or [opening])[-1]
    sign = -1 if of_class in ("asset", "expense") else 1
    balance = sign * (int(closing["after"]["creditsPosted"]) - int(closing["after"]["debitsPosted"])) if closing else 0
    return f"{len(entries)} entries of {account_id} are proven by checkpoint {checkpoint['number']}, balance {balance}"


def counted(counters, entry):
    after = {name: int(value) for name, value in entry["after"].items()}
    if counters is not None:
        side = "debits" if entry["direction"] == "debit" else "credits"
        counters[side + "Posted"] += int(entry["posted"])
        counters[side + "Pending"] += int(entry["pending"]) * (1 if entry["step"] == "held" else -1)
        require(counters == after, f"entry {entry['sequence']} does not add up")
    return after


def root_of(leaf_hash, inclusion):
    """The root of the inclusion path (RFC 9162, section 2.1.3.2)."""
    node, last = inclusion["index"], inclusion["size"] - 1
    require(0 <= node <= last, "no such leaf")
    found = leaf_hash
    for step in inclusion["path"]:
        require(last > 0, "the path is too long")
        other = bytes.fromhex(step)
        if node % 2 == 1 or node == last:
            found = hashlib.sha256(b"\1" + other + found).digest()
            while node % 2 == 0 and node != 0:
                node, last = node // 2, last // 2
        else:
            found = hashlib.sha256(b"\1" + found + other).digest()
        node, last = node // 2, last // 2
    require(last == 0, "the path is too short")
    return found.hex()


def signed_by(public, jws):
    """The payload of a compact JWS with an Ed25519 signature (RFC 8037)."""
    if os.path.exists(public):
        with open(public, encoding="utf-8") as file:
            public = file.read()
    header, payload, signature = jws.split(".")
    head = json.loads(unbase64(header))
    require(head["alg"] == "EdDSA" and head["typ"] == "passbook-checkpoint+jws", "not a signed checkpoint")
    key = unbase64(json.loads(public)["x"])
    require(is_signature(key, f"{header}.{payload}".encode("ascii"), unbase64(signature)), "not signed with this key")
    return json.loads(unbase64(payload))


def unbase64(text):
    require(re.fullmatch(r"[A-Za-z0-9_-]*", text) is not None, "not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# Ed25519: RFC 8032, section 5.1.7, on points (x, y, z, x * y / z).
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def is_signature(key, message, signature):
    if len(key) != 32 or len(signature) != 64:
        return False
    point, commitment = point_of(key), point_of(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or commitment is None or scalar >= Q:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    base_y = 4 * pow(5, P - 2, P) % P
    left = times(scalar, point_of(base_y.to_bytes(32, "little")))
    right = add(commitment, times(challenge, point))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    x = P - x if x % 2 != sign else x
    return (x, y, 1, x * y % P)


def add(one, other):
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(count, point):
    result = (0, 1, 1, 0)
    while count > 0:
        if count & 1:
            result = add(result, point)
        point = add(point, point)
        count >>= 1
    return result


def require(is_right, otherwise):
    if not is_right:
        raise ValueError(otherwise)


def main(arguments):
    try:
        if len(arguments) == 2 and arguments[0] == "vectors":
            print(verify_vectors(arguments[1]))
        elif len(arguments) == 3 and arguments[0] == "statement":
            print(verify_statement(arguments[1], arguments[2]))
        else:
            print(__doc__)
            return 2
    except (ValueError, KeyError, TypeError, IndexError, OSError) as fault:
        print(f"NOT PROVEN: {fault!r}" if isinstance(fault, KeyError) else f"NOT PROVEN: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
