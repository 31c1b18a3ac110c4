"""One model trained by several workers of Ray, each a rank of `unsmudge train --rank`. It imports
Ray, and is imported by those only who have it.
"""

import contextlib
import os
import secrets
import socket
from pathlib import Path

from ray import train
from ray.train.backend import Backend, BackendConfig
from ray.util import get_node_ip_address

from ._workers import check, end, start

RENDEZVOUS, SECRET = "UNSMUDGE_RENDEZVOUS", "UNSMUDGE_SECRET"


class Ranks(BackendConfig):
    """What Ray Train is told: it starts the workers, all again where one is lost."""

    @property
    def backend_cls(self):
        return Rendezvous


class Rendezvous(Backend):
    """Tells each worker where the first one listens, and a secret of these workers alone."""

    def on_training_start(self, worker_group, backend_config):
        told = {RENDEZVOUS: worker_group.execute_single(0, free_address)}
        worker_group.execute(tell, {**told, SECRET: secrets.token_hex(16)})


def tell(told):
    os.environ.update(told)


def free_address():
    """An address of this machine and a port that nobody listens at."""
    host, family = get_node_ip_address(), socket.AF_INET
    if ":" in host:
        host, family = f"[{host}]", socket.AF_INET6
    with contextlib.closing(socket.socket(family)) as listener:
        listener.bind(("", 0))
        return f"{host}:{listener.getsockname()[1]}"


def rank(told):
    """The work of one worker: a rank of the command, until all have ended."""
    context, folder = train.get_context(), Path(told["folder"])
    number = context.get_world_rank()
    place = ["--rank", f"{number}/{context.get_world_size()}"]
    words = [*told["line"], "--out", str(folder / "run"), "--quiet", *place]
    log = folder / f"rank-{number}.log"
    child = start([*words, "--rendezvous", os.environ[RENDEZVOUS]], log)
    try:
        child.wait()
    finally:
        end(child)
    check(child, f"train, rank {number} of {folder}", log)
