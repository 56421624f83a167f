"""The sentences of failures, found in the sources: what a `ThimbleError` may say, with `{0}` for what varies.

The packages under the window know no Qt and say everything in English. Their sentences are gathered here, so that
translators get them with the window's own texts. An expression is followed backwards: through both branches of a
condition, through variables, through functions that make an error or a part of a sentence, and to everybody who
calls those. What cannot be followed (a name, a number, a system's message) is a hole.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

_ROOTS: Final = ("ThimbleError", "Problem")
_SAID: Final = ("sentence", "action")
"""Parameters that a person reads."""
_MARK: Final = "to_translate"
"""Is around what is no failure and comes to the window all the same."""
_NOT_SHOWN: Final = ("cli.py", "cli/", "top.py", "engine/bench/command.py", "engine/bench/runs.py", "tools/example.py")
"""Terminal programs: they speak English throughout."""
_DEEPEST: Final = 14
_MOST: Final = 48
"""Ways to say one thing; what has more is a hole."""
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_ENGINE_ERROR: Final = re.compile(r'\b(?:error|text) = ((?:"(?:[^"\\]|\\.)*"|[^;"])*);')
_ENGINE_PART: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^"]+)')

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Way = tuple[str | None, ...]
"""One way to say something: texts, and None for holes."""
_HOLE: Final[list[_Way]] = [(None,)]


@dataclass(eq=False)
class _Module:
    """A source file: what is defined in it, and what its imported names stand for."""

    name: str
    tree: ast.Module
    functions: dict[str, _Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Scope:
    """Where an expression stands.

    Attributes:
        module, owner, function: around it.
        given: what the function's parameters are, when it is known who calls.
    """

    module: _Module
    owner: ast.ClassDef | None = None
    function: _Function | None = None
    given: dict[str, tuple[ast.expr, _Scope]] = field(default_factory=dict)


def of_failures(package: Path) -> set[str]:
    """All sentences and actions of failures in a package, with `{0}`, `{1}` … for what varies.

    Args:
        package: the folder `thimble`.
    """
    return _Sources(package).sentences()


def of_engine(folder: Path) -> set[str]:
    """What our C++ says about failures: sums of texts that are given to `error`; also without the path at their end.

    Args:
        folder: with .cpp files, at any depth.
    """
    found = set()
    for path in sorted(p for p in folder.rglob("*.cpp") if p.is_file()):
        for match in _ENGINE_ERROR.finditer(path.read_text("utf-8")):
            way = tuple(text or None for text, _other in _ENGINE_PART.findall(match[1]))
            found.add(_template(way))
            if len(way) > 1 and way[-1] is None and (way[-2] or "").endswith(": "):
                found.add(_template((*way[:-2], (way[-2] or "")[:-2])))
    return set(filter(_says, found))


class _Sources:
    """All modules of a package, and who calls what in them."""

    def __init__(self, package: Path) -> None:
        self._modules = {module.name: module for module in map(_read, *_files(package))}
        self._calls: dict[str, list[tuple[ast.Call, _Scope]]] = defaultdict(list)
        for module in self._modules.values():
            for call, scope in _calls(module):
                for name in _called(call, scope):
                    self._calls[name].append((call, scope))
        self._failures = self._failure_classes()

    def sentences(self) -> set[str]:
        """See `of_failures`."""
        found: set[str] = set()
        for name, parameters in (*self._failures.items(), (_MARK, list(_SAID))):
            for call, scope in self._calls[name]:
                if f"{scope.module.name.replace('.', '/')}.py".startswith(_NOT_SHOWN):
                    continue
                for parameter in _SAID:
                    if (said := _argument(call, parameters, parameter)) is not None:
                        found.update(map(_template, self._ways(said, scope)))
        return {text for text in found if _says(text) or (_WORD.search(text) and text.endswith((".", "”")))}

    def _failure_classes(self) -> dict[str, list[str]]:
        """Classes of errors with the names of their parameters."""
        classes = {name: (node, module) for module in self._modules.values() for name, node in module.classes.items()}
        found: dict[str, list[str]] = {}
        while True:
            more = {
                name: self._parameters(node) or found.get(base, [])
                for name, (node, _) in classes.items()
                for base in (name, *map(_last_name, node.bases))
                if name not in found and (name in _ROOTS or base in found)
            }
            if not more:
                break
            found.update(more)
        # `kind: type[ThimbleError]`, called to make the error
        kinds = {
            argument.arg: found[match[1]]
            for module in self._modules.values()
            for function in ast.walk(module.tree)
            if isinstance(function, _Function)
            for argument in (*function.args.args, *function.args.kwonlyargs)
            if argument.annotation is not None
            if (match := re.fullmatch(r"type\[(\w+)\]", ast.unparse(argument.annotation))) and match[1] in found
        }
        return found | kinds

    @staticmethod
    def _parameters(node: ast.ClassDef) -> list[str]:
        """What a class is called with: of its `__init__`, or its annotated fields."""
        for item in node.body:
            if isinstance(item, _Function) and item.name == "__init__":
                return [a.arg for a in (*item.args.args[1:], *item.args.kwonlyargs)]
        return [
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        ]

    # -- following an expression

    def _ways(self, node: ast.expr, scope: _Scope, trail: tuple[object, ...] = ()) -> list[_Way]:
        """All ways an expression can turn out."""
        if len(trail) > _DEEPEST or node in trail:
            return _HOLE
        trail = (*trail, node)
        ways = list(dict.fromkeys(_joined(way) for way in self._follow(node, scope, trail)))
        return ways if len(ways) <= _MOST else _HOLE

    def _follow(self, node: ast.expr, scope: _Scope, trail: tuple[object, ...]) -> list[_Way]:
        match node:
            case ast.Constant(value=str(text)):
                return [(text,)]
            case ast.JoinedStr(values=values):
                return self._product([self._hole(value, scope, trail) for value in values])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._product([self._hole(left, scope, trail), self._hole(right, scope, trail)])
            case ast.IfExp(body=body, orelse=orelse):
                return self._ways(body, scope, trail) + self._ways(orelse, scope, trail)
            case ast.BoolOp(values=values):
                return [way for value in values for way in self._ways(value, scope, trail)]
            case ast.Name(id=name):
                return self._all(self._meanings(name, scope), trail)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if scope.owner is not None:
                return self._all(self._kept(name, scope), trail)
            case ast.Call():
                return self._all(self._returned(node, scope), trail)
        return _HOLE

    def _all(self, meanings: Sequence[tuple[ast.expr, _Scope]], trail: tuple[object, ...]) -> list[_Way]:
        return [way for node, scope in meanings for way in self._ways(node, scope, trail)] or _HOLE

    def _hole(self, node: ast.expr, scope: _Scope, trail: tuple[object, ...]) -> list[_Way]:
        """A part of a sentence: a hole, unless it is words of ours."""
        if isinstance(node, ast.FormattedValue):
            if node.format_spec is not None or node.conversion != -1:
                return _HOLE
            node = node.value
        ways = self._ways(node, scope, trail)
        if all(None not in way for way in ways):
            return ways
        said = [way for way in ways if _says(" ".join(text or "" for text in way))]
        return said if len(said) == len(ways) else [*said, (None,)]

    @staticmethod
    def _product(parts: Sequence[list[_Way]]) -> list[_Way]:
        return [tuple(itertools.chain(*way)) for way in itertools.islice(itertools.product(*parts), _MOST + 1)]

    def _meanings(self, name: str, scope: _Scope) -> list[tuple[ast.expr, _Scope]]:
        """What a name may stand for: a variable, a parameter, a constant."""
        if name in scope.given:
            return [scope.given[name]]
        if scope.function is not None:
            if found := list(_assigned(name, scope.function)):
                return [(node, scope) for node in found]
            arguments = scope.function.args
            every = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
            if name in every:
                return self._passed(name, scope)
        module = scope.module
        if name in module.imports:
            where, _, name = module.imports[name].rpartition(".")
            module = self._modules.get(where, module)
        return [(module.constants[name], _Scope(module))] if name in module.constants else []

    def _passed(self, name: str, scope: _Scope) -> list[tuple[ast.expr, _Scope]]:
        """What all callers of a function give for a parameter."""
        function, owner = scope.function, scope.owner
        assert function is not None  # noqa: S101 - asked by a caller that has one
        called = owner.name if owner is not None and function.name == "__init__" else function.name
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        if owner is not None and names[:1] in (["self"], ["cls"]):
            names = names[1:]
        found = [
            (given, place)
            for call, place in self._calls[called]
            if place.module is scope.module or not called.startswith("_")
            if place.module is scope.module or _knows(place.module, scope.module.name, called)
            if (given := _argument(call, names, name)) is not None
        ]
        positional = [*function.args.posonlyargs, *function.args.args]
        defaults = dict(zip([a.arg for a in positional][::-1], function.args.defaults[::-1], strict=False))
        defaults |= {a.arg: d for a, d in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True) if d}
        return found + ([(defaults[name], _Scope(scope.module))] if name in defaults else [])

    def _kept(self, name: str, scope: _Scope) -> list[tuple[ast.expr, _Scope]]:
        """What an attribute of the object itself was made of."""
        owner = scope.owner
        assert owner is not None  # noqa: S101 - asked by a caller that has one
        for item in owner.body:
            if isinstance(item, _Function) and item.name == "__init__":
                inside = _Scope(scope.module, owner, item)
                return [(node, inside) for node in _assigned(f"self.{name}", item)]
        return []

    def _returned(self, call: ast.Call, scope: _Scope) -> list[tuple[ast.expr, _Scope]]:
        """What a function of ours returns for these arguments."""
        module, owner = scope.module, None
        function: _Function | None = None
        if isinstance(call.func, ast.Name):
            name = call.func.id
            if name in module.imports:
                where, _, name = module.imports[name].rpartition(".")
                module = self._modules.get(where, module)
            function = module.functions.get(name)
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            of = call.func.value.id
            if of == "self" and scope.owner is not None:
                owner = scope.owner
                methods = [i for i in owner.body if isinstance(i, _Function) and i.name == call.func.attr]
                function = methods[0] if methods else None
            elif of in module.imports and module.imports[of] in self._modules:
                module = self._modules[module.imports[of]]
                function = module.functions.get(call.func.attr)
        if function is None or any(isinstance(a, ast.Starred) for a in call.args):
            return []
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        names = names[1:] if owner is not None else names
        given = {name: (node, scope) for name in names if (node := _argument(call, names, name)) is not None}
        inside = _Scope(module, owner, function, given)
        return [(n.value, inside) for n in _own(function) if isinstance(n, ast.Return) and n.value is not None]


def _files(package: Path) -> tuple[list[Path], list[Path]]:
    paths = sorted(package.rglob("*.py"))
    return paths, [package] * len(paths)


def _read(path: Path, package: Path) -> _Module:
    name = ".".join(path.relative_to(package).with_suffix("").parts)
    module = _Module(name, ast.parse(path.read_text("utf-8")))
    for node in module.tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                module.functions[node.name] = node
            case ast.ClassDef():
                module.classes[node.name] = node
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                module.constants[target] = value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                module.constants[target] = value
    for inner in ast.walk(module.tree):
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").partition(".")[0] == package.name:
            base = (inner.module or "").partition(".")[2]
            for alias in inner.names:
                module.imports[alias.asname or alias.name] = f"{base}.{alias.name}".lstrip(".")
    return module


def _calls(module: _Module) -> Iterator[tuple[ast.Call, _Scope]]:
    """All calls, each with where it stands."""

    def walk(node: ast.AST, scope: _Scope) -> Iterator[tuple[ast.Call, _Scope]]:
        for child in ast.iter_child_nodes(node):
            inside = scope
            if isinstance(child, ast.ClassDef):
                inside = _Scope(module, child)
            elif isinstance(child, _Function):
                inside = _Scope(module, scope.owner, child)
            elif isinstance(child, ast.Call):
                yield child, scope
            yield from walk(child, inside)

    yield from walk(module.tree, _Scope(module))


def _called(call: ast.Call, scope: _Scope) -> list[str]:
    """By which name; of `super().__init__` it is those of the classes above."""
    name = _last_name(call.func)
    if name == "__init__" and scope.owner is not None and ast.unparse(call.func).startswith("super()."):
        return [_last_name(base) for base in scope.owner.bases]
    return [name]


def _knows(module: _Module, other: str, name: str) -> bool:
    """Whether a module has imported another one, or this name."""
    known = module.imports.values()
    return any(what == other or what.startswith(f"{other}.") or what.rpartition(".")[2] == name for what in known)


@cache
def _own(function: _Function) -> list[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    found: list[ast.AST] = list(function.body)
    for node in found:  # it grows
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.extend(ast.iter_child_nodes(node))
    return found


def _assigned(name: str, function: _Function) -> Iterator[ast.expr]:
    """What a function assigns to a variable or to `self.x`, item by item where it unpacks."""
    for node in _own(function):
        match node:
            case ast.Assign(targets=[target], value=value):
                yield from _unpacked(name, target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                yield from _unpacked(name, target, value)
            case ast.For(target=target, iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                for item in items:
                    yield from _unpacked(name, target, item)


def _unpacked(name: str, target: ast.expr, value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(target, ast.Tuple):
        if isinstance(value, ast.IfExp):
            yield from _unpacked(name, target, value.body)
            yield from _unpacked(name, target, value.orelse)
        for position, item in enumerate(target.elts):
            if _path(item) == name and not isinstance(value, ast.IfExp):
                whole = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
                yield value.elts[position] if whole and isinstance(value, ast.Tuple) else ast.Constant(None)
    elif _path(target) == name:
        yield value


def _argument(call: ast.Call, names: Sequence[str], name: str) -> ast.expr | None:
    """What a call gives for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if name in names and (position := names.index(name)) < len(call.args):
        return call.args[position] if not any(isinstance(a, ast.Starred) for a in call.args) else None
    return None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):  # a base class with its parameter
        node = node.value
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _path(node: ast.expr) -> str:
    """`x` or `self.x` as written; "" for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _joined(way: _Way) -> _Way:
    """Neighbouring texts as one, and neighbouring holes."""
    found: list[str | None] = []
    for part in way:
        if found and part is not None and found[-1] is not None:
            found[-1] += part
        elif part is not None or not found or found[-1] is not None:
            found.append(part)
    return tuple(part for part in found if part != "")


def _says(text: str) -> bool:
    """Whether there are words in it, not only a unit or a mark."""
    return len(_WORD.findall(text)) > 1


def _template(way: _Way) -> str:
    """The text with numbered holes; without holes as it is."""
    if None not in way:
        return "".join(part or "" for part in way)
    numbers = itertools.count()
    return "".join(
        f"{{{next(numbers)}}}" if part is None else part.replace("{", "{{").replace("}", "}}") for part in way
    )
