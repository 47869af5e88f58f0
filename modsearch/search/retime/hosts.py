"""Hosts: the machines that a study's deployments name, which time its networks while others are trained."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from modsearch.architecture import Architecture
from modsearch.record import Environment, LatencyTable, Missed, Remeasurement, Score, TimingJob, timed_score
from modsearch.search.error import SearchFailed
from modsearch.search.retime.host import Found, Host, awaited_from, tell
from modsearch.search.retime.timing import MeasureAt, Result
from modsearch.search.store.remeasurement_log import environment
from modsearch.space import Deployment, StudySpec

Note = Callable[[str], None]


class NotTimed(RuntimeError):  # noqa: N818
    """A machine could not time a network."""


class Hosts:
    """Asks the machines of a study, each one network at a time. Use it as a context manager.

    Deployments on the same machine share it. A study without such deployments has nothing to ask, and all is found.

    Args:
        spec: the study, with the number of its classes.
        note: hears what whoever watches should know; always in the thread that calls.
    """

    def __init__(self, spec: StudySpec, note: Note = lambda _: None) -> None:
        self.spec, self.note = spec, note
        self._environments: dict[str, Environment] = {}
        self._hosts: dict[tuple[str | None, str], Host] = {}
        self._asked: dict[tuple[str, str], Future[Result]] = {}  # by network and place

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        for host in self._hosts.values():
            host.close()
        self._hosts.clear()

    def check(self, tables: Mapping[str, LatencyTable]) -> Iterator[str]:
        """Reach every machine once, and say what it is.

        Args:
            tables: latency tables by deployment; those of a deployment on another machine must be that machine's.

        Raises:
            ValueError: a machine lacks what a deployment needs, or its environment is not that of the table.
            SearchFailed: a machine cannot be reached.
        """
        asked = {place: self._host(place).environment(self._job(place, ())) for place in self.spec.hosted}
        for place, future in asked.items():
            environment = self._environments[place] = self._wait(place, future)
            if place in tables:
                tables[place].check_environment(environment, self.spec.latency_tables[place].name)
            yield f"{place}: {self.spec.deployments[place].host} is {environment.describe()}"

    def request(self, architecture: Architecture) -> None:
        """Have a network timed wherever that is not predicted; nothing waits for it."""
        for place in self.spec.timed_elsewhere:
            if (architecture.id, place) not in self._asked:
                job = self._job(place, (architecture,))
                self._asked[architecture.id, place] = self._host(place).time(job)

    def found(self, architecture: Architecture) -> Score | None:
        """What was timed of a requested network, under the study's names; None while something is missing.

        Raises:
            NotTimed: a machine could not time it.
            SearchFailed: a machine is away for good.
        """
        tell(self._hosts.values(), self.note)
        asked = {place: self._asked[architecture.id, place] for place in self.spec.timed_elsewhere}
        if not all(future.done() for future in asked.values()):
            return None
        score = Score(metrics={})
        for place, future in asked.items():
            if error := future.exception():
                if isinstance(error, SearchFailed) and self._host(place).is_there:  # it has come back since
                    del self._asked[architecture.id, place]
                    self.request(architecture)
                    return None
                raise type(error)(str(error))  # a new one: the same would grow with every look
            score = score.merged(timed_score(self._timed(place, future.result()), self.spec))
        return score

    def measure(self, architecture: Architecture) -> Score:
        """The same, once it is there."""
        self.request(architecture)
        for place in self.spec.timed_elsewhere:
            self._wait(place, self._asked[architecture.id, place])
        score = self.found(architecture)
        assert score is not None
        return score

    def forget(self, architecture: Architecture) -> None:
        """It is recorded, or nobody waits for it any more."""
        for place in self.spec.timed_elsewhere:
            if future := self._asked.pop((architecture.id, place), None):
                future.cancel()

    def measuring(self, measure_here: MeasureAt) -> MeasureAt:
        """Times a network where its deployment lives: on its machine, or else as ``measure_here`` does."""

        def measure_at(network: Architecture, place: str, deployment: Deployment, spec: StudySpec) -> Score:
            if deployment.host is None:
                return measure_here(network, place, deployment, spec)
            job = self._job(place, (network,)).model_copy(update={"timing": spec.timing})
            return self._timed(place, self._wait(place, self._host(place).time(job))).score

        return measure_at

    def _host(self, place: str) -> Host:
        deployment = self.spec.deployments[place]
        key = (deployment.host, deployment.remote_command)
        if key not in self._hosts:
            self._hosts[key] = Host(deployment, 3600 * self.spec.budget.trial_hours)
        return self._hosts[key]

    def _job(self, place: str, networks: tuple[Architecture, ...]) -> TimingJob:
        return TimingJob(
            place=place,
            base=place,
            deployment=self.spec.deployments[place].on_its_machine,
            reference=self.spec.reference,
            timing=self.spec.timing,
            networks=networks,
        )

    def _wait(self, place: str, future: "Future[Found]") -> Found:
        try:
            return awaited_from(self._host(place), future, self.note)
        except ValueError as error:
            raise ValueError(f"deployments.{place}: {error}") from None

    def _timed(self, place: str, result: Result) -> Remeasurement:
        host = self.spec.deployments[place].host
        if isinstance(result, Missed):
            raise NotTimed(f"{place} on {host}: {result.reason}")
        here = environment(result)
        before = self._environments.setdefault(place, here) if here else here
        if before is not None and here != before:
            words = f"{place} was timed on {before.describe()}; {host} is {here.describe() if here else 'unknown'} now"
            raise SearchFailed(f"{words}. Latencies of two environments do not compare.")
        return result
