"""Packets that lead into the middle of a group: its I-frame as it is, then the kept picture, then those behind it."""

from __future__ import annotations

from replay.video.checkpoints.layout import Macroblocks, Places
from replay.video.h264.lossless import lossless_slice
from replay.video.h264.parameters import lossless_pps
from replay.video.h264.sequence import PacketUnits
from replay.video.h264.slices import Slice
from replay.video.thinned import entered_poc


def entered_packet(units: PacketUnits, idr: Slice, places: Places, samples: Macroblocks) -> bytes:
    """The packet of a picture that differs from that of `idr` in `samples` at `places`; raises NotFollowed."""
    sps = idr.sps
    pps_id, pps = lossless_pps(units.sets, sps.id)
    lsb = entered_poc(idr) % (1 << sps.poc_bits) if sps.poc_type == 0 else 0
    return units.packet([pps, lossless_slice(sps, pps_id, lsb, places, samples)])
