"""The cluster files for a cloud and for Kubernetes: accepted by their schemas, closed to the network, no secrets."""

import copy
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

_HERE = Path(__file__).parent
_CLUSTER = _HERE.parents[1] / "scripts" / "cluster"
_RAYJOB = jsonschema.Draft202012Validator(json.loads((_HERE / "rayjob.schema.json").read_text()))


def _documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((_CLUSTER / name).read_text()))


@pytest.fixture
def aws() -> dict[str, Any]:
    return _documents("aws.yaml")[0]


@pytest.fixture
def claim() -> dict[str, Any]:
    return _documents("kuberay.yaml")[0]


@pytest.fixture
def job() -> dict[str, Any]:
    return _documents("kuberay.yaml")[1]


def _pods(job: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = job["spec"]["rayClusterSpec"]
    return [group["template"]["spec"] for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])]


@pytest.mark.ray
def test_ray_accepts_the_cloud_cluster(aws: dict[str, Any]) -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(aws | {"cluster_synced_files": []})  # as written; Ray's defaults give the rest
    validate_config(prepare_config(copy.deepcopy(aws)))
    with pytest.raises(jsonschema.ValidationError, match="idle_timeout"):
        validate_config(aws | {"cluster_synced_files": [], "idle_timeout": 5})
    aws["available_node_types"]["gpu"]["min_workers"] = aws["max_workers"] + 1
    with pytest.raises(ValueError, match="max_workers"):
        validate_config(prepare_config(aws))


def test_the_cloud_cluster_opens_no_port_beyond_ssh(aws: dict[str, Any]) -> None:
    assert "IpPermissions" not in aws["provider"]["security_group"]
    head, worker = (aws[f"{kind}_start_ray_commands"][-1] for kind in ("head", "worker"))
    assert "--dashboard-host=127.0.0.1" in head
    assert "RAY_AUTH_MODE=token" in head
    assert "RAY_AUTH_MODE=token" in worker
    assert "~/.ray/auth_token" in aws["file_mounts"]


def test_the_cloud_cluster_trains_on_spot_workers_alone(aws: dict[str, Any]) -> None:
    head, gpu = (aws["available_node_types"][name] for name in ("head", "gpu"))
    assert aws["head_node_type"] == "head"
    assert head["resources"] == {"CPU": 0, "GPU": 0}
    assert "--num-gpus=0" in aws["head_start_ray_commands"][-1]
    assert head["node_config"]["InstanceType"] == gpu["node_config"]["InstanceType"]  # networks are timed on the head
    assert "InstanceMarketOptions" not in head["node_config"]
    assert gpu["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert 1 <= gpu["min_workers"] <= gpu["max_workers"] <= aws["max_workers"]


def test_kuberay_accepts_the_job(job: dict[str, Any]) -> None:
    _RAYJOB.validate(job)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["spec", "shutDownAfterJobFinishes"], True),
        (["spec", "ttlSecondsAfterFinished"], "600"),
        (["spec", "rayClusterSpec", "authOptions", "mode"], "password"),
        (["spec", "rayClusterSpec", "headGroupSpec", "rayStartParams", "num-cpus"], 0),
        (["spec", "rayClusterSpec", "workerGroupSpecs", 0, "maxReplicas"], -1),
        (["spec", "rayClusterSpec", "workerGroupSpecs", 0, "template", "spec", "containers"], []),
        (["spec", "rayClusterSpec", "workerGroupSpecs", 0, "template", "spec", "tolerations", 0, "effect"], "Never"),
    ],
)
def test_kuberay_schema_refuses(job: dict[str, Any], path: list[Any], value: Any) -> None:
    *parents, last = path
    place = job = json.loads(json.dumps(job))  # YAML's anchors are shared objects
    for key in parents:
        place = place[key]
    place[last] = value
    with pytest.raises(jsonschema.ValidationError):
        _RAYJOB.validate(job)


def test_the_job_ends_with_its_search(job: dict[str, Any]) -> None:
    spec = job["spec"]
    command = shlex.split(spec["entrypoint"])
    assert command[:2] == ["modsearch", "search"]
    assert command[command.index("--executor") + 1] == "ray"
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["ttlSecondsAfterFinished"] > 0


def test_the_run_lies_in_the_claimed_volume(job: dict[str, Any], claim: dict[str, Any]) -> None:
    command = shlex.split(job["spec"]["entrypoint"])
    out = command[command.index("--out") + 1]
    for pod in _pods(job):
        assert [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"]] == [
            claim["metadata"]["name"]
        ]
        container = pod["containers"][0]
        (mount,) = container["volumeMounts"]
        assert out.startswith(mount["mountPath"] + "/")
        assert [variable["value"] for variable in container["env"] if variable["name"] == "MODSEARCH_CACHE"] == [
            "/modsearch/cache"
        ]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_no_trial_runs_on_the_gpu_of_the_head(job: dict[str, Any]) -> None:
    head, worker = (pod["containers"][0]["resources"]["limits"] for pod in _pods(job))
    assert head["nvidia.com/gpu"] == worker["nvidia.com/gpu"] == 1
    assert job["spec"]["rayClusterSpec"]["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0", "num-gpus": "0"}


def test_pods_have_no_more_rights_than_they_need(job: dict[str, Any]) -> None:
    head, worker = _pods(job)
    for pod in (head, worker):
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert worker["automountServiceAccountToken"] is False
    assert job["spec"]["rayClusterSpec"]["authOptions"] == {"mode": "token"}


def _variables(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for pod in _pods(job):
        yield from pod["containers"][0]["env"]


def test_the_password_is_a_secret_of_the_driver(job: dict[str, Any]) -> None:
    (password,) = [variable for variable in _variables(job) if "PASS" in variable["name"]]
    assert password["valueFrom"]["secretKeyRef"]["name"]
    assert "value" not in password
    assert password in _pods(job)[0]["containers"][0]["env"]
