"""Corner: the point down to which a study's hypervolume is taken, and when it is fixed."""

from collections.abc import Sequence
from datetime import datetime

from optuna.trial import FrozenTrial, TrialState

from modsearch.record import Trial
from modsearch.search.store.header import HEADER, Header
from modsearch.search.store.study import Study
from modsearch.search.store.trial_codec import to_trial


def corner_of(header: Header, trials: Sequence[Trial]) -> tuple[float, ...]:
    """The corner of a study: as its header has it, or, until that is fixed, with the worst accuracy of these trials."""
    return header.corner([accuracy for accuracy in map(_accuracy, trials) if accuracy is not None])


def fix_corner(study: Study) -> Header | None:
    """Fix the corner in the header if the first design is over; returns the header where it is fixed by now.

    The worst accuracy is that of the networks that were trained first, by the times at which their trials ended: so
    several drivers that come here at once, and a search that died before it came here, find the same. Whoever finds it
    fixed leaves it.
    """
    if not study.header.first_design:
        return None
    trained = _trained(study)
    if len(trained) < study.header.first_design:
        return None
    header = study.read_header_again()  # another driver may have been here
    if header.first_design:
        first = [_accuracy(to_trial(frozen)) for frozen in trained[: header.first_design]]
        fixed = header.corner([accuracy for accuracy in first if accuracy is not None])
        header = header.model_copy(update={"hypervolume_reference": fixed, "first_design": 0})
        study.optuna_study.set_user_attr(HEADER, header.model_dump(mode="json"))
        header = study.read_header_again()
    return header


def _trained(study: Study) -> list[FrozenTrial]:
    """The trials that trained a network to the end, in the order in which they ended."""
    complete = study.optuna_study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    trained = [frozen for frozen in complete if _accuracy(to_trial(frozen)) is not None]
    return sorted(trained, key=lambda frozen: (frozen.datetime_complete or datetime.max, frozen.number))


def _accuracy(trial: Trial) -> float | None:
    """Of a network that was trained to the end by this trial; None for any other trial."""
    if trial.state != "complete" or trial.is_repeat or trial.architecture is None or trial.score is None:
        return None
    return trial.score.metrics["accuracy"].value
