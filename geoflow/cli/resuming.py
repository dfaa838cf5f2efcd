"""``--checkpoint FILE``, ``--checkpoint-every S`` and ``--resume``, as the library has them."""

from __future__ import annotations

import argparse

from geoflow.checkpoints import Checkpoint
from geoflow.errors import BadInput


def place(options: argparse.Namespace) -> Checkpoint | None:
    """Where the run is kept, if it is."""
    every = options.checkpoint_every
    if options.checkpoint is None:
        if every is not None:
            raise BadInput("--checkpoint-every", every, "there is no checkpoint to write: add --checkpoint FILE, or leave it out")
        return None
    if every is not None and not 0.0 <= every < float("inf"):
        raise BadInput("--checkpoint-every", every, "give seconds, 0 for after every step")
    return Checkpoint(options.checkpoint) if every is None else Checkpoint(options.checkpoint, every)


def resumed(options: argparse.Namespace) -> str | None:
    """The checkpoint to go on from, if there is one to."""
    if options.resume and options.checkpoint is None:
        raise BadInput("--resume", "without --checkpoint", "say from which file: add --checkpoint FILE")
    return options.checkpoint if options.resume else None
