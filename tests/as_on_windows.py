"""A program in which steadyface finds what it would find on Windows, as far as that can be arranged elsewhere.

``python tests/as_on_windows.py OUT`` imports every module of the package and runs a tiny job in a worker; in the
worker's process all is hidden just so, as it reads this file, too. `test_portability` looks at what comes of it.

Only steadyface is deceived: the standard library and the other packages bring what they need for the system that they
are on, and know of Windows themselves.
"""

import builtins
import importlib
import json
import os
import pathlib
import pkgutil
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "steadyface"
EXTRAS = {"c2pa", "cryptography", "gradio", "open_clip", "ray", "starlette"}
"""What a module may lack, if it isn't installed."""

MODULES = """
_posixshmem _posixsubprocess crypt fcntl grp nis ossaudiodev posix posixpath pty pwd readline resource spwd syslog
termios tty
"""
"""What Windows lacks, and the paths of another system."""
OF_OS = """
O_CLOEXEC O_DIRECTORY O_DSYNC O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC O_TMPFILE chown chroot confstr
copy_file_range environb eventfd fchdir fchown fdatasync fork forkpty fpathconf fstatvfs fwalk getegid getenvb geteuid
getgid getgrouplist getgroups getloadavg getpgid getpgrp getpriority getrandom getresgid getresuid getsid getuid
getxattr initgroups killpg lchown listxattr lockf major makedev memfd_create minor mkfifo mknod nice openpty pathconf
pidfd_open pipe2 posix_fadvise posix_fallocate posix_spawn posix_spawnp pread preadv pwrite pwritev readv
register_at_fork removexattr sched_getaffinity sched_setaffinity sched_yield sendfile setegid seteuid setgid setgroups
setpgid setpgrp setpriority setregid setresgid setresuid setreuid setsid setuid setxattr splice statvfs sync sysconf
sysconf_names tcgetpgrp tcsetpgrp ttyname uname wait wait3 wait4 waitid writev WCONTINUED WCOREDUMP WEXITSTATUS
WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WSTOPSIG WTERMSIG WUNTRACED
"""
OF_SIGNAL = """
Sigmasks alarm getitimer pause pthread_kill pthread_sigmask setitimer siginterrupt sigpending sigtimedwait sigwait
sigwaitinfo
"""
ITS_OWN = """
P_DETACH P_NOWAIT P_NOWAITO P_OVERLAY P_WAIT SIGABRT SIGBREAK SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_IGN
"""
"""What Windows has of the families of names below."""


def family(module: ModuleType, *beginnings: str) -> set[str]:
    """A module's names that begin so, but for those that Windows has."""
    return {name for name in dir(module) if name.startswith(beginnings)} - set(ITS_OWN.split())


NAMES = {
    "os": set(OF_OS.split()) | family(os, "EX_", "F_", "P_", "PRIO_", "POSIX_", "RTLD_", "SCHED_", "ST_"),
    "signal": set(OF_SIGNAL.split()) | family(signal, "SIG", "ITIMER_"),
    "time": {"tzset", "pthread_getcpuclockid"} | family(time, "CLOCK_", "clock_"),
}
"""What modules lack there that have it elsewhere, after typeshed. `mypy --platform win32` knows all of it, as far as
types go."""


class Partial(ModuleType):
    """A module without some of its names, and with others changed."""

    def __init__(self, whole: ModuleType, hidden: set[str], changed: Mapping[str, object]) -> None:
        super().__init__(whole.__name__)
        self.__dict__["_whole"], self.__dict__["_hidden"] = whole, hidden
        self.__dict__.update(changed)

    def __getattr__(self, name: str) -> Any:
        if name in self._hidden:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}' on Windows")
        return getattr(self._whole, name)


def hide() -> None:
    """Let steadyface, and nobody else, find what Windows has: its modules, their names, and files locked while open."""
    plain_import, plain_import_module = builtins.__import__, importlib.import_module

    @cache
    def partial(name: str) -> ModuleType:
        changed = {"os": locked(os, "replace", "rename", "remove", "unlink"), "sys": {"platform": "win32"}}
        return Partial(sys.modules[name], NAMES.get(name, set()), changed.get(name, {}))

    def seen(found: ModuleType) -> ModuleType:
        return partial(found.__name__) if found.__name__ in (*NAMES, "sys") else found

    def refuse(name: str) -> None:
        if name.partition(".")[0] in MODULES.split():
            raise ModuleNotFoundError(f"No module named '{name}' on Windows", name=name)

    # Not a finder on sys.meta_path: that is asked only for what nobody has imported yet, and others have most of it
    def guarded(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
        if not is_ours(globals):
            return plain_import(name, globals, locals, fromlist, level)
        if level == 0:
            refuse(name)
        return seen(plain_import(name, globals, locals, fromlist, level))

    def guarded_import_module(name: str, package: str | None = None) -> ModuleType:
        if not is_ours(sys._getframe(1).f_globals):
            return plain_import_module(name, package)
        refuse(name)
        return seen(plain_import_module(name, package))

    builtins.__import__, importlib.import_module = guarded, guarded_import_module
    for name, guard in locked(pathlib.Path, "replace", "rename", "unlink").items():
        setattr(pathlib.Path, name, guard)
    warnings.filterwarnings("error", category=EncodingWarning, module=rf"{PACKAGE}(\.|$)")


def is_ours(namespace: Mapping[str, object] | None) -> bool:
    """Whether code with these globals is steadyface's."""
    return str((namespace or {}).get("__name__", "")).partition(".")[0] == PACKAGE


def locked(owner: Any, *names: str) -> dict[str, Any]:
    """Functions that rename or remove, which refuse steadyface what this process has open or mapped."""

    def guard(plain: Any) -> Any:
        def checked(*paths: Any, **more: Any) -> Any:
            if is_ours(sys._getframe(1).f_globals):
                for path in paths:
                    if os.path.realpath(path) in open_files():
                        raise PermissionError(13, "this process has it open, as Windows says", str(path))
            return plain(*paths, **more)

        return checked

    return {name: guard(getattr(owner, name)) for name in names}


def open_files() -> set[str]:
    """The files that this process has open or mapped; none where there is no /proc."""
    found = set()
    for link in Path("/proc/self/fd").glob("*"):
        try:
            found.add(os.readlink(link))
        except OSError:  # of the listing itself
            continue
    maps = Path("/proc/self/maps")
    lines = maps.read_text(encoding="utf-8").splitlines() if maps.exists() else []
    return found | {line[line.index("/") :] for line in lines if "/" in line}


def modules() -> Iterator[str]:
    """Import every module; those that need an extra which isn't installed are left out."""
    package = importlib.import_module(PACKAGE)
    for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        try:
            importlib.import_module(found.name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in EXTRAS or find_spec(missing) is not None:
                raise
            continue
        yield found.name


def tiny(task: Any, announce: Any) -> None:
    """A worker's work: a run in as few steps as it can, then the same again, which reads back what there is."""
    import torch

    from steadyface.config.presets import PRESETS
    from steadyface.pipeline import run_checked

    torch.set_num_threads(task.threads)
    whole = PRESETS["pti"]
    few = replace(
        whole,
        refinement=replace(whole.refinement, common_steps=2, steps_per_frame=1),
        tuning=replace(whole.tuning, epochs=0, least_steps=2, local_weight=0.0),
    )
    print("\N{GREEK SMALL LETTER ALPHA}: not in the code page of a western Windows")
    for _ in range(2):
        run_checked(task.job, task.out, preset=few, announce=announce)


def overwrite(out: Path) -> None:
    """Replace and remove files while what was read from them is in use."""
    import torch

    from steadyface.editing import catalogue
    from steadyface.editing.edit import Edit
    from steadyface.runs.run import Run
    from steadyface.runtime.files import write_atomically

    def work(checkpoint: Any) -> Any:
        checkpoint.save(1, {"ws": torch.ones(3)})
        _, tensors = checkpoint.load()
        checkpoint.save(2, tensors)
        return tensors

    run = Run.open(out)
    with run.locked():
        first = run.stage("tune", "one", work)
        again = Run.open(out).stage("tune", "one", work)
        run.stage("tune", "another", work)
        assert torch.equal(first["ws"], again["ws"])
    edit = Edit.load(catalogue.find(catalogue.Request("smile")))
    for _ in range(2):
        write_atomically(out / "mine.safetensors", edit.save)
        edit = Edit.load(out / "mine.safetensors")


def run_job(out: Path) -> dict[str, Any]:
    """The tiny job on the clip that ships, by the batch's own executor."""
    import steadyface
    from steadyface.cluster.executor import LocalExecutor
    from steadyface.cluster.worker import Task
    from steadyface.config.job import Job
    from steadyface.editing.catalogue import Request

    clip = Path(steadyface.__file__).parent / "weights" / "demo.mp4"
    executor = LocalExecutor(1, 1, tiny)
    executor.submit(Task("tiny", Job(clip, (Request("eyeglasses"),), frames=(0, 2)), out, None, 1))
    ((_, outcome),) = executor.wait(600)
    executor.close()
    return outcome._asdict()


hide()
if __name__ == "__main__":
    folder = Path(sys.argv[1])
    overwrite(folder / "overwritten")
    print(json.dumps({"modules": list(modules()), "outcome": run_job(folder / "run")}))
