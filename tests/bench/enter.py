"""Runs a command in the bench's namespaces: `enter.py HOLDER CMD…`, where HOLDER is the pid of the holder.

Unlike nsenter it hands signals on to the command, so that ending `bench exec` ends what it started, and it keeps the
working directory. It exits as the command did.
"""

import ctypes
import os
import signal
import sys

SI_KERNEL = 0x80
FORWARDED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}


def enter(holder):
    libc = ctypes.CDLL(None, use_errno=True)
    directory = os.getcwd()
    namespaces = [os.open(f"/proc/{holder}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("pid", "net", "mnt")]
    for namespace in namespaces:
        if libc.setns(namespace, 0) != 0:
            sys.exit(f"error: cannot enter the bench: {os.strerror(ctypes.get_errno())}")
    os.chdir(directory)


def watch(child):
    """Hands signals on until the child has ended; its wait status."""
    while True:
        received = signal.sigwaitinfo(FORWARDED | {signal.SIGCHLD})
        if received.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status
        elif received.si_code != SI_KERNEL:  # from a terminal the child has it already
            os.kill(child, received.si_signo)


def main():
    holder, command = int(sys.argv[1]), sys.argv[2:]
    enter(holder)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED | {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # Python ignores these; programs do not expect it.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"error: cannot run `{command[0]}`: {error.strerror}", file=sys.stderr)
            os._exit(127 if isinstance(error, FileNotFoundError) else 126)
    code = os.waitstatus_to_exitcode(watch(child))
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
