"""Measures the recorder's clock against the pictures: small things that move the way the pointer moves.

Knows luma pictures, pointer positions and numbers; nothing of libraries, screens or edits. Start with `measure`
(from pictures to an answer), then follow a detection through `motion`, `tracklets`, `correlate`, `fit`, `bursts`,
`clock` and `verdict`. `windows` says which pictures are worth decoding, `scene` what else is wrong with the session.
Every constant comes from measurements on recordings whose clock is known (docs/calibration.md).
"""
