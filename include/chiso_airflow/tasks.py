"""What the tasks do: the core's own functions, on settings taken from Airflow's connections."""

import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chiso.system.settings import connection_variable
from chiso.system.settings import load as load_settings

if TYPE_CHECKING:
    from chiso.contracts import Contract
    from chiso.deliveries.verdicts import Outcome
    from chiso.province.periods import Period
    from chiso.system.platform import Platform

log = logging.getLogger(__name__)

ALL_STALE = "stale"
"""Partition key of the runs that compute whatever is stale when they begin."""
REPORTS_TASK = "publication.build_reports"
NOT_FETCHED, NOT_LOADED, REFUSED = "not_fetched", "not_loaded", "refused"
"""What a run's view shows of single sources, each by a task of that name."""
_SIDE_BY_SIDE = 8
"""How many sources of a family are asked at the same time."""


@contextmanager
def _platform() -> Iterator["Platform"]:
    from chiso.system.platform import open_platform
    from chiso.warehouse import upgrade

    with open_platform(load_settings(os.environ | _connections())) as platform:
        upgrade(platform.engine, platform.settings)  # lists and views are those of the checkout that the task runs
        yield platform


@contextmanager
def _stage_work() -> Iterator["Platform"]:
    """The platform, for what the stages do; the log says from when to when, without imports and Airflow's own part."""
    with _platform() as platform:
        began = datetime.now(UTC)
        yield platform
        log.info("stage work from %s to %s", began.isoformat(), datetime.now(UTC).isoformat())


def _connections() -> dict[str, str]:
    """Connections that a secrets backend or the metadata database holds; those of the environment are read anyway."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException
    from chiso import contracts

    sound = contracts.load_all(load_settings()).contracts
    endpoints = {contract.terms.transport.endpoint for contract in sound}
    found: dict[str, str] = {}
    for name in sorted({"warehouse", *endpoints}):
        variable = connection_variable(name)
        if os.environ.get(variable):
            continue
        try:
            found[variable] = Connection.get(f"chiso_{name}").as_json()
        except AirflowNotFoundException:
            continue
    return found


def collect(family: str, *, params: Any = None, dag_run: Any = None) -> list[dict[str, str]]:
    """Stages 1 and 2: brings in what is due of a family's sources, or the part of the past that the run is for.

    The sources are asked side by side in one process, since a process costs more than most of them; returns which of them
    could not be fetched, and why. A run with the params `from` and `to` fetches what lies between them and wasn't accepted
    yet; a run of a backfill without them what ended on the day before its date. params, dag_run: given by Airflow.

    Fetching was patient itself, and asks for what it didn't get at the next run; so Airflow doesn't try again what waits
    for a person or an endpoint, only what may have been the database.
    """
    from chiso import contracts
    from chiso.flow import collecting
    from chiso.system.errors import ChisoError, DatabaseError

    def collect_one(contract: "Contract", platform: "Platform") -> str | None:
        try:
            came = collecting.collect(contract, platform, _past(contract, platform, params or {}, dag_run))
        except DatabaseError:
            raise
        except ChisoError as fault:
            log.warning("%s: %s", contract.source, fault)
            return str(fault)
        log.info("%s: %d deliveries came", contract.source, came)
        return None

    with _stage_work() as platform, ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="collect") as pool:
        sound = contracts.load_all(platform.settings, family).contracts
        asked = [(contract.source, pool.submit(collect_one, contract, platform)) for contract in sound]
        said = {source: collected.result() for source, collected in asked}
    return [_case(NOT_FETCHED, source, because) for source, because in said.items() if because]


def _past(contract: "Contract", platform: "Platform", params: Mapping[str, str | None], dag_run: Any) -> "list[Period] | None":
    """The periods of the past that a run is for; None: it brings in what is due."""
    from chiso.flow import ranges
    from chiso.system.errors import UsageError
    from chiso.system.settings import LOCAL_TIME

    first, last = params.get("from"), params.get("to")
    if bool(first) != bool(last):
        raise UsageError("Give the params from and to together.")
    if contract.terms.transport.kind == "drop_folder":
        return None  # its files are taken whenever they lie there
    if first and last:
        return ranges.missing_between(contract, first, last, platform)
    if dag_run is not None and dag_run.run_type == "backfill":
        return ranges.ended_before(contract, dag_run.logical_date.astimezone(LOCAL_TIME).date(), platform)
    return None


def load(family: str, *, outlet_events: Any = None) -> list[dict[str, str]]:
    """Stages 3 to 6 of everything that was never judged, in one process: the validator's import is paid once.

    Every delivery is an event of its source's asset. outlet_events: given by Airflow, which keeps them only where the task
    succeeds; so what could not be judged is returned, beside what was refused, and other tasks show both (`show`).
    """
    from chiso import contracts
    from chiso.flow import collecting, drop_folders
    from chiso.system.errors import ChisoError, DatabaseError

    from chiso_airflow.assets import delivered, judged

    cases: list[dict[str, str]] = []
    with _stage_work() as platform:
        known = contracts.load_all(platform.settings, family)
        cases += [_case(NOT_LOADED, fault.file, str(fault)) for fault in known.faults]
        for contract in known.contracts:
            try:
                for outcome in collecting.load_pending(contract, platform):
                    counts = _logged(outcome)
                    outlet_events[judged(family)].add(delivered(contract.source), extra=counts)
                    if not outcome.accepted:
                        because = f"delivery {outcome.delivery} was refused: {outcome.issues[0]['message_en']}"
                        cases.append(_case(REFUSED, contract.source, because))
            except DatabaseError:
                raise
            except ChisoError as fault:
                log.error("%s: %s", contract.source, fault)
                cases.append(_case(NOT_LOADED, contract.source, str(fault)))
            except Exception as fault:  # a defect: it holds up no other source
                log.exception("%s can't be loaded", contract.source)
                cases.append(_case(NOT_LOADED, contract.source, f"{type(fault).__name__}: {fault}"))
        for left in drop_folders.left_alone(platform, family):
            log.warning("left alone: %s", left.why.message_en)
    return cases


def _case(what: str, source: str, because: str) -> dict[str, str]:
    return {"what": what, "source": source, "because": because}


def show(case: dict[str, str], what: str) -> None:
    """Fails under the source's name, so that the run's view shows which one was not fetched, not loaded, or refused.

    Skips a case that another task shows.
    """
    from airflow.sdk import get_current_context
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    context: Any = get_current_context()
    context["source"] = case["source"]
    if case["what"] != what:
        raise AirflowSkipException(f"{case['source']}: {case['what']}")
    raise AirflowFailException(f"{case['source']}: {case['because']}")


def _logged(outcome: "Outcome") -> dict[str, Any]:
    """The counts of an outcome; they and the first findings go to the task's log."""
    shape = outcome.as_json()
    names = ("source", "period", "rows", "rejected", "loaded", "unchanged", "delivery")
    counts = {name: shape[name] for name in names} | {"verdict": "accepted" if outcome.accepted else "refused"}
    log.log(logging.INFO if outcome.accepted else logging.WARNING, "%s", counts)
    for found in outcome.issues[:20]:
        place = found["cell"] or found["row"] or ""
        log.warning("%s %s %s: %s", found["severity"], found["rule"], place, found["message_en"])
    return counts


def name_touched_periods(family: str, *, outlet_events: Any = None) -> list[str]:
    """Names every period of the family that isn't computed yet as a partition of its asset, once.

    Where none is, but deliveries were judged that no report shows yet, that too wants a run: it builds the reports.
    outlet_events: given by Airflow.
    """
    from chiso.flow import computing
    from chiso.inquiry import freshness

    from chiso_airflow.assets import loaded
    from chiso_airflow.launcher.driving import is_driven

    with _platform() as platform:
        keys = [f"{period.calendar}/{period.code}" for period in computing.stale_periods(platform, family)]
        if not keys and not is_driven(platform.settings) and freshness.outdated(platform):
            keys = [ALL_STALE]
    if keys:
        outlet_events[loaded(family)].add_partitions(keys)
    return keys


def compute(*, partition_key: str | None = None) -> list[str]:
    """Stage 7 for every stale period; returns them. Of a run started by hand with a period as its key, for that one.

    Skips the reports where they show everything, or are built by who drives the main job.
    """
    from airflow.sdk.exceptions import DownstreamTasksSkipped
    from chiso.flow import computing
    from chiso.inquiry import freshness
    from chiso.province.periods import Period

    from chiso_airflow.launcher.driving import is_driven

    with _stage_work() as platform:
        if partition_key in (None, ALL_STALE):
            done = [f"{period.calendar}/{period.code}" for period in computing.compute_stale(platform).periods]
        else:
            calendar, _, code = partition_key.partition("/")
            computing.compute_periods([Period.of(code, calendar)], platform)
            done = [partition_key]
        log.info("computed: %s", ", ".join(done) or "nothing was stale")
        if is_driven(platform.settings) or not freshness.outdated(platform):
            raise DownstreamTasksSkipped(tasks=[REPORTS_TASK])  # type: ignore[no-untyped-call] # Airflow's
    return done


def send_mail() -> list[str]:
    """Sends the mails of the day that weren't sent yet; returns how many topics each had, without addresses.

    Skips where Airflow has no connection to a mail server. Fails, after the others were sent, where the server didn't take one.
    """
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
    from chiso import notices

    from chiso_airflow import mail

    if not mail.is_set():
        raise AirflowSkipException(f"There is no connection {mail.CONNECTION}: no mail is sent. How to set it: docs/runbooks/mail.md")
    with _stage_work() as platform, notices.turn(platform):
        sent, failed = mail.send(platform, notices.due_mails(platform))
    log.info("%d mails sent", len(sent))
    if failed:
        raise AirflowFailException("; ".join(failed))
    return sent


APPROVE, REFUSE = "Phê duyệt", "Không phê duyệt"
"""What a question may be answered."""
REASON = "ly_do"
"""The field of a question in which whoever answers says why."""


def questions() -> list[dict[str, Any]]:
    """What waits, as runs of `approval`: `trigger_run_id`, the same for the same values, and `conf`. None while the main job is driven."""
    from chiso.inquiry import questions

    from chiso_airflow.launcher.driving import is_driven

    with _platform() as platform:
        found = [] if is_driven(platform.settings) else questions.waiting(platform)
    log.info("%d questions wait", len(found))
    return [{"trigger_run_id": question.key, "conf": question.as_conf()} for question in found]


def require_waiting(conf: Mapping[str, Any]) -> None:
    """Skips where none of a question's values waits any more."""
    from airflow.sdk.exceptions import AirflowSkipException
    from chiso.inquiry import questions

    with _platform() as platform:
        if not questions.still_waits(platform, conf):
            raise AirflowSkipException("Newer values replaced these, or somebody decided of them: nothing is asked any more.")


def decide(answer: Mapping[str, Any], *, dag_run: Any = None) -> int:
    """Writes the decision down under the name of who answered; returns of how many values. answer, dag_run: given by Airflow."""
    from chiso.flow import deciding
    from chiso.indicators import Decided

    conf = dag_run.conf
    [chosen] = answer["chosen_options"]
    user = answer["responded_by_user"] or {}
    who, why = user.get("name") or user.get("id") or "", answer["params_input"][REASON]
    decided = Decided("approve" if chosen == APPROVE else "refuse", who, why, "airflow")
    with _stage_work() as platform:
        done = deciding.decide(platform, decided, conf["period"], conf["indicator"], shown=conf["values"])
    log.info("decided of %d values; %d had been replaced or decided of", len(done.values), done.superseded)
    return len(done.values)


def verify_audit() -> int:
    """Compares everything stored with the audit chain, and shows the outcome on the pages; returns how many events hold.

    Fails with what was altered or lost.
    """
    from airflow.sdk.exceptions import AirflowFailException
    from chiso.inquiry import reports, verification, verified
    from chiso.system.platform import open_platform

    with open_platform(load_settings(os.environ | _connections())) as platform:  # as it is: an upgrade would mend what was altered
        report = verification.verify(platform)
        verified.note(platform.settings, report)
        reports.build(platform)
    for fault in report["faults"]:
        log.error("TAMPERED OR LOST: %s %s: %s", fault["where"], fault["key"] or "", fault["message"])
    if not report["ok"]:
        raise AirflowFailException(f"{len(report['faults'])} faults; what to do: docs/runbooks/incidents.md")
    return int(report["events"])


def build_reports() -> None:
    """Stage 8: exports and the site as the warehouse stands."""
    from chiso.inquiry import reports

    with _stage_work() as platform:
        made = reports.build(platform)
    log.info("%d deliveries refused, %d rows rejected", len(made.refused), made.rejected.lines)
