"""docker-compose.yml is valid, keeps no secret, opens nothing to the network, and is set as the native run is."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from chiso.system import settings as environment
from chiso_airflow.launcher.configuration import FIXED, Addresses, airflow_environment
from chiso_airflow.launcher.credentials import PLATFORM_SECRETS

FILE = Path(__file__).parents[2] / "docker-compose.yml"
AIRFLOW = ("api-server", "scheduler", "dag-processor")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text("utf-8"))["services"]


def native() -> dict[str, str]:
    given = environment.load({"CHISO_VAR": "/nowhere"} | dict.fromkeys(PLATFORM_SECRETS, "secret"))
    return airflow_environment(given, Addresses("metadata", "warehouse", "portal", "soc", "departments", 8080, 8081))


def test_it_follows_the_compose_specification() -> None:
    checked = subprocess.run(
        [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", FILE],
        capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("service", AIRFLOW)
def test_airflow_is_set_by_the_same_names_as_natively(services: dict[str, Any], service: str) -> None:
    assert set(services[service]["environment"]) == set(native())


@pytest.mark.parametrize("service", AIRFLOW)
def test_what_is_fixed_has_the_same_value(services: dict[str, Any], service: str) -> None:
    assert {name: services[service]["environment"][name] for name in FIXED} == dict(FIXED)


def test_every_secret_must_be_given(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if "profiles" in service:
            continue  # compose asks for the variables of a profile that isn't started, too
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD$|SECRET|_KEY$|SQL_ALCHEMY_CONN|CONN_CHISO_(WAREHOUSE|PORTAL|SOC)", variable):
                assert re.search(r"\$\{\w+:\?set \w+\}", value), f"{name}: {variable}"


def test_ports_are_open_to_this_machine_alone(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"]
