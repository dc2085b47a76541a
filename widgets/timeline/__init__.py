"""The timeline: every track of a session and everything decided about it, on one time axis.

`model` holds what is shown, `axis` maps time to px, `lanes` lays out, `hit` finds what is under the pointer,
`paint_*` paint into cached pixmaps, and `view` is the widget. Start there.
"""
