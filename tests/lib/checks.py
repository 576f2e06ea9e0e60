"""Runs the checks of a client's script: functions named `check_…`, in their order.

A script is run as `SCRIPT BASE_URL API_KEY`. It prints `ok NAME` for each check that held, and ends with 1 if any did not.
"""

import asyncio
import inspect
import sys
import traceback


def run(module, *given):
    """Calls each check of the module with `given`."""
    failed = 0
    # One loop for all, because clients keep connections.
    loop = asyncio.new_event_loop()
    for name, check in list(vars(module).items()):
        if not name.startswith("check_"):
            continue
        try:
            result = check(*given)
            if inspect.isawaitable(result):
                loop.run_until_complete(result)
            print("ok", name.removeprefix("check_"), flush=True)
        except Exception:
            failed += 1
            print("FAILED", name.removeprefix("check_"))
            traceback.print_exc(limit=-2, chain=False, file=sys.stdout)
    sys.exit(1 if failed else 0)
