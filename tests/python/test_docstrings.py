"""Every docstring's examples run, those of the C types too, and every public name has a docstring."""

import doctest
import importlib
import importlib.util
import inspect
import pkgutil

import numpy as np
import pytest

import ketsim
from ketsim import Circuit, Ket

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
NOT_MODULES = {"__main__", "libketsim"}  # the second is the C library, which lies beside them
if importlib.util.find_spec("matplotlib") is None:
    NOT_MODULES.add("plot")
MODULES = ["ketsim"] + [
    f"ketsim.{module.name}"
    for module in pkgutil.iter_modules(ketsim.__path__)
    if module.name not in NOT_MODULES
]


def members(owner, prefix):
    """(dotted name, object) of the public attributes defined in a class."""
    for name, value in vars(owner).items():
        if not name.startswith("_"):
            yield f"{prefix}.{name}", value


def public():
    """Every public name of the package, and the attributes of its classes."""
    for name in ketsim.__all__:
        value = getattr(ketsim, name)
        if inspect.isclass(value):
            yield f"ketsim.{name}", value
            yield from members(value, f"ketsim.{name}")
        elif inspect.isroutine(value):
            yield f"ketsim.{name}", value


def documented():
    """Name -> docstring of all public names and of everything in the package's modules, once each."""
    texts = {name: inspect.getdoc(value) for name, value in public()}
    for name in MODULES:
        module = importlib.import_module(name)
        texts[name] = module.__doc__
        for key, value in vars(module).items():
            if getattr(value, "__module__", None) == name and (
                inspect.isclass(value) or inspect.isroutine(value)
            ):
                texts.setdefault(f"{name}.{key}", value.__doc__)
    return {name: text for name, text in texts.items() if text}


TEXTS = documented()
EXAMPLES = {
    name: test
    for name, text in TEXTS.items()
    for test in [doctest.DocTestParser().get_doctest(text, {}, name, None, None)]
    if test.examples
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_run(name):
    test = EXAMPLES[name]
    test.globs = {"np": np, "ketsim": ketsim, **{key: getattr(ketsim, key) for key in ketsim.__all__}}
    report = []
    result = doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    assert result.failed == 0, "".join(report)


def test_the_classes_have_examples():
    for cls in (Ket, Circuit):
        names = [name for name in EXAMPLES if name.startswith(f"ketsim.{cls.__name__}")]
        assert f"ketsim.{cls.__name__}" in names
        assert len(names) >= 5


@pytest.mark.parametrize("name", [name for name, _ in public()])
def test_public_name_has_a_docstring(name):
    text = dict(public())[name].__doc__
    assert text
    assert text.strip()


def test_modules_have_docstrings():
    assert [
        name for name in MODULES if not importlib.import_module(name).__doc__ and name != "ketsim._ffi"
    ] == []


def test_all_is_complete_and_true():
    assert len(set(ketsim.__all__)) == len(ketsim.__all__)
    missing = [name for name in ketsim.__all__ if not hasattr(ketsim, name)]
    assert missing == []
    promised = {"ket", "Ket", "Circuit", "CancelToken", "Error", "InvalidArgument", "OutOfMemory"}
    assert promised <= set(ketsim.__all__)
    assert set(ketsim.__all__) <= set(dir(ketsim))
