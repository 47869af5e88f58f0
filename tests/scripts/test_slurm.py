"""`scripts/cluster/slurm` as SLURM runs it, a copy of the script, with fake srun, ray and hostname."""

import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scripts.conftest import CLUSTER, Commands

_SRUN = 'while [[ $1 == --* ]]; do shift; done; exec "$@"'
_RAY = 'echo "$RAY_AUTH_MODE $RAY_AUTH_TOKEN $(stat -c %a /tmp/modsearch-$SLURM_JOB_ID)" >>"$0.seen"\n'


@dataclass(frozen=True)
class Job:
    commands: Commands
    script: Path
    folder: Path  # of the job, on the node's own disk


@pytest.fixture
def job(commands: Commands, tmp_path: Path) -> Iterator[Job]:
    number = time.monotonic_ns() % 1_000_000_007  # the folder's name is the script's choice: one for each test
    commands.fake("srun", _SRUN)
    commands.fake("ray", _RAY)
    commands.fake("modsearch")
    commands.fake("hostname", "echo '10.0.0.7 192.168.0.7 '")
    commands.environment.update(
        SLURM_JOB_ID=str(number), SLURM_JOB_NUM_NODES="3", SLURM_CPUS_PER_TASK="8", SLURM_GPUS_ON_NODE="4"
    )
    script = Path(shutil.copy(CLUSTER / "slurm", tmp_path / "slurm_script"))
    folder = Path(f"/tmp/modsearch-{number}")
    yield Job(commands, script, folder)
    shutil.rmtree(folder, ignore_errors=True)


def test_one_task_a_node_joins_the_cluster(job: Job) -> None:
    done = job.commands.run(job.script, "my space.yaml", "--trials", "30")
    assert (done.returncode, done.stderr) == (0, "")
    steps = [call[1:] for call in job.commands.calls("srun")]
    assert all(step[:3] == ["--nodes=3", "--ntasks-per-node=1", "--cpus-per-task=8"] for step in steps)
    (run,) = [step[3:] for step in steps if step[3] == "ray"]
    before, after = run[: run.index("--")], run[run.index("--") + 1 :]
    address = f"10.0.0.7:{20000 + int(job.commands.environment['SLURM_JOB_ID']) % 10000}"
    assert before[1:] == [
        *("symmetric-run", "--address", address, "--min-nodes", "3"),
        *("--num-cpus=8", "--num-gpus=4", f"--temp-dir={job.folder}/ray"),
    ]
    assert after == [
        "modsearch",
        "search",
        "my space.yaml",
        "--trials",
        "30",
        "--executor",
        "ray",
        "--address",
        address,
    ]


@pytest.mark.ray
def test_ray_takes_these_options(job: Job) -> None:
    from ray.scripts.scripts import start
    from ray.scripts.symmetric_run import curate_and_validate_ray_start_args, symmetric_run

    job.commands.run(job.script, "space")
    (run,) = [call[2:] for call in job.commands.calls("ray")]
    options = run[: run.index("--")]
    with symmetric_run.make_context("symmetric-run", list(options), resilient_parsing=True) as context:
        assert context.params["min_nodes"] == 3
    left = curate_and_validate_ray_start_args(list(options))
    with start.make_context("start", [*left, "--address=10.0.0.7:6379"]) as context:
        assert (context.params["num_cpus"], context.params["num_gpus"]) == (8, 4)
        assert context.params["temp_dir"] == f"{job.folder}/ray"


def test_every_job_has_a_token_of_its_own(job: Job) -> None:
    for _ in range(2):
        job.commands.run(job.script, "space")
    (mode, first, _), (_, second, _) = [line.split() for line in _seen(job)]
    assert mode == "token"
    assert len(first) == 64
    assert first != second
    assert first not in repr(job.commands.calls())


def _seen(job: Job) -> list[str]:
    return (job.commands.folder / "ray.seen").read_text().splitlines()


def test_the_folder_is_private_and_goes_with_the_job(job: Job) -> None:
    job.folder.mkdir()
    (job.folder / "left").touch()  # by this job's first start, before its node failed
    assert job.commands.run(job.script, "space").returncode == 0
    assert _seen(job)[0].split()[-1] == "700"
    assert not job.folder.exists()


def test_a_search_that_fails_fails_the_job(job: Job) -> None:
    job.commands.fake("ray", _RAY + "exit 3")
    assert job.commands.run(job.script, "space").returncode == 3
    assert not job.folder.exists()


def test_the_end_of_the_time_stops_the_search(job: Job) -> None:
    job.commands.fake("ray", f"{_RAY}trap 'echo stopped >>\"$0.seen\"; exit 0' TERM\nwhile true; do sleep 0.05; done")
    with job.commands.start(job.script, "space") as process:
        while not (job.commands.folder / "ray.seen").exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert process.returncode == 143
    assert _seen(job)[-1] == "stopped"
    assert not job.folder.exists()


def test_head_ip_names_another_network(job: Job) -> None:
    job.commands.environment["HEAD_IP"] = "10.9.9.9"
    job.commands.run(job.script, "space")
    (run,) = job.commands.calls("ray")
    assert run[3].startswith("10.9.9.9:")
    assert job.commands.calls("hostname") == []


def test_it_wants_sbatch(job: Job) -> None:
    del job.commands.environment["SLURM_JOB_NUM_NODES"]
    done = job.commands.run(job.script, "space")
    assert done.returncode == 2
    assert "must be submitted with sbatch" in done.stderr
    assert job.commands.calls() == []


def test_sbatch_reads_its_options_before_the_first_command() -> None:
    lines = (CLUSTER / "slurm").read_text().splitlines()
    first_command = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    options = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]
    assert options == [line.removeprefix("#SBATCH ") for line in lines[:first_command] if line.startswith("#SBATCH ")]
    assert {"--ntasks-per-node=1", "--gpus-per-node=1", "--exclusive", "--requeue"} <= set(options)
    assert "--signal=B:TERM@120" in options  # B: the script itself, which is not told otherwise
