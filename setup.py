"""Build the compiled kernels of litecon; everything else is declared in pyproject.toml.

Environment:
    LITECON_PURE_PYTHON: Unless it is empty or "0", nothing is compiled, and the pure-Python side is installed.
    LITECON_REQUIRE_EXTENSIONS: Unless it is empty or "0", a failed compilation is an error. Otherwise the pure-Python
        side is installed, and one line says so.
"""

import gzip
import os
import re
import sys
import tarfile
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist
from setuptools.errors import BaseError, CCompilerError

NATIVE = Path("litecon", "_native")
# a wheel would contain debug information, which makes extensions five times as large, and symbols, which make them a
# tenth larger; -g in CFLAGS keeps both
KEEPS_DEBUG_INFORMATION = sys.platform == "win32" or "-g" in os.environ.get("CFLAGS", "").split()
COMPILER_FLAGS = [] if KEEPS_DEBUG_INFORMATION else ["-g0"]
LINKER_FLAGS = [] if KEEPS_DEBUG_INFORMATION else ["-Wl,-x" if sys.platform == "darwin" else "-Wl,--strip-all"]


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


class BuildKernels(build_ext):
    """Compile all kernels or, if one fails, none of them, since litecon cannot use a part of a side."""

    def initialize_options(self) -> None:
        super().initialize_options()
        # as many compilers as there are processors, unless `build_ext --parallel` sets another number
        self.parallel = True

    def run(self) -> None:
        try:
            self.extensions = cythonized(self.extensions, force=bool(self.force))
            super().run()
        except (BaseError, CCompilerError, OSError) as error:
            if is_set("LITECON_REQUIRE_EXTENSIONS"):
                raise
            self.forget_extensions()
            reason = str(error).splitlines()[0]
            print(
                f"litecon: installing the pure-Python side, the extensions did not compile: {reason}", file=sys.stderr
            )

    def forget_extensions(self) -> None:
        # a shared object that an earlier build, or this one before it failed, has made must not be installed
        for extension in self.extensions:
            in_build = os.path.join(self.build_lib, self.get_ext_filename(extension.name))
            for path in (self.get_ext_fullpath(extension.name), in_build):
                Path(path).unlink(missing_ok=True)
        self.extensions = self.distribution.ext_modules = []

    def get_outputs(self) -> list[str]:
        return super().get_outputs() if self.extensions else []

    def get_output_mapping(self) -> dict[str, str]:
        return super().get_output_mapping() if self.extensions else {}


class SourceArchive(sdist):
    """Make a reproducible archive if SOURCE_DATE_EPOCH is set, which is then the time of all files."""

    def make_archive(
        self, base_name: str, format: str, root_dir: str | None = None, base_dir: str | None = None, **options: Any
    ) -> str:
        moment = os.environ.get("SOURCE_DATE_EPOCH")
        if format != "gztar" or moment is None or base_dir is None:
            return super().make_archive(base_name, format, root_dir, base_dir, **options)
        path = Path(f"{base_name}.tar.gz")
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            path.open("wb") as file,
            gzip.GzipFile("", "wb", 9, file, int(moment)) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for member in sorted(Path(base_dir).rglob("*")):
                if member.is_file():
                    archive.add(member, filter=partial(_at, int(moment)))
        return str(path)


def _at(moment: int, member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = moment
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member


class Wheel(bdist_wheel):
    """Tag the wheel for any platform if no extension was built."""

    def run(self) -> None:
        self.run_command("build")
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()


def cythonized(extensions: list[Extension], *, force: bool) -> list[Extension]:
    from Cython.Build import cythonize

    # the generated C is not source code, and is written to build/ so that no archive contains it
    made = cythonize(extensions, build_dir="build/cython", force=force)
    for extension in made:
        # attributes that build_ext.finalize_options() has set on the original extensions
        extension._full_name = extension.name
        extension._needs_stub = False
        extension._links_to_dynamic = False
    return made


def kernels() -> list[Extension]:
    if is_set("LITECON_PURE_PYTHON"):
        return []
    sources = sorted(NATIVE.glob("*.pyx"))
    options = {
        "include_dirs": [str(NATIVE)],
        "extra_compile_args": COMPILER_FLAGS,
        "extra_link_args": LINKER_FLAGS,
    }
    return [Extension(f"litecon._native.{path.stem}", [str(path)], **options) for path in sources]


def long_description() -> str:
    """Return the README for a package index, with absolute links."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = re.search(
        r'^__version__ = "(.*)"$', Path("litecon", "__init__.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    base = f"{project['urls']['Source']}/blob/v{version[1]}/"
    text = Path("README.md").read_text(encoding="utf-8")
    text = re.sub(r"(\]\(|(?:src|srcset)=\")(?![a-z]+:|#)", rf"\1{base}", text)
    # link to the picture itself, not to the page that shows it
    return re.sub(rf"({re.escape(base)}[^)\"]*\.svg)", r"\1?raw=true", text)


setup(
    ext_modules=kernels(),
    cmdclass={"build_ext": BuildKernels, "bdist_wheel": Wheel, "sdist": SourceArchive},
    long_description=long_description(),
    long_description_content_type="text/markdown",
)
