import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepdiva.errors import DataError, DeepDivaError, ResourceError, Tampered
from deepdiva.share import broken_subjects, envelope, keys, statement, verify_statement

FACTS = {
    "_type": statement.STATEMENT_TYPE,
    "predicateType": statement.PREDICATE_TYPE,
    "predicate": {"run": "a"},
    "subject": [{"name": "seal.json", "digest": {"sha256": "00" * 32}}],
}


def signed(folder: Path, facts: Any = FACTS) -> Path:
    """Return a statement that says `facts`, signed by a new key beside it."""
    keys.new_key(folder / "key")
    content = envelope.sign(envelope.as_json(facts), keys.read_private(folder / "key"))
    (folder / "a.json").write_bytes(content)
    return folder / "a.json"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sound statement."""
    return signed(tmp_path_factory.mktemp("sound"))


def test_a_sound_statement_is_read(sound: Path) -> None:
    """The facts come back, with the signer; trusted only where the reader named the key."""
    with_key = verify_statement(sound, sound.with_name("key.pub"))

    assert with_key.facts == FACTS
    assert with_key.trusted
    assert not verify_statement(sound).trusted
    assert verify_statement(sound).signer == with_key.signer


def test_the_signature_is_as_dsse_says(sound: Path) -> None:
    """It is over type and statement with their lengths, so that no other text can be read out of it."""
    envelope = json.loads(sound.read_bytes())
    payload = base64.b64decode(envelope["payload"])
    words = b"DSSEv1 28 application/vnd.in-toto+json " + str(len(payload)).encode() + b" " + payload
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    keys.read_public(sound.with_name("key.pub")).verify(signature, words)

    assert json.loads(payload) == FACTS


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_byte_is_refused(sound: Path, data: st.DataObject) -> None:
    """Whichever byte becomes whichever other, whether or not it is the signature that notices."""
    content = bytearray(sound.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255).filter(lambda value: value != content[place]))
    spoiled = sound.with_name("spoiled.json")
    spoiled.write_bytes(content)

    with pytest.raises((Tampered, DataError)):
        verify_statement(spoiled, sound.with_name("key.pub"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=50), st.recursive(
    st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(
        st.sampled_from(["payload", "payloadType", "signatures", "sig", "keyid"]), x), max_leaves=8
).map(lambda facts: json.dumps(facts).encode())))  # fmt: skip
def test_any_file_is_answered(sound: Path, content: bytes) -> None:
    """What is no statement is refused with one of our errors, whatever it is."""
    place = sound.with_name("any.json")
    place.write_bytes(content)

    with pytest.raises(DeepDivaError):
        verify_statement(place)


def test_the_same_words_in_other_bytes_are_refused(sound: Path) -> None:
    """A reformatted file is not the one that was written."""
    other = sound.with_name("other.json")
    other.write_text(json.dumps(json.loads(sound.read_bytes()), indent=1))

    with pytest.raises(Tampered, match="other bytes"):
        verify_statement(other)


def test_another_key_is_told(sound: Path, tmp_path: Path) -> None:
    """A sound signature by a stranger is not that of whom one trusts."""
    with pytest.raises(Tampered, match="not by the key"):
        verify_statement(sound, keys.new_key(tmp_path / "stranger"))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        [],
        FACTS | {"predicateType": "https://example.org/other"},
        FACTS | {"predicate": 1},
        FACTS | {"subject": [{"name": 1, "digest": {"sha256": 2}}]},
    ],
)
def test_a_statement_about_something_else_is_refused(tmp_path: Path, facts: Any) -> None:
    """VER-021, however well it is signed."""
    with pytest.raises(DataError, match="VER-021"):
        verify_statement(signed(tmp_path, facts))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The reason of the system is told."""
    with pytest.raises(ResourceError, match="No such file"):
        verify_statement(tmp_path / "none")


def test_subjects_are_compared_below_the_folder_alone(tmp_path: Path) -> None:
    """A file that differs, is missing, is a link or lies outside is named; nothing is read through a link."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "same").write_bytes(b"1")
    (run / "other").write_bytes(b"2")
    (run / "link").symlink_to("same")
    (tmp_path / "outside").write_bytes(b"1")
    one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    names = ["same", "other", "gone", "link", "../outside"]
    facts = {"subject": [{"name": name, "digest": {"sha256": one}} for name in names]}

    assert broken_subjects(statement.Statement(facts, "", True), run) == [
        "other is not what was signed",
        "gone is missing",
        "link is missing",
        "../outside is missing",
    ]
