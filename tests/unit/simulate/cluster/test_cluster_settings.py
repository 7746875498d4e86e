"""Settings of clusters: read, refused, and turned into what a batch system is given."""

from __future__ import annotations

import subprocess
import sys

import pytest

from showerkit.errors import ConfigurationError
from showerkit.simulate.cluster.settings import (
    HTCondorConfig,
    LocalConfig,
    SchedulerConfig,
    SlurmConfig,
    read_cluster,
)
from showerkit.workflow.chunk_runners import check_workers, cores_of
from showerkit.workflow.cluster_options import cluster_from_options


def test_a_file_and_settings_over_it(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("kind: slurm\nqueue: long\njobs: 4\ncores: 8\nprologue: [module load python]\n")
    config = read_cluster(path, {"jobs": 20})
    assert config == SlurmConfig(queue="long", jobs=20, cores=8, prologue=("module load python",))
    assert config.workers == 160


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("slurm", {"que": "long"}, ["unknown key 'que'", "did you mean 'queue'"]),
        ("htcondor", {"walltime_h": 3}, ["unknown key 'walltime_h'"]),
        ("slrm", {}, ["'slrm'", "did you mean 'slurm'"]),
        ("slurm", {"jobs": 0}, ["'jobs'", "got 0"]),
        ("slurm", {"walltime_h": -1}, ["'walltime_h'", "got -1"]),
        ("slurm", {"queue": "a\n#SBATCH --evil"}, ["'queue'"]),
        ("scheduler", {"address": "node17"}, ["'address'", "tcp://node17:8786"]),
        ("scheduler", {}, ["'address' is missing"]),
        ("local", {"kind": "locale"}, ["'locale'", "did you mean 'local'"]),
    ],
)
def test_what_is_wrong_is_named(name, settings, words):
    with pytest.raises(ConfigurationError) as wrong:
        read_cluster(name, settings)
    for word in words:
        assert word in str(wrong.value)


def test_a_file_needs_a_kind(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text("queue: long\n")
    with pytest.raises(ConfigurationError, match="'kind' is missing"):
        read_cluster(path)


def test_options_choose_a_cluster():
    assert cluster_from_options(None, None, None, 4) is None
    assert cluster_from_options("tcp://a:1", None, None) == SchedulerConfig(address="tcp://a:1")
    assert cluster_from_options(None, "local", None, 3) == LocalConfig(processes=3)
    assert cluster_from_options(None, "htcondor", ["disk_gb=2"]) == HTCondorConfig(disk_gb=2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("tcp://a:1", "local", None), "either"),
        (("tcp://a:1", None, ["jobs=2"]), "either"),
        ((None, None, ["jobs=2"]), "add --cluster"),
        ((None, "slurm", None, 4), "set 'jobs' and 'cores'"),
        (("tcp://a:1", None, None, 4), "its own workers"),
        ((None, "slurm", ["jobs"]), "key=value"),
    ],
)
def test_options_that_contradict_each_other(options, words):
    with pytest.raises(ConfigurationError, match=words):
        cluster_from_options(*options)


def test_workers_and_a_cluster_are_one_too_many():
    with pytest.raises(ConfigurationError, match="set 'processes'"):
        check_workers(2, LocalConfig())


def test_a_job_of_slurm(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.chdir(tmp_path)
    config = SlurmConfig(
        jobs=5, cores=4, queue="long", account="zdc", walltime_h=1.5, memory_gb_per_core=4,
        prologue=("module load python",), directives=("--exclusive",), python="/opt/python", interface="ib0",
    )  # fmt: skip
    cores, jobs, script = cores_of(None, config)
    assert (cores, jobs) == (20, 5)
    lines = script.splitlines()
    for line in (
        "#SBATCH -p long",
        "#SBATCH -A zdc",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=15G",  # 16e9 bytes in GiB, rounded up
        "#SBATCH -t 01:30:00",
        "#SBATCH --exclusive",
    ):
        assert line in lines
    command = lines[-1] or lines[-2]
    assert lines.index("module load python") < lines.index(command)
    assert command.startswith("/opt/python -m distributed.cli.dask_worker tls://HOST:PORT ")
    for option in ("--nworkers 4", "--nthreads 1", "--interface ib0", "--tls-key ", "--lifetime 5130s"):
        assert option in command
    assert list(tmp_path.iterdir()) == []


def test_a_job_of_htcondor(tmp_path, monkeypatch):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.chdir(tmp_path)
    config = HTCondorConfig(
        cores=2, disk_gb=3, prologue=("source env.sh",), attributes={"+JobFlavour": '"workday"'}
    )
    _, _, script = cores_of(None, config)
    assert '+JobFlavour = "workday"' in script
    assert "MY.DaskWorkerCores = 2" in script
    assert "MY.DaskWorkerMemory = 4000000000" in script
    assert "MY.DaskWorkerDisk = 3000000000" in script
    assert "source env.sh; " in script
    assert "--nworkers 2" in script
    assert list(tmp_path.iterdir()) == []


def test_jobs_leave_ctrl_c_as_it_is():
    """In a process of its own: dask-jobqueue takes it away when it is imported first."""
    pytest.importorskip("dask_jobqueue")
    script = (
        "import signal\n"
        "from pathlib import Path\n"
        "from showerkit.simulate.cluster.batch_jobs import job_script\n"
        "from showerkit.simulate.cluster.settings import SlurmConfig\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "assert 'showerkit' in job_script(SlurmConfig(folder=Path('.')))\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
