import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { AppCode } from '../../src/guest/protocol.js';
import { codeWithProbes, describeWithPython, PYTHONS } from '../support/probes.js';

describeWithPython('what code says about how an app is used', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-appcode-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const codeOf = (python: string, source: string) => {
    const path = join(folder, 'app.py');
    writeFileSync(path, source);
    const program = 'import json\nfrom pyshrink_probes.appcode import code_of\nprint(json.dumps([code_of(sys.argv[1])]))';
    const printed = execFileSync(python, codeWithProbes(program, path), { encoding: 'utf8' });
    return AppCode.parse(JSON.parse(printed))[0];
  };
  const routesOf = (python: string, source: string) => codeOf(python, source)?.routes.map(({ method, path }) => `${method} ${path}`);

  it.each(PYTHONS)('%s: routes of Flask, FastAPI, Starlette, aiohttp and Django', (python) => {
    const flask = 'app = Flask(__name__)\n@app.route("/a", methods=["GET", "POST"])\n@app.route("/b")\ndef f(): pass\n';
    expect(routesOf(python, flask)).toEqual(['GET /a', 'POST /a', 'GET /b']);
    const fastapi =
      'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/x/{id}")\nasync def f(id: int): pass\n@router.delete("/y")\ndef g(): pass\n';
    expect(routesOf(python, fastapi)).toEqual(['GET /x/{id}', 'DELETE /y']);
    expect(routesOf(python, 'app = Starlette(routes=[Route("/s", f, methods=["PUT"]), Route("/t", g)])\n')?.sort()).toEqual([
      'GET /t',
      'PUT /s',
    ]);
    expect(routesOf(python, 'app.add_routes([web.get("/w", f)])\napp.router.add_post("/v", f)\n')?.sort()).toEqual(['GET /w', 'POST /v']);
    expect(routesOf(python, 'urlpatterns = [path("", f), path("admin/", g), path("ws/", Chat.as_asgi())]\n')).toEqual([
      'GET /',
      'GET /admin/',
    ]);
  });

  it.each(PYTHONS)('%s: applications, subcommands, required variables and programs', (python) => {
    const source = `
import argparse, os, click, typer
from celery import Celery
queue = Celery("x", broker=os.environ["BROKER"])
optional = os.environ.get("OPTIONAL")
@click.group()
def cli(): pass
@cli.command()
def make_all(): pass
@cli.command("named")
def other(): pass
parser = argparse.ArgumentParser()
parser.add_subparsers().add_parser("sub")
if __name__ == "__main__":
    cli()
`;
    const found = codeOf(python, source);
    expect(found?.applications.map(({ framework }) => framework).sort()).toEqual(['argparse', 'celery', 'click']);
    expect(found?.commands.sort()).toEqual(['make-all', 'named', 'sub']);
    expect(found).toMatchObject({ variables: ['BROKER'], script: true });
  });

  it.each(PYTHONS)('%s: applications by the whole name of their class, and with a type', (python) => {
    const source = 'a = flask.Flask(__name__)\nb = fastapi.FastAPI()\nc: Celery = celery.Celery("x")\nd: Flask\n';
    expect(codeOf(python, source)?.applications).toEqual([
      { framework: 'flask', variable: 'a' },
      { framework: 'fastapi', variable: 'b' },
      { framework: 'celery', variable: 'c' },
    ]);
  });

  it.each(PYTHONS)('%s: a variable that is only set or deleted is not needed', (python) => {
    const source = 'os.environ["SET"] = "1"\nos.environ["MORE"] += "1"\ndel os.environ["GONE"]\nx = os.environ["READ"]\n';
    expect(codeOf(python, source)?.variables).toEqual(['READ']);
  });

  it.each(PYTHONS)('%s: what belongs to a group below another one is no subcommand of the program', (python) => {
    const click = `
@click.group()
def cli(): pass
@cli.group()
def db(): pass
@db.command()
def migrate(): pass
@db.group("deep")
def deeper(): pass
@deeper.command()
def last(): pass
@cli.command()
def build(): pass
`;
    expect(codeOf(python, click)?.commands).toEqual(['db', 'build']);
    const typer = '@app.command()\ndef one(): pass\n@users.command()\ndef two(): pass\napp.add_typer(users, name="users")\n';
    expect(codeOf(python, typer)?.commands).toEqual(['one']);
  });

  it.each(PYTHONS)('%s: a chain of names that is longer than a stack does not stop the rest', (python) => {
    const source = `x = a${'.a'.repeat(1500)}(1)\ny = Flask(__name__)\n`;
    // Some parsers refuse such a chain, and then nothing of the file is known.
    expect(codeOf(python, source)?.applications.map(({ variable }) => variable)).toEqual(expect.toBeOneOf([['y'], []]));
  });

  it.each(PYTHONS)('%s: what is computed, and what is no Python, gives nothing', (python) => {
    const nothing = { applications: [], routes: [], commands: [], variables: [], script: false };
    for (const source of [
      '@app.get(prefix + "/a")\ndef f(): pass\n',
      'x = cache.get("/a")\nos.environ[name]\n',
      'def (\n',
      '\0',
      '('.repeat(5000),
    ])
      expect(codeOf(python, source)).toEqual(nothing);
  });
});
