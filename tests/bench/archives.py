"""Artifacts between the coordinator, which has zip files, and `baws-ci local`, which has tar files."""

import gzip
import io
import os
import secrets
import stat
import tarfile
import tempfile
import time
import zipfile


class Failed(Exception):
    """The coordinator did not take or give artifacts."""


def download(client, job, directory):
    """Puts the artifacts of each dependency that has some into `<dependency id>.tar`."""
    for dependency in job.get("dependencies") or []:
        if not (dependency.get("artifacts_file") or {}).get("filename"):
            continue
        answer = client.call("GET", f"/api/v4/jobs/{dependency['id']}/artifacts", headers={"JOB-TOKEN": dependency["token"]})
        if answer.status != 200:
            raise Failed(f"cannot download the artifacts of job `{dependency['name']}`: {answer.status}")
        zip_to_tar(io.BytesIO(answer.body), os.path.join(directory, f"{dependency['id']}.tar"))


def zip_to_tar(source, target):
    with zipfile.ZipFile(source) as archive, tarfile.open(target, "w") as tar:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16
            member = tarfile.TarInfo(entry.filename.rstrip("/"))
            member.mtime = int(time.mktime((*entry.date_time, 0, 0, -1)))
            member.mode = stat.S_IMODE(mode) or (0o755 if entry.is_dir() else 0o644)
            content = archive.read(entry)
            if entry.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            elif stat.S_ISLNK(mode):
                member.type, member.linkname = tarfile.SYMTYPE, content.decode()
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))


def tar_to_zip(source, target):
    with tarfile.open(source) as tar, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in tar:
            name = member.name.removeprefix("./")
            if name in ("", "."):
                continue
            entry = zipfile.ZipInfo(name + "/" * member.isdir(), max((1980, 1, 1, 0, 0, 0), time.localtime(member.mtime)[:6]))
            kind = stat.S_IFDIR if member.isdir() else stat.S_IFLNK if member.issym() else stat.S_IFREG
            entry.external_attr = (kind | member.mode & 0o7777) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            if member.isdir():
                archive.writestr(entry, b"")
            elif member.issym():
                archive.writestr(entry, member.linkname)
            elif file := tar.extractfile(member):  # a hard link is read as the file it names
                archive.writestr(entry, file.read())


def tar_to_gzip(source, target):
    """One gzip member for each file, one after the other, as gitlab-runner makes reports."""
    with tarfile.open(source) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)):
                with gzip.GzipFile(member.name, "wb", fileobj=target, mtime=member.mtime) as packed:
                    packed.write(file.read())


def tar_to_raw(source, target):
    with tarfile.open(source) as tar:
        for member in tar:
            if member.isfile() and (file := tar.extractfile(member)):
                target.write(file.read())


FORMATS = {"zip": (tar_to_zip, ".zip"), "gzip": (tar_to_gzip, ".gz"), "raw": (tar_to_raw, "")}


def upload(client, job, directory):
    """Sends each `<index>.tar`, where `index` counts the payload's `artifacts`."""
    for index, artifact in enumerate(job.get("artifacts") or []):
        source = os.path.join(directory, f"{index}.tar")
        if os.path.exists(source):
            send(client, job, artifact, source)


def send(client, job, artifact, source):
    kind = artifact.get("artifact_format") or "zip"
    convert, suffix = FORMATS[kind]
    name = os.path.basename(artifact.get("name") or ("artifacts" if kind == "zip" else artifact.get("artifact_type", "default")))
    boundary = secrets.token_hex(16)
    fields = {"artifact_format": kind, "artifact_type": artifact.get("artifact_type") or "archive", "expire_in": artifact.get("expire_in") or ""}
    with tempfile.TemporaryFile() as body:
        for field, value in fields.items():
            body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode())
        body.write(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}{suffix}"\r\n'
                   f"Content-Type: application/octet-stream\r\n\r\n".encode())
        with tempfile.TemporaryFile() as packed:
            convert(source, packed)
            packed.seek(0)
            while piece := packed.read(1 << 20):
                body.write(piece)
        body.write(f"\r\n--{boundary}--\r\n".encode())
        answer = client.call("POST", f"/api/v4/jobs/{job['id']}/artifacts", body, {
            "JOB-TOKEN": job["token"], "Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": str(body.tell())})
    if answer.status != 201:
        raise Failed(f"cannot upload the artifacts `{name}{suffix}`: {answer.status} {answer.body.decode(errors='replace')}")
