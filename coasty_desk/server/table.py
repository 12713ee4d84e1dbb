"""The table of operations: each room's rows, gathered. To add a room's is to add a line."""

from __future__ import annotations

from coasty_desk.server import (
    access_operations,
    inference_operations,
    machine_operations,
    run_operations,
    schedule_operations,
    workflow_operations,
)
from coasty_desk.server.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *access_operations.OPERATIONS,
    *inference_operations.OPERATIONS,
    *machine_operations.OPERATIONS,
    *run_operations.OPERATIONS,
    *workflow_operations.OPERATIONS,
    *schedule_operations.OPERATIONS,
)
