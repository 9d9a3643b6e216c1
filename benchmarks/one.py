"""Run one function in this process and print what it took, as JSON."""

import importlib
import json
import sys

from benchmarks.measuring import resident_mb, timed


def main() -> None:
    bare = resident_mb()
    function, arguments = json.loads(sys.argv[1])
    module, _, name = function.partition(":")
    prepared = getattr(importlib.import_module(module), name)(*arguments)
    before = resident_mb()
    cost = timed(prepared)
    print(
        json.dumps(
            {
                **cost.to_json(),
                "bare_mb": round(bare, 1),
                "imported_mb": round(before, 1),
                "peak_mb": round(resident_mb("VmHWM"), 1),
            }
        )
    )


if __name__ == "__main__":
    main()
