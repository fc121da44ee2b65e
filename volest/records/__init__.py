"""The tables and files that stages talk through: one module each, schema, read and write."""
