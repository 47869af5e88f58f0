"""Report: what a study says, with what was measured and trained anew since its search."""

from dataclasses import replace

from modsearch.analysis import Evidence, FrontInfo, RefinedInfo, front_info, refined_info, scored_points
from modsearch.record import RefinementPlan
from modsearch.search.store.corner import corner_of
from modsearch.search.store.refinement_log import RefinementLog
from modsearch.search.store.remeasurement_log import reported
from modsearch.search.store.study import Study
from modsearch.space import Fidelity


def own_front(study: Study) -> FrontInfo:
    """The front at the study's own deployments, of measured values alone."""
    header = study.header
    return front_info(*reported(study), corner_of(header, study.trials()), header.first_design)


def believed_front(study: Study, again: RefinedInfo | None) -> FrontInfo:
    """The same, with how likely it is that each network that was trained anew belongs there.

    Args:
        study: opened for reading.
        again: what was trained anew, as ``refined`` gives it.
    """
    networks = again.networks if again else ()
    shares = {network.id: network.membership for network in networks if network.membership is not None}
    return replace(own_front(study), membership=shares)


def refined(study: Study, fidelity: Fidelity | None = None) -> RefinedInfo | None:
    """What was trained anew says; None where nothing was.

    Args:
        study: opened for reading.
        fidelity: of the trainings; where it is None the search's own, or else the one with the most trainings.
    """
    evidence = evidence_of(study, fidelity)
    return refined_info(evidence, reported(study)[1]) if evidence.results else None


def evidence_of(study: Study, fidelity: Fidelity | None = None) -> Evidence:
    """What the search scored, and what was trained anew, if anything was; as ``refined``."""
    log, own = RefinementLog(study), study.spec.fidelity
    plans = [plan for plan in log.plans.values() if fidelity in (None, plan.fidelity)]
    empty = RefinementPlan(fidelity=fidelity or own, networks=())
    plan = max(plans, key=lambda one: (one.fidelity == own, len(log.results_of(one))), default=empty)
    scores = {point.id: point.score for point in scored_points(reported(study)[0])}
    return Evidence(plan, log.results_of(plan), scores, plan.fidelity.validation)
