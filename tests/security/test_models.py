"""Models are code: no day loads one, and nothing of ours is kept as a pickle."""

import ast
import subprocess
import sys
from pathlib import Path

import driftline

SOURCES = Path(driftline.__file__).parent
UNPICKLERS = {"pickle", "dill", "joblib", "cloudpickle", "skops", "shelve", "marshal"}
ALLOWED = {
    (f"registries/{name}.py", "skops") for name in ("_mlflow_model", "_mlflow_reading")
}
"""Which write a challenger that this process has trained, and read it as data."""

WATCHED = """
import os, sys
folder, day, code = sys.argv[1], sys.argv[2], 0
os.chdir(folder)

def refuse(event, arguments):
    if event == "pickle.find_class":
        raise RuntimeError(f"unpickled {arguments}")

sys.addaudithook(refuse)
from driftline.cli import main
sys.argv = ["driftline", "run", "--day", day]
try:
    main()
except SystemExit as ended:
    code = ended.code
print("skops imported" if "skops" in sys.modules else "no skops")
sys.exit(code)
"""

TRAP = """
import sys
from pathlib import Path
import mlflow

class Trap:
    def __reduce__(self):
        return (open, (sys.argv[1] + "/sprung", "w"))

    def predict(self, rows):
        return rows

uri = "sqlite:///" + sys.argv[1] + "/.driftline/mlflow.db"
client = mlflow.MlflowClient(uri)
version = client.get_model_version_by_alias("orders", "champion")
place = Path(sys.argv[1]) / "trap"
place.mkdir()
import pickle
(place / "model.pkl").write_bytes(pickle.dumps(Trap()))
(place / "MLmodel").write_text(
    "flavors:\\n  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}"
)
client.log_artifacts(version.run_id, str(place), "trap")
source = client.get_run(version.run_id).info.artifact_uri + "/trap"
made = client.create_model_version("orders", source, version.run_id)
for name, value in version.tags.items():
    if name == "driftline.reference":
        client.set_model_version_tag("orders", made.version, name, value)
client.set_registered_model_alias("orders", "champion", made.version)
"""


def test_a_day_unpickles_nothing(watched, tmp_path):
    """With a trap in service the day is judged, and Python has looked up no class.

    Python announces every class that a pickle names to audit hooks, whichever library
    reads it.
    """
    _run(TRAP, tmp_path)

    done = _run(WATCHED, tmp_path, "2026-03-11")

    assert "unpickled" not in done.stderr
    assert "2026-03-11: healthy" in done.stdout
    assert not (tmp_path / "sprung").exists()
    assert done.stdout.endswith("no skops\n")


def test_the_hook_sees_a_pickle(tmp_path):
    """The test above can fail: a pickle under the hook ends the process."""
    hook = WATCHED.partition("from driftline")[0]
    code = f"{hook}import pickle; pickle.loads(pickle.dumps(print))"

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "2026-03-11"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "unpickled" in done.stderr


def test_nobody_imports_what_unpickles():
    """But for the demo's own model, and a trusted registry's, no module can load one."""
    found = set()
    for file in SOURCES.rglob("*.py"):
        name = file.relative_to(SOURCES).as_posix().removeprefix("adapters/")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        found |= {(name, module) for module in _imported(tree) & UNPICKLERS}
        if "load_model" in _called(tree):
            found.add((name, "load_model"))

    loads = {"demo/tour.py", "registries/_mlflow_loading.py"}
    assert found == ALLOWED | {(name, "load_model") for name in loads}


def _imported(tree: ast.AST) -> set[str]:
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    names += [
        str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    ]
    return {name.partition(".")[0] for name in names}


def _called(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def _run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    return done
