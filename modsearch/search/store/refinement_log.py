"""Refinement in the record of a study: user attributes of the study, one a plan and one a training."""

from collections.abc import Iterator, Mapping

from modsearch.message import must_be, shown
from modsearch.record import Refined, RefinementPlan, Score
from modsearch.search.store.study import Study
from modsearch.search.store.validation import check_score
from modsearch.search.store.version import NewerVersion, read, up_to_date
from modsearch.space import Fidelity

REFINEMENT = "refinement/"
"""How the names of these attributes begin: ``refinement/TASK`` and ``refinement/plan/FIDELITY``. One that was removed
holds None."""
_PLAN = f"{REFINEMENT}plan/"


class RefinementLog:
    """What was trained anew in a study.

    Args:
        study: the study; opened for writing where anything is kept.

    Raises:
        ValueError: what the storage says cannot be; the message names the entry.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.plans: dict[str, RefinementPlan] = {}
        self.results: list[Refined] = []
        for name, stored in _entries(study):
            entry = read_refinement(name, stored, study)
            if isinstance(entry, RefinementPlan):
                self.plans[entry.fidelity.tag] = entry
            else:
                self.results.append(entry)

    def plan(self, fidelity: Fidelity) -> RefinementPlan | None:
        """What is trained anew at a fidelity; None where nothing was planned yet."""
        return self.plans.get(fidelity.tag)

    def results_of(self, plan: RefinementPlan) -> list[Refined]:
        """What was trained of a plan."""
        return [result for result in self.results if result.task.fidelity == plan.fidelity]

    def keep_plan(self, plan: RefinementPlan) -> None:
        """Store a plan in the place of the one that there was at its fidelity."""
        self._store(f"{_PLAN}{plan.fidelity.tag}", plan.model_dump(mode="json"))
        self.plans[plan.fidelity.tag] = plan

    def keep(self, result: Refined) -> None:
        """Store what a training gave."""
        self._store(f"{REFINEMENT}{result.task.key}", result.model_dump(mode="json"))
        self.results.append(result)

    def _store(self, name: str, form: object) -> None:
        self.study.optuna_study.set_user_attr(name, form)


def read_refinement(name: str, stored: object, study: Study) -> RefinementPlan | Refined:
    """One entry by the name of its attribute; ValueError where it cannot be the study's."""
    path = f"study {study.optuna_study.study_name}.{shown(name)}"
    entry: RefinementPlan | Refined
    if name.startswith(_PLAN):
        entry = read(RefinementPlan, stored, path)
        called = f"{_PLAN}{entry.fidelity.tag}"
    else:
        if isinstance(stored, dict) and "score" in stored:
            stored = stored | {"score": up_to_date(Score, stored["score"], f"{path}.score")}
        entry = read(Refined, stored, path)
        called = f"{REFINEMENT}{entry.task.key}"
        check_score(entry.score, f"{path}.score")
        if "accuracy" not in entry.score.metrics:
            raise ValueError(f"{path}.score.metrics.accuracy must be given.")
    if name != called:
        raise ValueError(must_be(path, f"called {called}", name))
    return entry


def count_refined(study: Study) -> tuple[int, int]:
    """How many networks were trained anew, and how often in all; nothing is parsed."""
    names = [name.removeprefix(REFINEMENT) for name, _ in _entries(study) if not name.startswith(_PLAN)]
    return len({name.partition("-")[0] for name in names}), len(names)


def damaged_refinements(study: Study) -> Iterator[str]:
    """The attributes that are no entries of this study. Raises NewerVersion where a newer modsearch wrote one."""
    for name, stored in _entries(study):
        try:
            read_refinement(name, stored, study)
        except NewerVersion:
            raise
        except ValueError:
            yield name


def _entries(study: Study) -> Iterator[tuple[str, object]]:
    attrs: Mapping[str, object] = study.optuna_study.user_attrs
    return ((name, stored) for name, stored in attrs.items() if name.startswith(REFINEMENT) and stored is not None)
