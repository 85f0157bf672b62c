"""One module for each format: bytes in, a `Reading` out. Listed in `index.readers`."""
