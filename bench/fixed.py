"""What the platform costs beside the work: imports, the command line, DAG files, what idle processes hold."""

from pathlib import Path

from bench import place
from bench.measuring import ROOT, median, run

_PYTHON = place.CHISO.with_name("python")
_DAG = (
    "import os, sys, time; sys.path.insert(0, 'include'); "
    "import airflow.sdk, airflow.models.dag; "  # what every parsing process has loaded already
    "from importlib.util import spec_from_file_location as s, module_from_spec as m; "
    "before = set(sys.modules); t = time.perf_counter(); spec = s('dag', sys.argv[1]); spec.loader.exec_module(m(spec)); "
    "print(time.perf_counter() - t, sorted({'pandas', 'pyarrow', 'great_expectations', 'sqlalchemy.orm'} & (set(sys.modules) - before)))"
)


def measure(repeats: int) -> dict[str, object]:
    """Seconds by what is done; DAG files beside the heavy libraries that parsing them loads."""
    found: dict[str, object] = {}
    for name, command in {
        "chiso --help": [place.CHISO, "--help"],
        "import of Great Expectations": [_PYTHON, "-c", "import chiso.validation.expectations"],
        "import of what loads a delivery": [_PYTHON, "-c", "import chiso.flow.collecting, chiso.cli.session"],
    }.items():
        cost = median([run(command)[0] for _ in range(repeats)])
        found[name] = {"wall_s": round(cost.wall_s, 2), "memory_mb": round(cost.memory_mb)}
        print(f"  {name:40} {cost.wall_s:6.2f} s  {cost.memory_mb:5.0f} MB", flush=True)
    environment = {"AIRFLOW_HOME": str(place.VAR / "airflow"), "AIRFLOW__CORE__LOAD_EXAMPLES": "false"}
    for file in sorted(Path(ROOT / "dags").glob("*.py")):
        said = [run([_PYTHON, "-c", _DAG, file], environment)[1].strip().splitlines()[-1] for _ in range(repeats)]
        seconds = sorted(float(line.split(" ", 1)[0]) for line in said)[len(said) // 2]
        found[f"parse of {file.name}"] = {"wall_s": round(seconds, 3), "heavy": said[0].split(" ", 1)[1]}
        print(f"  parse of {file.name:31} {seconds:6.3f} s  heavy imports: {said[0].split(' ', 1)[1]}", flush=True)
    return found
