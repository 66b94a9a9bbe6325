"""What runs in the child process: tasks of lm-evaluation-harness on one checkpoint.

Called as `python -m act_core.evaluate.harness_child ORDER.json`; leaves the harness's own results
beside the order, as RESULT.json. It is the only file that imports the harness.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def main(order_path: Path) -> None:
    """Carry an order out.

    Args:
        order_path: JSON with `model`, `dtype`, `device`, `tasks`, `task_folder`, `items`, `result`.
    """
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    order: dict[str, Any] = json.loads(order_path.read_text("utf-8"))
    found = simple_evaluate(
        model="hf",
        model_args={"pretrained": order["model"], "dtype": order["dtype"]},
        tasks=order["tasks"],
        task_manager=TaskManager(include_path=order["task_folder"]),
        device=order["device"],
        limit=order["items"],
        batch_size=8,
        log_samples=False,
        bootstrap_iters=1000,
    )
    kept = {name: found[name] for name in ("results", "n-samples", "versions")}
    text = json.dumps(kept, default=str)
    Path(order["result"]).write_text(text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
