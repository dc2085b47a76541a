"""Pictures: what a video file holds, which frame is shown when, and the exact pixels of frame i.

The only room that speaks PTS. A frame is named by its index in the frame table (presentation order); everybody
else asks by index or by t_ns. Start at `index` (the frame table), then `decoder`, `cache`, `server`.
"""
