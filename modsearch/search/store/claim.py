"""Claim: what a driver must ask the other drivers of its study before it begins with a network."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import NamedTuple


class Claim(NamedTuple):
    """A network, or a place in the budget for one, that a driver has spoken for.

    Attributes:
        network: id; the driver's own while the network is not known yet.
        driver: who has it.
        trial: number of its trial; -1 while there is none.
    """

    network: str
    driver: str
    trial: int


class Claims:
    """Those of a study's only driver, such as that of a journal: there is nobody to ask.

    Attributes:
        driver: who we are; empty where no other driver can be.
        folder: the run's folder, where our weights are.
        salt: what sets our sampler's seed apart from those of the others; 0 for a driver that began alone.
        others: network -> number of its trial, for what the others held when we looked last.
    """

    driver: str = ""
    folder: str = ""
    salt: int = 0
    others: Mapping[str, int] = {}

    def owns(self, owner: str) -> bool:
        """Whether a running trial of this owner is ours; the owner may be empty."""
        return True

    def claimed(self) -> Sequence[Claim]:
        """Every claim of the study."""
        return ()

    def living(self) -> Set[str]:
        """The drivers of the study that show signs of life."""
        return frozenset()

    def reserve(self, limit: int | None, judged: Callable[[], Set[str]]) -> bool:
        """Take a place in the budget, for a network that is to be found yet.

        Args:
            limit: how many networks the budget allows; None for any number.
            judged: gives the ids of the networks that count towards it, with what the others just ended.

        Returns:
            False where what is judged and what is claimed use the budget up.
        """
        return True

    def take(self, network: str, trial: int) -> bool:
        """Turn the place into the claim of a network; False where another driver has that network."""
        return True

    def put_back(self, network: str) -> None:
        """Turn the claim of a network into a place again."""

    def release(self, network: str = "") -> None:
        """Let go of a network whose trial has ended; without a name, of the place."""

    def free(self, claims: Sequence[Claim]) -> None:
        """Let go of what dead drivers have claimed. Their trials must have ended, else two drivers could end one."""
