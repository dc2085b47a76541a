"""Lossless entries inside groups of pictures, so that a far picture is near: made once, proved when they are made.

`writer.py` makes them, `verify.py` proves each, `reader.py` reads them as untrusted bytes, `layout.py` is their form.
Nobody needs them: without them the same pictures come from the I-frame.
"""
