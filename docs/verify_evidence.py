"""Verifies a directory that `strongroom evidence export` has written, with none of Strongroom's code.

Needs Python 3.11 and the packages of verify-requirements.txt. Prints what is wrong, one line each, and ends with 1; else it prints OK.
Checked are the signatures of the log's checkpoints (C2SP signed notes: Ed25519, ECDSA P-256, cosignatures of witnesses); that each checkpoint
continues the one before (RFC 9162, 2.1.4.2); that each leaf is in the tree of the last one (2.1.3.2); that each object has the SHA-256 and
size of its leaf, opens (AWS Encryption SDK, key commitment demanded) in the place that its key names, and opens to bytes with the leaf's
salted hash; that no file is missing, and none is there that nothing names. Without --trust the keys are those of the export itself, which prove little.
"""
import argparse, base64, hashlib, hmac, json, os, re, sys
from pathlib import Path

from aws_encryption_sdk import CommitmentPolicy, EncryptionSDKClient
from aws_encryption_sdk.materials_managers import DecryptionMaterials
from aws_encryption_sdk.materials_managers.base import CryptoMaterialsManager
from aws_encryption_sdk.structures import DataKey, MasterKeyInfo
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

CLIENT = EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT, max_encrypted_data_keys=1)

class Wrong(Exception):
    pass

def demand(holds, what):
    if not holds:
        raise Wrong(what)

def unbase64(text):
    return base64.b64decode(text, validate=True)

def verifier(vkey):
    """`name+id+base64(type, key)` -> (name, id) and a function that raises InvalidSignature"""
    name, key_id, encoded = vkey.split("+", 2)
    raw = unbase64(encoded)
    kind, key = raw[0], raw[1:]
    named = key if kind == 2 else name.encode() + b"\n" + raw
    demand(hashlib.sha256(named).digest()[:4].hex() == key_id, f"the key {name}+{key_id} is not the one that its id says")
    if kind == 2:
        return (name, key_id), lambda text, signature: load_der_public_key(key).verify(signature, text, ECDSA(SHA256()))
    demand(kind in (1, 4), f"the key {name}+{key_id} is of an unknown type")
    public = Ed25519PublicKey.from_public_bytes(key)
    if kind == 1:
        return (name, key_id), lambda text, signature: public.verify(signature, text)
    signed = lambda text, time: b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") + text
    return (name, key_id), lambda text, signature: public.verify(signature[8:], signed(text, signature[:8]))

def read_trust(text):
    """A C2SP tlog-policy without groups -> verifiers, and the witness that must have signed, if any"""
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    witnesses = {line[1]: verifier(line[2]) for line in lines if line[0] == "witness"}
    quorum = next((line[1] for line in lines if line[0] == "quorum"), "none")
    demand(quorum == "none" or quorum in witnesses, f"this script knows no groups of witnesses: quorum {quorum}")
    keys = dict([verifier(line[1]) for line in lines if line[0] == "log"] + list(witnesses.values()))
    return keys, witnesses[quorum][0] if quorum != "none" else None

def open_checkpoint(note, keys, origin, witness=None):
    """-> size and root, if a known key of the log has signed them"""
    (body, _, signatures), signers = note.rpartition("\n\n"), set()
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        signature = unbase64(encoded)
        signer = (name, signature[:4].hex())
        if dash == "\u2014" and signer in keys:
            try:
                keys[signer]((body + "\n").encode(), signature[4:])
            except InvalidSignature:
                raise Wrong(f"the signature of {name} does not fit the checkpoint")
            signers.add(signer)
    found, size, root = body.split("\n")[:3]
    demand(found == origin, f"it is a checkpoint of {found}, not of {origin}")
    demand(any(name == origin for name, _ in signers), f"no known key of {origin} has signed the checkpoint")
    demand(witness is None or witness in signers, "the witness has not signed the checkpoint")
    return int(size), unbase64(root)

def climb(first, last, proof, start, joined):
    """Walks from a node up to the root; `joined` puts a sibling to what is there, on its left or on its right."""
    for sibling in proof:
        demand(last > 0, "the proof is too long")
        is_left = first & 1 or first == last
        start = joined(sibling, start, is_left)
        while is_left and not first & 1 and first:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    demand(last == 0, "the proof is too short")
    return start

node = lambda left, right: hashlib.sha256(b"\x01" + left + right).digest()

def check_inclusion(index, leaf, proof, size, root):
    demand(index < size, "the tree has no such leaf")
    found = climb(index, size - 1, proof, leaf, lambda other, own, is_left: node(other, own) if is_left else node(own, other))
    demand(found == root, "the proof does not lead from the leaf to the signed root")

def check_consistency(old_size, old_root, size, root, proof):
    demand(0 < old_size < size and proof, "there is no such proof")
    first, last = old_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    start, *rest = [old_root, *proof] if first == 0 else proof
    joined = lambda other, own, is_left: (node(other, own[0]), node(other, own[1])) if is_left else (own[0], node(own[1], other))
    demand(climb(first, last, rest, (start, start), joined) == (old_root, root), "it does not contain the checkpoint before")

class GivenKey(CryptoMaterialsManager):
    """Hands out the data key that the export has for one message."""

    def __init__(self, opens):
        self.opens = opens

    def get_encryption_materials(self, request):
        raise NotImplementedError

    def decrypt_materials(self, request):
        demand(request.encryption_context == self.opens["context"], f"its context is {request.encryption_context}")
        info = MasterKeyInfo("strongroom", self.opens["key_name"].encode())
        return DecryptionMaterials(DataKey(info, unbase64(self.opens["data_key"]), b"-"))

def check_object(file, leaf, opens, copy):
    with open(file, "rb") as sealed:
        digest = hashlib.file_digest(sealed, "sha256").hexdigest()
    demand((digest, file.stat().st_size) == (leaf["ciphertext"], leaf["size"]), "its SHA-256 or size is not what was logged")
    if opens is None:  # a statement, or erased
        return
    place = dict(zip(("bank", "source", "account", "region"), leaf["key"].split("/"))) | {"day": "-".join(leaf["key"].split("/")[4:7])}
    demand(place | {"class": opens["context"].get("class")} == opens["context"], "its context is not that of its key")
    mac, size = hmac.new(unbase64(opens["salt"]), digestmod="sha256"), 0
    with open(file, "rb") as sealed, open(copy, "wb") as out:
        with CLIENT.stream(mode="d", source=sealed, materials_manager=GivenKey(opens)) as plain:
            for chunk in plain:
                mac.update(chunk)
                size += len(chunk)
                out.write(chunk)
    demand((mac.hexdigest(), size) == (leaf["plaintext"], leaf["bytes"]), "it opens to other bytes than were logged")

def check_entry(root, entry, log, before, copy):
    demand(re.fullmatch(r"(objects|statements)/\d{12}\.\w+", entry["file"]), "no export has such a file")
    raw, leaf = unbase64(entry["leaf"]), json.loads(unbase64(entry["leaf"]))
    demand((leaf["key"], leaf["version"]) == (entry["key"], entry["version"]), "its leaf is that of another object")
    head, _, note = (root / entry["proof"]).read_text().partition("\n\n")
    form, index, *proof = [line for line in head.split("\n") if not line.startswith("extra ")]
    demand((form, index) == ("c2sp.org/tlog-proof@v1", f"index {entry['index']}"), f"{entry['proof']} is not its proof")
    demand(before[-1:] == [open_checkpoint(note, *log)], f"{entry['proof']} does not lead to the last checkpoint")
    check_inclusion(entry["index"], hashlib.sha256(b"\x00" + raw).digest(), [unbase64(line) for line in proof], *before[-1])
    check_object(root / entry["file"], leaf, entry.get("opens"), copy)

def check_checkpoint(root, entry, log, before):
    """`before`: size and root of each checkpoint so far, to which this one is added"""
    size, tree = open_checkpoint((root / entry["file"]).read_text(), *log[:2])
    before.append((size, tree))
    demand(size == entry["size"], f"it is of {size} leaves")
    if before[1:]:
        old, *proof = (root / entry["consistency"]).read_text().partition("\n\n")[0].split("\n")
        demand(old == f"old {before[-2][0]}", "the proof is about another checkpoint")
        check_consistency(*before[-2], size, tree, [unbase64(line) for line in proof])

def work(root, trust, extract):
    """Yields the name of each file that is looked at, and the function that raises where something is wrong with it."""
    manifest = json.loads((root / "manifest.json").read_text())
    about = manifest["log"]
    own = "".join([f"log {key}\n" for key in about["keys"]] + [f"witness w{at} {key}\n" for at, key in enumerate(about["witnesses"])])
    keys, witness = read_trust(trust.read_text() if trust else own)
    log, before, named, listed = (keys, about["origin"], witness), [], {"manifest.json"}, 0
    for entry in manifest["files"]:
        named.add(entry["file"])
        digest = lambda: hashlib.sha256((root / entry["file"]).read_bytes()).hexdigest()
        yield entry["file"], lambda: demand(digest() == entry["sha256"], "its SHA-256 is not the one in manifest.json")
    for entry in manifest["checkpoints"]:
        yield entry["file"], lambda: check_checkpoint(root, entry, log, before)
    for listed, line in enumerate(open(root / "objects.ndjson"), 1):
        entry = json.loads(line)
        named |= {entry["file"], entry["proof"]}
        yield entry["file"], lambda: check_entry(root, entry, log, before, extract / Path(entry["file"]).stem if extract else os.devnull)
    expected = manifest["objects"]["count"] + manifest["objects"]["statements"]
    yield "objects.ndjson", lambda: demand(listed == expected, f"it has {listed} lines, and manifest.json says {expected}")
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        yield name, lambda: demand(path.is_dir() or name in named, "nothing names it")

def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("directory", type=Path)
    arguments.add_argument("--trust", type=Path, help="the keys that are trusted, as a C2SP tlog-policy")
    arguments.add_argument("--extract", type=Path, help="write there what the objects open to")
    given = arguments.parse_args()
    if given.extract:
        given.extract.mkdir(mode=0o700, parents=True)
    problems = 0
    for name, check in work(given.directory, given.trust, given.extract):
        try:
            check()
        except Exception as error:  # what is wrong with one file must not hide the next
            print(f"{name}: {error if isinstance(error, Wrong) else repr(error)}")
            problems += 1
    print(f"NOT VERIFIED: {problems} problems" if problems else "OK", "" if given.trust else "(with the keys of the export itself)")
    return 1 if problems else 0

if __name__ == "__main__":
    sys.exit(main())
