"""What an app's code says about how the app is used: its applications, routes and subcommands.

Nothing is imported or run; the code is only parsed. What is computed is not found.
"""

import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterator, List, Optional, Set

# The class or function that makes an application -> the framework.
MAKERS = {
    "Flask": "flask",
    "flask.Flask": "flask",
    "FastAPI": "fastapi",
    "fastapi.FastAPI": "fastapi",
    "Starlette": "starlette",
    "starlette.applications.Starlette": "starlette",
    "web.Application": "aiohttp",
    "aiohttp.web.Application": "aiohttp",
    "Celery": "celery",
    "celery.Celery": "celery",
    "Typer": "typer",
    "typer.Typer": "typer",
    "ArgumentParser": "argparse",
    "argparse.ArgumentParser": "argparse",
}
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
# Calls whose first argument is a route: Starlette's and aiohttp's tables, and Django's urlpatterns.
TABLES = {
    "Route": "get",
    "path": "get",
    "web.get": "get",
    "web.post": "post",
    "web.put": "put",
    "web.delete": "delete",
    "web.patch": "patch",
}
# Methods of a router that add a route to it.
ADDERS = {"add_get": "get", "add_post": "post", "add_put": "put", "add_delete": "delete", "add_patch": "patch"}


def code_of(path: str) -> "Dict[str, Any]":
    """The applications, routes, subcommands and variables that the file *path* names; nothing of a file that is no Python."""
    found = {"applications": [], "routes": [], "commands": [], "variables": [], "script": False}  # type: Dict[str, Any]
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    groups = subgroups(tree)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            framework = MAKERS.get(dotted(node.value.func) or "")
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if framework and isinstance(target, ast.Name):
                    found["applications"].append({"framework": framework, "variable": target.id})
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                add_decorator(found, node.name, decorator, groups)
        elif isinstance(node, ast.Call):
            add_call(found, node)
        elif isinstance(node, ast.Subscript) and dotted(node.value) in ("os.environ", "environ"):
            name = text(node.slice)
            # One that is set or deleted need not be there before.
            if name and isinstance(node.ctx, ast.Load):
                found["variables"].append(name)
        elif isinstance(node, ast.If) and is_main(node.test):
            found["script"] = True
    return found


def subgroups(tree: ast.AST) -> "Set[str]":
    """Names of the click groups that are subcommands of another group, and of the Typer apps that are added to another one."""
    names = set()  # type: Set[str]
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(target, ast.Attribute) and target.attr == "group" and dotted(target) != "click.group":
                    names.add(node.name)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_typer":
            name = dotted(first_argument(node))
            if name:
                names.add(name)
    return names


def add_decorator(found: "Dict[str, Any]", function: str, decorator: ast.AST, groups: "Set[str]") -> None:
    """A decorated function may be a route (Flask, FastAPI, Starlette, aiohttp) or a subcommand (click, Typer).

    What belongs to one of *groups* is no subcommand of the program itself.
    """
    call = decorator if isinstance(decorator, ast.Call) else None
    target = call.func if call else decorator
    if not isinstance(target, ast.Attribute):
        name = dotted(target)
        if name in ("command", "group") and call:
            found["applications"].append({"framework": "click", "variable": function})
        return
    if target.attr in ("command", "group"):
        if dotted(target) in ("click.command", "click.group"):
            found["applications"].append({"framework": "click", "variable": function})
            return
        if dotted(target.value) in groups:
            return
        # click and Typer make a name from that of the function.
        name = text(first_argument(call)) or keyword_text(call, "name") or function.replace("_", "-")
        found["commands"].append(name)
    elif call and target.attr in (*METHODS, "route"):
        path = text(first_argument(call))
        if path is None or not path.startswith("/"):
            return
        methods = keyword_texts(call, "methods") if target.attr == "route" else [target.attr]
        for method in methods or ["get"]:
            found["routes"].append({"method": method.upper(), "path": path})


def add_call(found: "Dict[str, Any]", call: ast.Call) -> None:
    name = dotted(call.func) or ""
    # What a call returns has no dotted name: `parser.add_subparsers().add_parser("x")`.
    last = call.func.attr if isinstance(call.func, ast.Attribute) else name
    first = text(first_argument(call))
    if last == "add_parser" and first:
        found["commands"].append(first)
    elif name in TABLES and first is not None and len(call.args) > 1 and not is_consumer(call.args[1]):
        methods = keyword_texts(call, "methods") or [TABLES[name]]
        for method in methods:
            found["routes"].append({"method": method.upper(), "path": first if first.startswith("/") else "/" + first})
    elif last in ADDERS and first is not None and first.startswith("/"):
        found["routes"].append({"method": ADDERS[last].upper(), "path": first})


def is_consumer(node: ast.AST) -> bool:
    """Whether a route leads to a consumer of Django Channels, which answers WebSockets and no request."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "as_asgi"


def is_main(test: ast.AST) -> bool:
    """Whether *test* is `__name__ == "__main__"`."""
    return isinstance(test, ast.Compare) and dotted(test.left) == "__name__" and text(test.comparators[0]) == "__main__"


def dotted(node: "Optional[ast.AST]") -> "Optional[str]":
    names = []  # type: List[str]
    # A loop, as a chain may be longer than Python's recursion limit.
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None


def text(node: "Optional[ast.AST]") -> "Optional[str]":
    """The text of a literal. Before Python 3.8 it was a node `Str`, before 3.9 a subscript was a node `Index`."""
    if type(node).__name__ == "Index":
        node = getattr(node, "value", None)
    value = getattr(node, "s", None) if type(node).__name__ == "Str" else getattr(node, "value", None)
    return value if isinstance(value, str) else None


def first_argument(call: "Optional[ast.Call]") -> "Optional[ast.AST]":
    return call.args[0] if call and call.args else None


def keyword_text(call: "Optional[ast.Call]", name: str) -> "Optional[str]":
    for keyword in keywords(call, name):
        return text(keyword)
    return None


def keyword_texts(call: "Optional[ast.Call]", name: str) -> "List[str]":
    for keyword in keywords(call, name):
        if isinstance(keyword, (ast.List, ast.Tuple, ast.Set)):
            return [value for value in (text(element) for element in keyword.elts) if value]
    return []


def keywords(call: "Optional[ast.Call]", name: str) -> "Iterator[ast.AST]":
    for keyword in call.keywords if call else []:
        if keyword.arg == name:
            yield keyword.value
