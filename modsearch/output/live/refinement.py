"""The live display of a refinement: the networks at hand, and how many trainings there were."""

from rich.console import Console

from modsearch.output.live.network import NetworkDisplay
from modsearch.record import RefinementPlan, Trial
from modsearch.space import StudySpec


class RefinementDisplay(NetworkDisplay):
    """A bar for the refinement and one for each network at hand on a terminal, and a line for each training that ended.

    Only the lines where there is no terminal. Use as a context manager around the refinement.

    Args:
        spec: the study.
        plan: what is trained.
        num_trained: how many trainings there were before.
        console: where it is shown.
    """

    work = "refinement"

    def __init__(self, spec: StudySpec, plan: RefinementPlan, num_trained: int, console: Console) -> None:
        super().__init__(spec, console, "trainings", None, plan.fidelity.epochs)
        self._num = num_trained
        self._say(f"{len(plan.networks)} networks, trained {self._num} times so far")
        self.progress.update(self.whole_bar, completed=self._num)

    def end(self, trial: Trial) -> None:
        """Count it."""
        self._num += trial.state == "complete"
        self.progress.update(self.whole_bar, completed=self._num)

    def line(self, trial: Trial) -> str:
        """Its accuracy, or why it has none."""
        assert trial.architecture is not None
        network, replicate = trial.architecture, trial.task.split("-")[1]
        start = f"{trial.number:>4} {network.id} seed {replicate}: "
        if trial.state != "complete" or trial.score is None:
            return f"{start}{trial.state}, {trial.reason}"
        accuracy = trial.score.metrics["accuracy"].value
        return f"{start}accuracy {accuracy:.4f}  {network.describe()}  ({trial.seconds:.0f} s)"
