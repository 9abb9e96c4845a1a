"""A batch from S3 to S3, where one request in five fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from batch_runs import batch, results

pytest.importorskip("moto", reason="S3 is tested with pip install s3fs 'moto[server]'")
pytest.importorskip("s3fs", reason="S3 is tested with pip install s3fs 'moto[server]'")

from monochromic.batch import stores
from s3_server import BUCKET, s3_server

COMMAND = [sys.executable, "-m", "monochromic", "batch", "--backbone", "telea", "--texture", "0", "--workers", "1"]


@pytest.fixture
def store(scans, monkeypatch):
    """Six photos, one of them broken, in a bucket; the server."""
    import boto3

    for i in range(4, 6):
        shutil.copy("scans/p0.png", f"scans/sub/p{i}.png")
    with s3_server(monkeypatch, every=0) as server:
        client = boto3.client("s3")
        for path in sorted(Path("scans").rglob("*.png")):
            client.upload_file(str(path), BUCKET, str(path))
        client.upload_file("mask.png", BUCKET, "mask.png")
        server.every = 5
        yield server


def s3_batch(*arguments):
    ended = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=500)
    assert "Traceback" not in ended.stderr
    return ended


def objects(client, prefix):
    found = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    return {entry["Key"].removeprefix(prefix) for entry in found}


def test_one_request_in_five_fails(store, scans):
    """Bytes are those of a run over the folder; again, nothing is done; a changed photo is done again."""
    import boto3

    words = [f"s3://{BUCKET}/scans", "--mask", f"s3://{BUCKET}/mask.png"]
    ended = s3_batch(*words, "--out", f"s3://{BUCKET}/out", "--journal", "run.sqlite")
    assert ended.returncode == 0, ended.stderr
    assert "6 photos: 6 done" in ended.stdout
    assert min(store.failed.values()) > 0, store.failed
    store.every = 0
    client = boto3.client("s3")
    assert batch("scans", "--out", "here", "--mask", "mask.png") == 0
    here = results(scans / "here")
    assert objects(client, "out/") == {*here, "report.html"}
    for name, data in here.items():
        assert client.get_object(Bucket=BUCKET, Key=f"out/{name}")["Body"].read() == data, name
    store.every = 5
    client.upload_file("scans/p2.png", BUCKET, "scans/p0.png")
    again = s3_batch(*words, "--out", f"s3://{BUCKET}/out", "--journal", "run.sqlite", "--dry-run")
    assert "5 done before" in again.stdout


def test_a_sink_that_takes_nothing_stops_the_run_and_fails_no_photo(store):
    ended = s3_batch("scans", "--mask", "mask.png", "--journal", "run.sqlite", "--out", "s3://nobucket/out")
    assert ended.returncode == 2
    assert "cannot write s3://nobucket/out/" in ended.stderr
    assert "does not exist; mend that and run the same command again" in ended.stderr


def test_without_credentials_nothing_begins(store, monkeypatch, capsys):
    import s3fs

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(stores, "PAUSE", 0)
    s3fs.S3FileSystem.clear_instance_cache()
    for places in ([f"s3://{BUCKET}/scans", "--out", "out"], ["scans", "--out", f"s3://{BUCKET}/out"]):
        capsys.readouterr()
        assert batch(*places, "--journal", "run.sqlite") == 2
        said = capsys.readouterr().err
        assert "Unable to locate credentials; check" in said
        assert said.count("\n") == 1
    assert not Path("run.sqlite").exists()


def test_the_list_of_failures_goes_with_the_last_of_them(store):
    import boto3

    client = boto3.client("s3")
    client.put_object(Bucket=BUCKET, Key="scans/bad.png", Body=b"no picture")
    words = [f"s3://{BUCKET}/scans", "--mask", "mask.png", "--out", f"s3://{BUCKET}/out", "--journal", "run.sqlite"]
    assert s3_batch(*words).returncode == 1
    store.every = 0
    assert b"bad.png" in client.get_object(Bucket=BUCKET, Key="out/failed.csv")["Body"].read()
    client.upload_file("scans/p0.png", BUCKET, "scans/bad.png")
    assert s3_batch(*words).returncode == 0
    assert "failed.csv" not in objects(client, "out/")
