"""Logging never ends what it reports on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.services import REPOSITORY

_PROGRAM = """
import structlog
from watchkeeper.logs import configure_logs
from watchkeeper.settings import Settings

configure_logs(Settings(log_format={form!r}), "alerting")
for number in range(3):
    structlog.get_logger().error("the disk is full", number=number)
print("still watching")
"""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_log_that_takes_nothing_more_ends_no_process(form: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # from now on whoever writes is told that nobody reads
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _PROGRAM.format(form=form)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=writer,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert ended.stdout == "still watching\n"
    assert ended.returncode in (0, 120)  # 120: Python could not empty its own buffer of what was logged on the way out
