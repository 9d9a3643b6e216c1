"""A name in a monitor file is the name of a file.

`names` lists a package's files without importing them; `load` imports one on demand,
so that an optional vendor stays optional, and takes `package.module:Attribute` for
code outside the project. Files whose name starts with an underscore are not listed.
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from driftline.errors import SettingsError, UnknownName


def names(package: str) -> list[str]:
    """The names that `load` accepts for a package, sorted.

    >>> "window" in names("driftline.core")
    True
    """
    home = importlib.import_module(package)
    found = (module.name for module in pkgutil.iter_modules(home.__path__))
    return sorted(name for name in found if not name.startswith("_"))


@cache
def load(package: str, name: str) -> ModuleType:
    """The module of that name in the package, or `UnknownName` with a near miss.

    Kept: every column asks for its statistics, and listing a folder takes long.
    """
    known = names(package)
    if name not in known:
        raise UnknownName(_kind(package), name, known)
    return importlib.import_module(f"{package}.{name}")


def load_attribute(path: str) -> Any:
    """What `package.module:attribute` names, or `SettingsError` that says which half failed.

    >>> load_attribute("math:floor")(1.5)
    1
    """
    module_name, colon, attribute = path.partition(":")
    if not colon or not attribute:
        raise SettingsError(
            f"{path!r} is not of the form package.module:function; write for example "
            "my_project.training:fit"
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise SettingsError(
            f"cannot import {module_name!r} of {path!r}: {error}. Install the package, "
            "or run where it can be imported."
        ) from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        raise SettingsError(f"{module_name!r} has no {attribute!r}") from error


def _kind(package: str) -> str:
    """What one module of the package is called: `sources` hold a source."""
    plural = package.rpartition(".")[2]
    if plural.endswith("ies"):
        return plural.removesuffix("ies") + "y"
    return plural.removesuffix("s")
