"""Artifacts that jobs upload to the GitLab stand-in."""

import email.parser
import mmap
import os
import re
import tempfile


class Artifacts:
    """Keeps uploads as files, no larger than `limit` bytes each."""

    def __init__(self, directory, limit):
        self.directory = directory
        self.limit = limit

    def store(self, job, body, content_type, query):
        """Takes a multipart upload with a part named `file`. What was stored, or None when it is too large."""
        boundary = re.search(r'boundary="?([^";]+)', content_type)[1].encode()
        with tempfile.TemporaryFile(dir=self.directory) as spool:
            for piece in iter(body.read, b""):
                # A little room for the multipart frame; the rest is read and thrown away.
                if spool.tell() <= self.limit + 4096:
                    spool.write(piece)
            spool.flush()
            if spool.tell() > self.limit + 4096:
                return None
            with mmap.mmap(spool.fileno(), 0, prot=mmap.PROT_READ) as content:
                fields, filename, span = parts(content, boundary)
                stored = {
                    "type": query.get("artifact_type") or fields.get("artifact_type") or "archive",
                    "format": query.get("artifact_format") or fields.get("artifact_format") or "zip",
                    "expire_in": query.get("expire_in") or fields.get("expire_in"), "filename": filename,
                    "size": span[1] - span[0], "at": job.since_start(),
                    "file": os.path.join(self.directory, f"{job.number}-{len(job.artifacts)}")}
                with open(stored["file"], "wb") as file:
                    file.write(content[span[0]:span[1]])
        job.artifacts.append(stored)
        return stored

    def archive(self, job):
        """The last archive of the job, or None."""
        archives = [stored for stored in job.artifacts if stored["type"] == "archive"]
        return archives[-1] if archives else None


def parts(content, boundary):
    """`(plain fields, name of the file, (start, end) of the file)` of a multipart body."""
    fields, filename, span = {}, "artifacts", None
    start = content.find(b"--" + boundary)
    while start >= 0:
        head = content.find(b"\r\n", start) + 2
        body = content.find(b"\r\n\r\n", head) + 4
        end = content.find(b"\r\n--" + boundary, body)
        if body < 4 or end < 0:
            break
        headers = email.parser.BytesParser().parsebytes(content[head:body])
        name = headers.get_param("name", header="content-disposition")
        if headers.get_filename() is not None:
            filename, span = headers.get_filename(), (body, end)
        else:
            fields[name] = content[body:end].decode()
        start = end + 2
    if not span:
        raise ValueError("no file in the upload")
    return fields, filename, span
