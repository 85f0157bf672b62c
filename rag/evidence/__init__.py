"""Evidence packs: an answer as one file that anyone can check (docs/EVIDENCE.md)."""
