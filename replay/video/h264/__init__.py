"""What H.264 packets say of each other, and the same packets written anew so that some can be left out (ITU-T H.264).

Start with `sequence.py`. Knows neither files nor pixels. Whatever it does not follow to the last bit (fields, long-term
references, gaps, several layers) it refuses with `NotFollowed`, and the packets are then decoded as they are.
"""
