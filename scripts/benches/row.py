# SPDX-License-Identifier: GPL-2.0
"""What a benchmark says of one job."""

from dataclasses import dataclass, field


@dataclass
class Row:
    """A job, done by us and by a peer in the same run. The goal is the most that the ratio may be."""

    name: str
    size: int  # bytes, 0 if it has no size
    ours_ns: float
    peer: str
    peer_ns: float
    ratio: float  # of our time to the peer's
    goal: float
    met: bool = field(init=False)

    def __post_init__(self):
        self.met = self.ratio <= self.goal
