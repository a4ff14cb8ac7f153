"""Open folder: one label-pack format a file, each a `TAGS`; see `loader.label_pack`."""
