"""Memory of the executor while 2 GB of build context pass through it, and then 2 GB of layers from registry to registry."""

import shutil

from build import CONTEXT, HOST, OURS, Job, prepare_aws
from process import Failed
from rounds import highest
from stage import peak_memory
from table import Row

FILES, FILE_BYTES = 8, 256 << 20
MEMORY_BAR = 64
# The context in the job and in the engine, the layers there and in both registries; and some room.
NEEDED = 16 << 30
ELSEWHERE = OURS.replace(".eu-west-1.", ".us-east-1.")


def measured(stand):
    if shutil.disk_usage(stand.directory).free < NEEDED:
        raise Failed(f"part `build-memory` needs {NEEDED >> 30} GB of free disk")
    prepare_aws("eu-west-1/speed/memory", "us-east-1/speed/memory")
    source, elsewhere = (one.replace("/ours", "/memory") for one in (OURS, ELSEWHERE))
    # Random bytes, so that layers are as large in the registry as here.
    fill = "\n".join(f"head -c {FILE_BYTES} /dev/urandom >file{number}" for number in range(FILES))
    copies = "\\n".join(f"COPY file{number} /" for number in range(FILES))
    dockerfile = f"printf 'FROM bench/busybox:1\\n{copies}\\n' >Dockerfile"
    figures = {}
    with Job(stand) as job:
        job.script(f"mkdir {CONTEXT}\ncd {CONTEXT}\n{fill}\n{dockerfile}\n")
        for what, command in (("2 GB of context, built and pushed", f"build --push -t {source}:x {CONTEXT}"),
                              ("2 GB of layers, promoted to another region", f"promote {source}:x {elsewhere}:x")):
            argv = job.attempt.script_argv("build_script", f"#!/usr/bin/env bash\nset -e\nbaws-ci {command}\n")
            said = []
            figures[what] = peak_memory(argv, job.attempt, lambda pipe: said.append(pipe.read()))
            stand.detail[what] = said[0].decode(errors="replace").splitlines()
    return [Row(f"peak memory of the executor: {what}", highest([figure]), "MB", bar=MEMORY_BAR) for what, figure in figures.items()]
