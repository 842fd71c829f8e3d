"""Changes to other programs' configuration files that keep every byte which is not meant. Pure.

``json_members`` knows JSON with comments, ``toml_tables`` TOML, ``marked_block`` Markdown. All take
bytes and return bytes, verify what they made by reading it again, and raise ``CannotEdit`` instead
of damaging anything.
"""
