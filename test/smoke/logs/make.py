"""Makes the log files of this folder by running the logging libraries themselves.

    python3 -m venv /tmp/venv
    /tmp/venv/bin/pip install structlog loguru python-json-logger ecs-logging rich uvicorn gunicorn flask django celery
    /tmp/venv/bin/python make.py

Each scenario writes at least one line at INFO that has the word "error" in it, one line at ERROR ("no stock for order 17"),
and the traceback of a KeyError. Servers write what they write for an app that raises that KeyError.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent

SHOP = """
def price(item):
    return {"tea": 3}[item]


def order(item):
    return price(item)
"""

# The end of a scenario that has a standard logger, or one with the same methods, in `log`.
STANDARD = """
from shop import order
log.info("no error so far, 0 errors")
log.error("no stock for order 17")
try:
    order("coffee")
except KeyError:
    log.exception("order failed")
"""

HANDLER = """
import logging, sys
handler = logging.StreamHandler()
logging.basicConfig(level=logging.INFO, handlers=[handler])
log = logging.getLogger("shop")
"""

SCRIPTS = {
    "logging-default": 'import logging\nlogging.basicConfig(level=logging.INFO)\nlog = logging.getLogger("shop")\n' + STANDARD,
    "logging-time": HANDLER + 'handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))\n' + STANDARD,
    "logging-dashes": HANDLER
    + 'handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))\n'
    + STANDARD,
    "logging-brackets": HANDLER + 'handler.setFormatter(logging.Formatter("[%(levelname)s] %(name)s: %(message)s"))\n' + STANDARD,
    "json-logger": HANDLER
    + "from pythonjsonlogger.json import JsonFormatter\n"
    + 'handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))\n'
    + STANDARD,
    "google-severity": HANDLER
    + "from pythonjsonlogger.json import JsonFormatter\n"
    + 'handler.setFormatter(JsonFormatter("%(levelname)s %(message)s", rename_fields={"levelname": "severity"}))\n'
    + STANDARD,
    "ecs": HANDLER + "import ecs_logging\nhandler.setFormatter(ecs_logging.StdlibFormatter())\n" + STANDARD,
    "rich-handler": HANDLER.replace(
        "handler = logging.StreamHandler()",
        "from rich.logging import RichHandler\nhandler = RichHandler(rich_tracebacks=True)",
    )
    + 'handler.setFormatter(logging.Formatter("%(message)s"))\n'
    + STANDARD,
    "structlog-json": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
log = structlog.get_logger()
"""
    + STANDARD,
    "structlog-dict": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()])
log = structlog.get_logger()
"""
    + STANDARD,
    "structlog-logfmt": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])])
log = structlog.get_logger()
"""
    + STANDARD,
    "structlog-keyvalue": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])
log = structlog.get_logger()
"""
    + STANDARD,
    "structlog-console": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)])
log = structlog.get_logger()
"""
    + STANDARD,
    "structlog-rich": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"),
    structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.RichTracebackFormatter(width=90, color_system="truecolor"))])
log = structlog.get_logger()
"""
    + STANDARD,
    "loguru": "from loguru import logger as log\n" + STANDARD,
    "loguru-colors": 'import sys\nfrom loguru import logger as log\nlog.remove()\nlog.add(sys.stderr, colorize=True)\n' + STANDARD,
    "loguru-serialize": "import sys\nfrom loguru import logger as log\nlog.remove()\nlog.add(sys.stderr, serialize=True)\n" + STANDARD,
    "group": """
import asyncio
from shop import order
async def one():
    order("coffee")
async def main():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one())
asyncio.run(main())
""",
    "rich-group": """
import asyncio
from rich.traceback import install
from shop import order
install(width=90)
async def one():
    order("coffee")
async def main():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one())
asyncio.run(main())
""",
    "django": """
import django
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from shop import order
def view(request):
    return HttpResponse(order("coffee"))
urlpatterns = [path("order", view)]
settings.configure(DEBUG=True, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")
django.setup()
from django.test import Client
Client(raise_request_exception=False).get("/order")
Client(raise_request_exception=False).get("/none")
""",
    "syntax-error": "import broken\n",
}

SERVERS = {
    "flask": [sys.executable, "-m", "flask", "--app", "web_flask", "run", "--port", "18311"],
    "uvicorn": [sys.executable, "-m", "uvicorn", "web_asgi:app", "--port", "18311"],
    "gunicorn": [sys.executable, "-m", "gunicorn", "web_wsgi:app", "--bind", "127.0.0.1:18311"],
}

FILES = {
    "shop.py": SHOP,
    "broken.py": "def f(:\n    pass\n",
    "web_flask.py": 'from flask import Flask\nfrom shop import order\napp = Flask(__name__)\n@app.get("/")\ndef index():\n    return order("coffee")\n',
    "web_wsgi.py": "from shop import order\ndef app(environ, start):\n    return [order('coffee')]\n",
    "web_asgi.py": "from shop import order\nasync def app(scope, receive, send):\n    if scope['type'] == 'http':\n        order('coffee')\n",
    "jobs.py": """
from celery import Celery
from shop import order
app = Celery("jobs", broker="filesystem://", broker_transport_options={"data_folder_in": "queue", "data_folder_out": "queue"})
@app.task
def sell(item):
    return order(item)
""",
}


def neutral(text: str) -> str:
    """Paths as they are in an image of the Docker Hub."""
    text = text.replace(str(BIN.parent / "lib"), "/usr/local/lib").replace(str(BIN), "/usr/local/bin")
    text = re.sub(r"/[\w./-]+/lib/python3\.\d+/(?!site-packages)", "/usr/local/lib/python3/", text)
    return re.sub(r"Linux-\S+", "Linux-x86_64-with-glibc", text)


def save(name: str, output: bytes, folder: str) -> None:
    text = neutral(output.decode().replace(folder, "/app"))
    (HERE / f"{name}.txt").write_text(text)
    print(name, len(text))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": folder, "COLUMNS": "90", "PYTHONDONTWRITEBYTECODE": "1"}
        options = {"cwd": folder, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        for name, text in FILES.items():
            Path(folder, name).write_text(text)
        Path(folder, "queue").mkdir()
        for name, script in SCRIPTS.items():
            Path(folder, "app.py").write_text(script)
            save(name, subprocess.run([sys.executable, "app.py"], **options).stdout, folder)
        for name, command in SERVERS.items():
            server = subprocess.Popen(command, **options)
            for _ in range(50):
                time.sleep(0.2)
                try:
                    urllib.request.urlopen("http://127.0.0.1:18311/").read()
                except urllib.error.HTTPError:
                    break
                except OSError:
                    continue
            server.terminate()
            save(name, server.communicate()[0], folder)
        worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "jobs", "worker", "-n", "celery@host", "-l", "INFO", "-c", "1"], **options)
        subprocess.run([sys.executable, "-c", "import jobs; jobs.sell.delay('coffee')"], **options)
        time.sleep(8)
        worker.terminate()
        save("celery", worker.communicate()[0], folder)


main()
