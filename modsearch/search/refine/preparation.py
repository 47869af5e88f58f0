"""Preparation: what a refinement of a study trains, with the controls that were asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from modsearch.analysis import front_info, scored_points
from modsearch.architecture import Architecture
from modsearch.message import must_be, one_of
from modsearch.record import Planned, RefinementPlan, Score
from modsearch.search.refine.candidate import draft_plan
from modsearch.search.refine.control import narrow_control, with_controls
from modsearch.search.refine.refine_source import check_environments, known_environments
from modsearch.search.refine.refinement import Refinement
from modsearch.search.store.refinement_log import RefinementLog
from modsearch.search.store.remeasurement_log import reported
from modsearch.search.store.study import Study
from modsearch.space import Fidelity, StudySpec

Measure = Callable[[Architecture], Score]
Note = Callable[[str], None]
_ANY_HOURS = 10_000.0


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes:
        fidelity: how networks are trained; the search's own, unless another one is wanted.
        seeds: how often each is trained at most, at least 2.
        hours: of training, added up over workers and starts, after which no further one begins.
        ids: networks of the study that are trained too, whatever is thought of them.
        has_controls: whether the controls of these are trained, or without any those of the front's members.
    """

    fidelity: Fidelity
    seeds: int = 5
    hours: float | None = None
    ids: tuple[str, ...] = ()
    has_controls: bool = False


def refined_spec(study: Study, fidelity: Fidelity) -> StudySpec:
    """The spec that executors of a refinement go by: all is measured, and another fidelity has its time."""
    _, spec = reported(study)
    changes: dict[str, object] = {"latency_tables": {}}
    if fidelity != spec.fidelity:
        changes["budget"] = spec.budget.model_copy(update={"trial_hours": _ANY_HOURS})
    return spec.model_copy(update=changes)


def planned(study: Study, request: Request) -> RefinementPlan:
    """What is trained at a fidelity, as it was planned before or is now, without new controls; nothing is stored.

    Raises:
        ValueError: the search scored no network yet, a network is none of the study's, or the hours are too few for one
            training.
    """
    trials, spec = reported(study)
    info = front_info(trials, spec)
    if not info.members:
        raise ValueError(f"Study {spec.name} has scored no network yet: there is nothing to refine.")
    plan = RefinementLog(study).plan(request.fidelity) or draft_plan(info, spec, request.fidelity)
    scored = {point.id: point for point in info.points}
    for name in request.ids:
        if name not in scored:
            raise ValueError(must_be("--id", f"a network that the study scored, {one_of(scored)}", name, scored))
        plan = plan.with_network(scored[name].architecture, "chosen")
    if request.fidelity == spec.fidelity and request.hours is not None:
        _check_hours(request.hours, [point.score for point in info.points])
    if request.has_controls:
        _held_against(plan, request)
    return plan


def prepare(study: Study, request: Request, measure: Measure, note: Note = lambda _: None) -> Refinement:
    """Plan a refinement and store the plan; narrow controls are measured until one costs as much as its network.

    Args:
        study: opened for writing.
        request: what is asked for.
        measure: everything that is known of a network without training it.
        note: hears what is measured, which controls cannot be formed, and which members the plan does not have.

    Raises:
        ValueError: as ``planned``; or controls are asked for and no network has light blocks.
        SettingFailed: what is measured here does not compare with what the study measured.
    """
    trials, spec = reported(study)
    plan, log = planned(study, request), RefinementLog(study)
    scores = {point.id: point.score for point in scored_points(trials)}
    measured: dict[str, Score] = {}
    environments = known_environments(study, scores)

    def measure_once(network: Architecture) -> Score:
        if network.id not in measured:
            measured[network.id] = measure(network)
            check_environments(measured[network.id], environments)
        return measured[network.id]

    _store(log, plan)
    for network in _held_against(plan, request) if request.has_controls else ():
        narrow = None
        if "narrow" not in plan.controls_of(network.id) and _has_inside(network.architecture, note):
            note(f"measuring narrow forms of {network.id}, for one that costs as much")
            cost = scores[network.id].metrics[spec.cost].value
            narrow = narrow_control(
                network.architecture, cost, lambda form: measure_once(form).metrics[spec.cost].value
            )
        plan = with_controls(plan, network.architecture, narrow)
        _store(log, plan)
    planned_ids = {network.id for network in plan.networks}
    new = [member.id for member in front_info(trials, spec).members if member.id not in planned_ids]
    if new:
        note(f"On the front since this was planned, and not trained unless --id names them: {', '.join(new)}")
    return Refinement(plan, spec.costs, request.seeds, request.hours, scores, measured)


def _store(log: RefinementLog, plan: RefinementPlan) -> None:
    """At once, so that no interrupt costs what was measured."""
    if plan != log.plan(plan.fidelity):
        log.keep_plan(plan)


def _has_inside(network: Architecture, note: Note) -> bool:
    """Whether it has a narrow control; why it has none is said."""
    try:
        network.narrowed(Fraction(1, 2))
    except ValueError as error:
        note(f"{network.id} has no narrow control: {error}")
        return False
    return True


def _held_against(plan: RefinementPlan, request: Request) -> list[Planned]:
    """The networks whose controls are wanted; ValueError where one has none, or nobody has any."""
    wanted = [plan.network(name) for name in request.ids] or list(plan.having("member"))
    for network in wanted if request.ids else ():
        if not network.architecture.num_light_blocks:
            rule = "a network with light blocks, such as MoD blocks, where --controls is given"
            raise ValueError(must_be("--id", rule, network.id))
    held = [network for network in wanted if network.architecture.num_light_blocks]
    if not held:
        raise ValueError("--controls needs a network with light blocks, and no member of the front has any: give --id.")
    return held


def _check_hours(hours: float, scores: list[Score]) -> None:
    """Raise ValueError where no training of the search was as short."""
    shortest_s = min(sum(epoch.seconds for epoch in score.learning_curve) for score in scores)
    if 3600 * hours < shortest_s:
        rule = f"at least {shortest_s / 3600:.2g}, the time of the shortest training of the search"
        raise ValueError(must_be("--hours", rule, hours))
