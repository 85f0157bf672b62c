"""index: files in, passages out, addressable to the code point and searchable.

Reads files into `Document` records, splits them into passages, encodes the passages and keeps
everything in one folder whose every change is atomic. Imports nothing from the other rooms.
"""

__version__ = "0.1.0"
