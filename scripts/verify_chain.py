#!/usr/bin/env python3
"""Verifies Passbook's hash chain independently of Passbook, with only the standard library.

    verify_chain.py vectors FILE                   golden vectors, such as tests/domain/golden/chain-v2.json
    verify_chain.py statement FILE PUBLIC          output of `passbook export-statement`
    verify_chain.py checkpoint JWS MANIFEST PUBLIC the files NUMBER.jws and NUMBER.manifest of a checkpoint

PUBLIC is a JWK, or a file with one. Verifies versions 1 and 2 of every format. Exits with 0 if everything is valid,
otherwise with 1 and the first fault. docs/internals/formats.md has the encoding.
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
    salt, initiator, external_id = transfer["salt"], transfer["initiator"], transfer.get("externalId")
    parties = [salt, initiator["kind"], shown(initiator["id"])]
    legs = [leg[field] for leg in transfer["legs"] for field in ("accountId", "direction", "amount")]
    texts = {name: transfer.get(name) for name in ("description", "reference", "metadata")}
    if texts["metadata"] is not None:
        texts["metadata"] = canonical(texts["metadata"])
    erased = transfer.get("erased") or {}
    return {
        "parties": digest("passbook parties 1", *parties, *legs)
        if external_id is None
        else digest("passbook parties 2", *parties, external_id, *legs),
        **{
            name: shown(erased.get(name)) if text is None else text_digest(name, text_salt(name, salt), text)
            for name, text in texts.items()
        },
    }


def text_digest(name, salt, text):
    return digest(f"passbook {name} 1", salt, text)


def entry_digest(account, entry, transfer, seal, version):
    """`account` is its id in version 1; its id and its number in version 2."""
    after = entry["after"]
    references = [seal["reference"]] if version == 2 else []
    lines = [
        *(account if version == 2 else account[:1]), entry["sequence"], entry["step"], entry["direction"],
        entry["posted"], entry["pending"],
        after["debitsPosted"], after["creditsPosted"], after["debitsPending"], after["creditsPending"],
        entry["at"], transfer["id"], transfer["kind"], shown(transfer["currency"]), transfer["createdAt"],
        shown(transfer["expiresAt"]), shown(transfer["reverses"]), shown(transfer["batchId"]),
        seal["parties"], *references, seal["description"], seal["metadata"],
    ]  # fmt: skip
    require(not any("\n" in str(line) for line in lines), "a line holds a line feed")
    return digest(f"passbook entry {version}", *lines)


def link(previous, of_entry):
    return digest("passbook link 1", previous, of_entry)


def audit_hash(previous, facts):
    subject = next((facts[kind] for kind in ("accountId", "transferId", "userId") if facts.get(kind) is not None), "-")
    return digest(
        "passbook audit 1", previous, facts["sequence"], facts["at"], facts["actor"]["kind"],
        shown(facts["actor"]["id"]), facts["action"], subject,
        json.dumps([facts["reason"], facts["changes"]], ensure_ascii=False, separators=(",", ":")),
    )  # fmt: skip


def leaf_text(account):
    values = [account[field] for field in LEAF_FIELDS]
    return " ".join(str(value).lower() if isinstance(value, bool) else str(shown(value)) for value in values)


def verify_vectors(path):
    with open(path, encoding="utf-8") as file:
        golden = json.load(file)
    for vector in golden["vectors"]:
        found, expected = of_vector(vector)
        require(found == expected, f"{vector['name']}: {found}")
    for vector in golden.get("metadata", []):
        found = digest("passbook account metadata 1", vector["accountId"], vector["key"], vector["value"])
        require(found == vector["digest"], f"{vector['name']}: {found}")
    for vector in golden.get("leaves", []):
        text = leaf_text(vector["account"])
        require((text, leaf_hash(text).hex()) == (vector["text"], vector["hash"]), f"{vector['name']}: {text}")
    for vector in golden.get("checkpoints", []):
        checkpoint = signed_by(json.dumps(vector["publicKey"]), vector["signed"])
        require(checkpoint == vector["payload"], f"{vector['name']}: {checkpoint}")
        require_manifest(checkpoint, vector["manifest"])
    return f"{sum(len(all) for all in golden.values() if isinstance(all, list))} vectors agree"


def of_vector(vector):
    previous = vector["previousHash"]
    if "facts" in vector:
        return audit_hash(previous, vector["facts"]), vector["hash"]
    entry, seal = vector["entry"], seal_of(vector["transfer"])
    account = [entry["accountId"], shown(vector.get("number"))]
    of_entry = entry_digest(account, entry, vector["transfer"], seal, vector.get("version", 1))
    found = {**seal, "entry": of_entry, "link": link(previous, of_entry)}
    # Vectors of version 1 are older than references
    return found, {"reference": "-", **vector["digests"]}


def verify_checkpoint(jws, manifest, public):
    with open(jws, encoding="ascii") as file:
        checkpoint = signed_by(public, file.read().strip())
    with open(manifest, encoding="ascii", newline="\n") as file:
        text = file.read()
    require(text == "" or text.endswith("\n"), "the last line of the manifest has no end")
    require_manifest(checkpoint, text.split("\n")[:-1])
    return f"checkpoint {checkpoint['number']} of {checkpoint['accounts']} accounts is signed with this key"


def require_manifest(checkpoint, lines):
    ids = [read_leaf(line, checkpoint)["id"] for line in lines]
    require(all(one < next for one, next in zip(ids, ids[1:])), "the accounts of the manifest are not in order")
    require(len(lines) == checkpoint["accounts"], "the manifest has another number of accounts")
    require(tree_root([leaf_hash(line) for line in lines]).hex() == checkpoint["root"], "another manifest was signed")


def leaf_hash(text):
    return hashlib.sha256(b"\0" + text.encode("ascii")).digest()


def tree_root(leaves):
    """RFC 6962, section 2.1."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree_root(leaves[:left]) + tree_root(leaves[left:])).digest()


LEAF_FIELDS = [
    "id", "ownerId", "currency", "class", "status", "creditsFrozen", "minimumBalance", "maximumBalance",
    "debitsPosted", "creditsPosted", "debitsPending", "creditsPending", "sequence", "head", "number", "externalId",
]  # fmt: skip
LEAF = re.compile(
    r"[!-~]+ [!-~]+ [A-Z]{3} (?:asset|liability|equity|income|expense) (?:active|frozen|closed) (?:true|false)"
    r"(?: (?:-|-?[0-9]+)){2}(?: [0-9]+){5} [0-9a-f]{64}(?P<added> (?:-|[A-Z]{2,4}[0-9]{14}) [!-~]+)?"
)


def read_leaf(text, checkpoint):
    match = LEAF.fullmatch(text)
    require(match is not None, "a leaf is malformed")
    version = 1 if match["added"] is None else 2
    require(version == checkpoint["version"], f"a leaf of version {version} in a checkpoint of another version")
    return dict(zip(LEAF_FIELDS, text.split(" ")))


def verify_statement(path, public):
    with open(path, encoding="utf-8") as file:
        proof = json.load(file)
    version = proof["version"]
    require(proof["format"] == "passbook statement proof" and version in (1, 2), "not a proof of version 1 or 2")
    checkpoint = signed_by(public, proof["checkpoint"])
    leaf = read_leaf(proof["leaf"], checkpoint)
    inclusion = proof["inclusion"]
    require(inclusion["size"] == checkpoint["accounts"], "another tree")
    root = root_of(leaf_hash(proof["leaf"]), inclusion)
    require(root == checkpoint["root"], "the account is not in the checkpoint")

    opening, following, entries = proof["opening"], proof["following"], proof["entries"]
    sides = [*([opening] if opening else []), *entries, *([following] if following else [])]
    sequence = sides[0]["sequence"] - 1 if sides else 0
    before = proof["previousHash"]
    counters = None if sequence else {"debitsPosted": 0, "creditsPosted": 0, "debitsPending": 0, "creditsPending": 0}
    require(sequence > 0 or before == GENESIS, "the first entry follows another")
    for entry in sides:
        sequence += 1
        require(entry["sequence"] == sequence, f"entry {entry['sequence']} does not follow the one before it")
        require(entry["transfer"]["currency"] == leaf["currency"], f"entry {sequence} is in another currency")
        before = link(before, proven_digest(leaf, entry if version == 2 else in_version_2(entry)))
        require(before == entry["hash"], f"entry {sequence} is not what its hash covers")
        counters = counted(counters, entry)
    for of_entry in proof["digests"]:
        before = link(before, of_entry)
    is_head = sequence + len(proof["digests"]) == int(leaf["sequence"]) and before == leaf["head"]
    require(is_head, "it does not lead to the head that was signed")

    start, end = proof["period"]["from"], proof["period"]["to"]
    require(end <= checkpoint["at"], "the period ends after the checkpoint")
    is_first = leaf["sequence"] == "0" or sides[0]["sequence"] == 1
    require(opening["at"] < start if opening else is_first, "entries before may be missing")
    require(following["at"] >= end if following else not proof["digests"], "entries after may be missing")
    require(all(start <= entry["at"] < end for entry in entries), "an entry is not of the period")
    closing = (entries or [opening])[-1]
    sign = -1 if leaf["class"] in ("asset", "expense") else 1
    balance = sign * (int(closing["after"]["creditsPosted"]) - int(closing["after"]["debitsPosted"])) if closing else 0
    return f"{len(entries)} entries of {leaf['id']} are proven by checkpoint {checkpoint['number']}, balance {balance}"


def in_version_2(entry):
    return {**entry, "version": 1, "reference": None, "seal": {**entry["seal"], "reference": "-"}}


def proven_digest(leaf, entry):
    """The digest of an entry, whose texts are those that it covers."""
    name, version, seal = f"entry {entry['sequence']}", entry["version"], entry["seal"]
    require(version in (1, 2), f"{name} is of an unknown version")
    require(version == 1 or "number" in leaf, f"{name} is newer than the checkpoint")
    require(version == 2 or seal["reference"] == "-", f"{name} has a reference that nothing covers")
    for of_text in ("description", "reference"):
        text = entry[of_text]
        if text is not None:
            # A salt with a line feed could hide the beginning of the text
            require(re.fullmatch("[0-9a-f]{64}", text["salt"]) is not None, f"{name} has a malformed salt")
            found = text_digest(of_text, text["salt"], text["text"])
            require(found == seal[of_text], f"{name} has another {of_text}")
    return entry_digest([leaf["id"], leaf.get("number")], entry, entry["transfer"], seal, version)


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
    checkpoint = json.loads(unbase64(payload))
    require(checkpoint["version"] in (1, 2), "not a checkpoint of version 1 or 2")
    return checkpoint


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
        elif len(arguments) == 4 and arguments[0] == "checkpoint":
            print(verify_checkpoint(arguments[1], arguments[2], arguments[3]))
        else:
            print(__doc__)
            return 2
    except (ValueError, KeyError, TypeError, IndexError, OSError) as fault:
        print(f"NOT PROVEN: {fault!r}" if isinstance(fault, KeyError) else f"NOT PROVEN: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
