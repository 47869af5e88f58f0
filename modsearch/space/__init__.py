"""What may be tried, and how it is scored."""

from modsearch.space.data import Cifar, Data, Digits, ImageFolder
from modsearch.space.deployment import Deployment, TimingProtocol
from modsearch.space.depth import Depth
from modsearch.space.executor import Executor, Local, Probe, Ray
from modsearch.space.fidelity import Fidelity
from modsearch.space.load import change_fidelity, dump_spec, load_recipe, load_spec, shipped_recipes, shipped_spaces
from modsearch.space.metric import METRICS, Metric, deployed_name, metric, metric_names
from modsearch.space.parameter import Parameter, Point
from modsearch.space.recipe import Cosine, OneCycle, Recipe, Steps
from modsearch.space.search_space import SearchSpace
from modsearch.space.size import num_networks
from modsearch.space.space_union import Space, SpaceUnion
from modsearch.space.spec import Budget, Constraint, Name, StudySpec

__all__ = [
    "METRICS",
    "Budget",
    "Cifar",
    "Constraint",
    "Cosine",
    "Data",
    "Deployment",
    "Depth",
    "Digits",
    "Executor",
    "Fidelity",
    "ImageFolder",
    "Local",
    "Metric",
    "Name",
    "OneCycle",
    "Parameter",
    "Point",
    "Probe",
    "Ray",
    "Recipe",
    "SearchSpace",
    "Space",
    "SpaceUnion",
    "Steps",
    "StudySpec",
    "TimingProtocol",
    "change_fidelity",
    "deployed_name",
    "dump_spec",
    "load_recipe",
    "load_spec",
    "metric",
    "metric_names",
    "num_networks",
    "shipped_recipes",
    "shipped_spaces",
]
