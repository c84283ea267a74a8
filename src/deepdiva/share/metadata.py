"""Tell machines what a crate holds: JSON-LD after RO-Crate 1.1 and the profile Workflow Run Crate 0.5.

The workflow is `request.toml`: `deepdiva run request.toml` is what was executed.  Its run is
one action, from data to weights and scores.  Everything follows from the members, so that
equal runs are described in equal bytes.

    https://w3id.org/ro/crate/1.1
    https://w3id.org/workflowhub/workflow-ro-crate/1.0
    https://w3id.org/ro/wfrun/workflow/0.5
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from deepdiva.share.archive import Member

FILE_NAME = "ro-crate-metadata.json"

_CRATE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_CONTEXT = [f"{_CRATE}/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
_FOLDERS = {
    "source": "The whole source tree as it ran; `deepdiva restore` gives it back.",
    "dataset": "The data with which the run was trained and tested.",
}
"""Described as one thing each: their files are named in `source/code.json` and `data/footprint.json`."""
_MEDIA = {
    "html": "text/html",
    "md": "text/markdown",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "npz": "application/zip",
    "patch": "text/x-diff",
    "png": "image/png",
    "safetensors": "application/octet-stream",
    "toml": "application/toml",
}
_MEANINGS = {
    "README.md": "What this is, for people.",
    "chain.jsonl": "Digests of every step and of the weights after every epoch.",
    "data/footprint.json": "Every file of the data with its size and SHA-256.",
    "environment/pylock.toml": "Every installed package with its version and digest.",
    "events.jsonl": "Every measurement.",
    "result.json": "What the run found.",
    "run.json": "How the run stands.",
    "seal.json": "SHA-256 of every file of the record.",
    "stamp.json": "What the run stands on: code, environment, data, seed, numeric class.",
}

Entity = dict[str, Any]


def describe(
    facts: Mapping[str, Any], members: Mapping[str, Member], *, version: str, license_terms: str
) -> bytes:
    """Return the content of `ro-crate-metadata.json`.

    Args:
        facts: What `run.json` holds.
        version: Of the `deepdiva` that ran.
        members: All other members of the crate.
        license_terms: An address or a name; empty where none is stated.
    """
    graph = [*_roots(facts, members, license_terms), *_run(facts, members, version), *_files(members)]
    document = {"@context": _CONTEXT, "@graph": sorted(graph, key=lambda entity: str(entity["@id"]))}
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


# -- The crate ----------------------------------------------------------------------


def _roots(facts: Mapping[str, Any], members: Mapping[str, Member], terms: str) -> Iterator[Entity]:
    yield {
        "@id": FILE_NAME,
        "@type": "CreativeWork",
        "about": _to("./"),
        "conformsTo": [_to(_CRATE), _to(_WORKFLOW_CRATE)],
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{facts['task']}, seed {facts['seed']}",
        "description": f"A DeepDIVA run of the task {facts['task']} with all that is needed to run it again: "
        "code, packages, settings, footprint of the data, and every measurement.",
        "identifier": facts["id"],
        "datePublished": facts["ended"],
        "license": _to(terms) if _is_address(terms) else terms or "No license is stated.",
        "conformsTo": [_to(profile) for profile in _PROFILES],
        "mainEntity": _to("request.toml"),
        "mentions": _to("#run"),
        "hasPart": [_to(_id(name)) for name in _parts(members)],
    }
    if _is_address(terms):
        yield {"@id": terms, "@type": "CreativeWork", "name": terms, "description": "The terms of use."}
    for address, (name, version) in _PROFILES.items():
        yield {"@id": address, "@type": "CreativeWork", "name": name, "version": version}


def _is_address(terms: str) -> bool:
    return terms.startswith(("https://", "http://"))


def _parts(members: Mapping[str, Member]) -> list[str]:
    """Return the files that are described by themselves, and the folders that are described as a whole."""
    tops = {name.partition("/")[0] for name in members}
    single = [name for name in members if name.partition("/")[0] not in _FOLDERS and name[-1] != "/"]
    return sorted([*single, *(f"{folder}/" for folder in _FOLDERS if folder in tops)])


def _files(members: Mapping[str, Member]) -> Iterator[Entity]:
    for name in _parts(members):
        if name.endswith("/"):
            meaning = _FOLDERS[name.rstrip("/")]
            yield {"@id": name, "@type": "Dataset", "name": name.rstrip("/"), "description": meaning}
        elif name != "request.toml":
            yield _file(name, members[name])


def _file(name: str, member: Member) -> Entity:
    meaning = {"description": _MEANINGS[name]} if name in _MEANINGS else {}
    about = {"about": _to("./")} if name == "README.md" else {}
    return {
        "@id": _id(name),
        "@type": "File",
        "name": name,
        "contentSize": str(member.size),
        "encodingFormat": _MEDIA.get(name.rpartition(".")[2], "application/octet-stream"),
        "sha256": member.sha256,
        **meaning,
        **about,
    }


# -- The run ------------------------------------------------------------------------


def _run(facts: Mapping[str, Any], members: Mapping[str, Member], version: str) -> Iterator[Entity]:
    yield from _workflow(facts, members)
    yield {
        "@id": "#deepdiva",
        "@type": ["ComputerLanguage", "SoftwareApplication"],
        "name": "DeepDIVA",
        "version": version,
        "softwareVersion": version,
        "description": "Runs requests; a request is TOML.",
        "softwareRequirements": _to("environment/pylock.toml"),
    }
    scores = list(_scores(facts))
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run {facts['id']}",
        "instrument": _to("request.toml"),
        "startTime": facts["started"],
        "endTime": facts["ended"],
        "description": f"Training, validation and test of {facts['task']} by `deepdiva run request.toml`.",
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": [_to("#data"), _to("#seed")],
        "result": [_to(_id(name)) for name in sorted(members) if name.endswith((".safetensors", ".jsonl"))]
        + [_to(score["@id"]) for score in scores],
    }
    yield from scores
    yield {
        "@id": "#data",
        "@type": "PropertyValue",
        "name": "data",
        "description": "The data set, by the digest of its footprint.",
        "value": f"sha256:{facts['data_sha256']}",
        "exampleOfWork": _to("#input-data"),
    }
    yield {
        "@id": "#seed",
        "@type": "PropertyValue",
        "name": "seed",
        "value": facts["seed"],
        "exampleOfWork": _to("#input-seed"),
    }


def _workflow(facts: Mapping[str, Any], members: Mapping[str, Member]) -> Iterator[Entity]:
    yield _file("request.toml", members["request.toml"]) | {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "description": "Every setting of the run; `deepdiva run request.toml` repeats it.",
        "programmingLanguage": _to("#deepdiva"),
        "version": str(facts["request_sha256"])[:8],
        "input": [_to("#input-data"), _to("#input-seed")],
        "output": [_to(f"#output-{score['name']}") for score in _scores(facts)],
    }
    yield _parameter("#input-data", "data", "PropertyValue")
    yield _parameter("#input-seed", "seed", "Integer")
    for score in _scores(facts):
        yield _parameter(f"#output-{score['name']}", score["name"], "PropertyValue")


def _parameter(identifier: str, name: str, kind: str) -> Entity:
    return {"@id": identifier, "@type": "FormalParameter", "name": name, "additionalType": kind}


def _scores(facts: Mapping[str, Any]) -> Iterator[Entity]:
    """Give each final score, by its name `<split>/<metric>`."""
    for split in ("train", "val", "test"):
        for metric, value in sorted((facts[split] or {}).items()):
            if value is not None:
                name = f"{split}/{metric}"
                yield {
                    "@id": f"#{name}",
                    "@type": "PropertyValue",
                    "name": name,
                    "value": value,
                    "exampleOfWork": _to(f"#output-{name}"),
                }


def _to(identifier: str) -> Entity:
    return {"@id": identifier}


def _id(name: str) -> str:
    return quote(name)
