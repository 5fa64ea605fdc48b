"""Build the compiled kernels of litecon; everything else is declared in pyproject.toml.

Environment:
    LITECON_PURE_PYTHON: neither empty nor "0": compile nothing, install the pure-Python side.
    LITECON_REQUIRE_EXTENSIONS: neither empty nor "0": a failing compiler is an error. Without it the
        install succeeds, pure, and says so in one line.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CCompilerError

NATIVE = Path("litecon", "_native")
# debug information makes the extensions five times as large, and a wheel carries it
FLAGS = [] if sys.platform == "win32" else ["-g0"]


def is_set(variable: str) -> bool:
    return os.environ.get(variable, "") not in ("", "0")


class BuildKernels(build_ext):
    """Compile all kernels or, where that fails, none of them: a half-built side could not be switched to."""

    def initialize_options(self) -> None:
        super().initialize_options()
        # as many compilers as there are processors; `build_ext --parallel` says otherwise
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
            print(f"litecon: installing the pure-Python side, the extensions did not compile: {reason}", file=sys.stderr)

    def forget_extensions(self) -> None:
        # a shared object of an earlier, or of the first half of this, build must not be installed beside the failure
        for extension in self.extensions:
            in_build = os.path.join(self.build_lib, self.get_ext_filename(extension.name))
            for path in (self.get_ext_fullpath(extension.name), in_build):
                Path(path).unlink(missing_ok=True)
        self.extensions = self.distribution.ext_modules = []

    def get_outputs(self) -> list[str]:
        return super().get_outputs() if self.extensions else []

    def get_output_mapping(self) -> dict[str, str]:
        return super().get_output_mapping() if self.extensions else {}


class Wheel(bdist_wheel):
    """Name the wheel after what was built: without extensions it is for any platform."""

    def run(self) -> None:
        self.run_command("build")
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()


def cythonized(extensions: list[Extension], *, force: bool) -> list[Extension]:
    from Cython.Build import cythonize

    # the generated C lies in build/: it is no source, and no archive may pick it up
    made = cythonize(extensions, build_dir="build/cython", force=force, show_all_warnings=True)
    for extension in made:
        # attributes that build_ext.finalize_options() gave to the originals
        extension._full_name = extension.name
        extension._needs_stub = False
        extension._links_to_dynamic = False
    return made


def kernels() -> list[Extension]:
    if is_set("LITECON_PURE_PYTHON"):
        return []
    sources = sorted(NATIVE.glob("*.pyx"))
    options = {"include_dirs": [str(NATIVE)], "extra_compile_args": FLAGS}
    return [Extension(f"litecon._native.{path.stem}", [str(path)], **options) for path in sources]


setup(ext_modules=kernels(), cmdclass={"build_ext": BuildKernels, "bdist_wheel": Wheel})
