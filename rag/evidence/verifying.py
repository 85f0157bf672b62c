"""Checking an evidence pack: with no model, no index, no network, and nothing written to disk.

A pack is anybody's file. Its bytes must be those that we would write, or the check ends there; then
what its files say must follow from one another (`rag.evidence.checks`). What no file can prove by
itself is that it is the pack that was made and no other: for that there is its fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from index.documents import sha256_hex
from index.errors import InputError
from index.formats.zipped import LARGEST_TOTAL
from rag.evidence import archive
from rag.evidence.checks import ALWAYS, CHECKS, Check, Opened, Unreadable, page
from rag.evidence.packing import MANIFEST, seal
from rag.evidence.records import ManifestRecord, read

MOST_BYTES = LARGEST_TOTAL + 2**26
"""Of a file that is looked at: all that a pack may hold, and its headers."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of checking a pack. `fingerprint` is None where there is no manifest to tell it.
    `pack` is there when all of it is sound, `meant` when it has the fingerprint that was asked for,
    and `reread` says of which documents the files were read anew, by their ids."""

    fingerprint: str | None
    checks: tuple[Check, ...]
    pack: Opened | None = None
    meant: bool = False
    reread: frozenset[str] = frozenset()

    @property
    def sound(self) -> bool:
        return not self.faults

    @property
    def faults(self) -> list[str]:
        return [fault for check in self.checks for fault in check.faults]

    @property
    def unchecked(self) -> list[str]:
        """What was not checked, because the pack does not allow it or no check can tell."""
        return [] if self.pack is None else [*_unchecked(self.pack, self.meant, self.reread)]


def verify(data: bytes, fingerprint: str | None = None) -> Verification:
    """Checks a pack; `fingerprint` is the one that it must have, if that is known.

    Raises `InputError` for what is no pack at all.
    """
    if not archive.looks_zipped(data):
        raise InputError("not an evidence pack, not even a zip file", "name a file made by pack")
    contents = archive.opened(data)
    told = f"{len(contents.members)} files, {len(data):,} bytes, each accounted for"
    checks = [Check("structure", told, contents.faults)]
    raw = contents.members.get(MANIFEST)
    own = None if raw is None else sha256_hex(raw)
    if fingerprint is not None:
        meant = fingerprint.strip().lower() == own
        fault = () if meant else (f"the fingerprint is {own}: another pack than was meant",)
        checks.append(Check("fingerprint", "the one that was given", fault))
    manifest = None
    try:
        manifest = read(raw or b"", ManifestRecord)
        checks.append(_files(contents.members, manifest))
    except ValueError as error:
        checks.append(Check("files", "", (f"{MANIFEST}: {error}",)))
    if manifest is None or any(check.faults for check in checks):
        return Verification(own, tuple(checks))
    pack = Opened(contents.members, manifest)
    try:
        checks += [check(pack) for check in CHECKS]
        if not any(check.faults for check in checks):
            checks.append(page(pack))
    except Unreadable as error:
        checks.append(Check("files", "", (str(error),)))
    if any(check.faults for check in checks):
        return Verification(own, tuple(checks))
    return Verification(own, tuple(checks), pack, meant=fingerprint is not None)


def _files(members: Mapping[str, bytes], manifest: ManifestRecord) -> Check:
    listed = manifest.files
    faults = [f"{name}: missing" for name in sorted(ALWAYS - listed.keys())]
    for name in sorted((listed.keys() | members.keys()) - {MANIFEST}):
        data, record = members.get(name), listed.get(name)
        if data is None or record is None:
            faults.append(f"{name}: {'missing' if data is None else 'not in the manifest'}")
        elif (sha256_hex(data), len(data)) != (record.sha256, record.bytes):
            faults.append(f"{name}: altered, its SHA-256 is not the manifest's")
    if MANIFEST in listed:
        faults.append(f"{MANIFEST}: lists itself")
    if seal(manifest) != manifest.seal:
        faults.append(f"{MANIFEST}: altered, its seal is another")
    return Check("files", f"{len(listed)} with the SHA-256 of the manifest", tuple(faults))


def _unchecked(pack: Opened, meant: bool, reread: Set[str]) -> Iterator[str]:
    if not meant:
        yield "that this is the pack which was made: compare its fingerprint with what you noted"
    for row in pack.documents:
        if row.text is None and row.id not in reread:
            yield f"{row.source}: neither file nor text is in the pack; give it with --sources"
        elif row.original is None and row.id not in reread:
            yield f"{row.source}: its text against the file, which is not in the pack"
        elif row.id not in reread:
            yield f"{row.source}: that its text comes out of the file; see --reread"
    known = {row.id for row in pack.documents}
    if any(hit.text and hit.document not in known for hit in pack.answer.hits):
        yield "passages that were found and not cited, where their texts are not in the pack"
    if pack.models.chat and pack.models.gave_the_answer:
        yield f"what {pack.models.chat.name} made of the sources, beyond the quotes"
