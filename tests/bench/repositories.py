"""The git side of the GitLab stand-in: projects as bare repositories, commits made without a work tree, and LFS objects."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading

from counter import Counter

GIT = "/usr/bin/git"
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
}
# `allowAnySHA1InWant`: jobs fetch their commit by its id, as from GitLab.
CONFIGURATION = """[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	hooksPath = "%s"
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
[receive]
	denyDeleteCurrent = false
"""


# What `git_http` has found out about a push is in the environment; whether it forces is known only when its objects are here.
PRE_RECEIVE = """#!/bin/sh
[ -z "$BENCH_REFUSAL" ] || { echo "GitLab: $BENCH_REFUSAL" >&2; exit 1; }
while read -r old new ref; do
    case " $BENCH_NO_FORCE " in *" $ref "*) ;; *) continue ;; esac
    case $old in *[!0]*) ;; *) continue ;; esac
    git merge-base --is-ancestor "$old" "$new" 2>/dev/null ||
        { echo "GitLab: You are not allowed to force push code to a protected branch on this project." >&2; exit 1; }
done
"""


class Refused(Exception):
    """The request cannot be done; the text says why."""


class Project:
    """A project: its place among the groups and its bare repository."""

    def __init__(self, number, path, root):
        self.number = number
        self.path = path
        self.namespace, _, self.name = path.rpartition("/")
        self.directory = os.path.join(root, path + ".git")
        self.default_branch = "main"
        self.writing = threading.Lock()

    def git(self, *arguments, input=None, check=True):
        """Runs git in the repository; its output as bytes."""
        done = subprocess.run([GIT, "--git-dir", self.directory, *arguments], input=input, env=ENVIRONMENT,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode:
            raise Refused(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def commit_id(self, name):
        """The id of the commit that a branch, tag, ref or id names, or None."""
        return self.git("rev-parse", "-q", "--verify", f"{name}^{{commit}}", check=False).decode().strip() or None

    def branches(self):
        """Names and commits of all branches."""
        return self.refs("refs/heads/")

    def refs(self, prefix):
        listing = self.git("for-each-ref", "--format=%(objectname) %(refname)", prefix).decode().splitlines()
        return {name.removeprefix(prefix): commit for commit, _, name in (line.partition(" ") for line in listing)}

    def make_default(self, branch):
        self.default_branch = branch
        self.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def ref(self, name):
        """`(type, commit)` of a branch or tag, or None."""
        for kind, prefix in (("branch", "refs/heads/"), ("tag", "refs/tags/")):
            commit = self.commit_id(prefix + name)
            if commit:
                return kind, commit
        return None

    def has_file(self, commit, path):
        return commit is not None and bool(self.git("ls-tree", "--full-tree", commit, "--", path))

    def file(self, commit, path):
        return self.git("cat-file", "blob", f"{commit}:{path}")

    def commit(self, branch, message, changes, start=None, author="Bench <bench@bench.test>", anew=False):
        """Puts a commit on top of `branch` (made from `start` when it is new, or `anew`) and returns its id.

        `changes` maps a path to its content as bytes, to `(mode, content)`, or to None, which deletes it.
        """
        with self.writing:
            parent = (not anew and self.commit_id(f"refs/heads/{branch}")) or (start and self.commit_id(start))
            stream = [f"commit refs/heads/{branch}\ncommitter {author} now\n".encode(), data(message.encode())]
            if parent:
                stream.append(f"from {parent}\n".encode())
            elif self.commit_id(f"refs/heads/{branch}"):
                stream.insert(0, f"reset refs/heads/{branch}\n\n".encode())
            for path, content in changes.items():
                mode, content = content if isinstance(content, tuple) else ("100644", content)
                quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
                if content is None:
                    stream.append(f"D {quoted}\n".encode())
                elif mode == "160000":
                    stream.append(f"M 160000 {content} {quoted}\n".encode())
                else:
                    stream += [f"M {mode} inline {quoted}\n".encode(), data(content)]
            self.git("fast-import", "--quiet", "--force", "--date-format=now", input=b"".join(stream))
            return self.commit_id(f"refs/heads/{branch}")

    def tag(self, name, target):
        self.git("update-ref", f"refs/tags/{name}", self.commit_id(target) or target)


def data(content):
    return b"data %d\n%b\n" % (len(content), content)


class Repositories:
    """All projects below one directory, and the LFS objects of all of them."""

    def __init__(self, directory):
        self.root = os.path.join(directory, "repositories")
        self.objects = os.path.join(directory, "lfs")
        self.hooks = os.path.abspath(os.path.join(directory, "hooks"))
        self.numbers = Counter(os.path.join(directory, "next-project"), 101)
        self.lock = threading.RLock()
        self.clear()

    def clear(self):
        with self.lock:
            for directory in (self.root, self.objects):
                shutil.rmtree(directory, ignore_errors=True)
                os.makedirs(directory)
            os.makedirs(self.hooks, exist_ok=True)
            with open(os.path.join(self.hooks, "pre-receive"), "w") as file:
                file.write(PRE_RECEIVE)
            os.chmod(os.path.join(self.hooks, "pre-receive"), 0o755)
            self.projects = {}

    def find(self, name):
        """The project of that path or number, or None."""
        for project in list(self.projects.values()):
            if name in (project.path, str(project.number)):
                return project
        return None

    def create(self, path):
        """An empty project. `Refused` when the path is taken or is not `group/name`."""
        if not re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)+", path):
            raise Refused(f"not a project path: {path}")
        with self.lock:
            if path in self.projects:
                raise Refused("has already been taken")
            project = Project(self.numbers.take(), path, self.root)
            for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
                os.makedirs(os.path.join(project.directory, part))
            for name, text in (("HEAD", "ref: refs/heads/main\n"), ("config", CONFIGURATION % self.hooks)):
                with open(os.path.join(project.directory, name), "w") as file:
                    file.write(text)
            self.projects[path] = project
            return project

    def remove(self, project):
        with self.lock:
            del self.projects[project.path]
            shutil.rmtree(project.directory)

    def rename(self, project, path):
        with self.lock:
            del self.projects[project.path]
            directory = os.path.join(self.root, path + ".git")
            os.rename(project.directory, directory)
            project.path, project.directory = path, directory
            project.namespace, _, project.name = path.rpartition("/")
            self.projects[path] = project

    def ensure(self, path):
        """The project of that path, made with a small first commit when it is missing."""
        with self.lock:
            return self.projects.get(path) or self.create_with(path, {})

    def create_with(self, path, files, lfs=None, submodule=None):
        """A project whose first commit holds a README, `files`, `lfs` files as pointers, and a submodule."""
        with self.lock:
            project = self.create(path)
            changes = {"README.md": f"# {project.name}\n".encode(), "hello.txt": b"hello\n"}
            for name, content in files.items():
                changes[name] = content if isinstance(content, tuple) else content.encode()
            if lfs:
                changes[".gitattributes"] = b"".join(
                    f"{name} filter=lfs diff=lfs merge=lfs -text\n".encode() for name in lfs)
                changes.update((name, self.pointer(content.encode())) for name, content in lfs.items())
            if submodule:
                target = self.ensure(submodule["project"])
                # Relative, as GitLab recommends: the job's credentials then hold for it too.
                url = "../" * len(path.split("/")) + target.path + ".git"
                changes[".gitmodules"] = f'[submodule "{submodule["path"]}"]\n\tpath = {submodule["path"]}\n\turl = {url}\n'.encode()
                changes[submodule["path"]] = ("160000", target.commit_id(target.default_branch))
            project.commit("main", "Begin", changes)
            return project

    def pointer(self, content):
        """Stores an LFS object and returns the pointer file that stands for it."""
        name = hashlib.sha256(content).hexdigest()
        with open(self.object_path(name), "wb") as file:
            file.write(content)
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n".encode()

    def object_path(self, name):
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise Refused("not an object id")
        return os.path.join(self.objects, name)

    def store_object(self, name, body):
        """Keeps an uploaded LFS object when its content is what its name says."""
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=self.objects, delete=False) as file:
            for piece in iter(body.read, b""):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != name:
            os.unlink(file.name)
            raise Refused("the content does not match the object id")
        os.rename(file.name, self.object_path(name))
