"""Conversion between the forms of an adapter and of its base; formats are specified in conversions/README.md."""
