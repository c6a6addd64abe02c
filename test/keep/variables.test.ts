import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Readings, unknownVariables, unknownVariableWarnings } from '../../src/keep/variables.js';

const READ = 'import os\nurl = os.environ["DATABASE_URL"]\n';
const unknown = (name: string, text: string, more: Partial<Readings> = {}) =>
  unknownVariables([name], { image: ['PATH'], texts: [text], words: [], incomplete: false, ...more });

describe('a misspelt variable', () => {
  it.each([
    ['DATABASE_URLL', READ, 'DATABASE_URL'],
    ['DATABSE_URL', READ, 'DATABASE_URL'],
    ['DATABASE_URLS', `${READ}\nimport urls, database`, 'DATABASE_URL'],
    ['DATABASE_ULR', 'url = os.getenv(\'DATABASE_URL\', "")', 'DATABASE_URL'],
    ['SECRT_KEY', 'SECRET = env.str("SECRET_KEY")', 'SECRET_KEY'],
    ['SECRT_KEY', 'SECRET = config("SECRET_KEY", default="")', 'SECRET_KEY'],
    ['WORKRES', `#!/bin/sh\nexec app --workers "\${WORKERS:-2}"`, 'WORKERS'],
    ['WORKRES', '#!/bin/sh\nexec app --workers $WORKERS', 'WORKERS'],
    ['REDIS_HOTS', 'class Settings(BaseSettings):\n    redis_host: str\n    port: int = 1\n', 'REDIS_HOST'],
    ['SHOP_REDIS_HOTS', 'class Settings(BaseSettings, env_prefix="shop_"):\n    redis_host: str\n', 'SHOP_REDIS_HOST'],
  ])('%s is found', (name, text, meant) => {
    expect(unknown(name, text)).toEqual([{ name, meant }]);
  });

  it('is found where the app takes the environment as a whole, but only with a name that was meant', () => {
    const text = `${READ}child = subprocess.run(["job"], env=os.environ.copy())`;
    expect(unknown('DATABSE_URL', text)).toEqual([{ name: 'DATABSE_URL', meant: 'DATABASE_URL' }]);
    expect(unknown('COMPLETELY_OTHER', text)).toEqual([]);
    expect(unknown('COMPLETELY_OTHER', READ, { incomplete: true })).toEqual([]);
  });

  it('may be near to one that the image sets, or that a library names', () => {
    expect(unknown('MODEL_DRI', READ, { image: ['MODEL_DIR'] })).toEqual([{ name: 'MODEL_DRI', meant: 'MODEL_DIR' }]);
    expect(unknown('SLOW_QUERYS', READ, { words: ['SLOW_QUERY'] })).toEqual([{ name: 'SLOW_QUERYS', meant: 'SLOW_QUERY' }]);
  });
});

it('is found though its prefix is well known', () => {
  const words = ['DJANGO_SETTINGS_MODULE', 'FLASK_DEBUG'];
  expect(unknown('DJANGO_SETTINGS_MODUL', READ, { words })).toEqual([{ name: 'DJANGO_SETTINGS_MODUL', meant: 'DJANGO_SETTINGS_MODULE' }]);
  expect(unknown('FLASK_DEBGU', READ, { words })).toEqual([{ name: 'FLASK_DEBGU', meant: 'FLASK_DEBUG' }]);
  expect(unknown('FLASK_ANYTHING', READ, { words })).toEqual([]);
});

it('a variable of quite another name is found, too', () => {
  expect(unknown('UNHEARD', READ)).toEqual([{ name: 'UNHEARD' }]);
});

describe('no warning comes for', () => {
  it.each([
    ['the name itself', 'DATABASE_URL', READ],
    ['a field of pydantic-settings', 'DATABASE_URL', 'class Settings(BaseSettings):\n    database_url: str\n'],
    [
      'a field with a prefix',
      'SHOP_URL',
      'class S(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix="SHOP_")\n    url: str\n',
    ],
    ['a field with a computed prefix', 'SHOP_DATABASE_URL', 'class S(BaseSettings):\n    database_url: str\n'],
    ['a nested field', 'SHOP__DATABASE__URL', 'shop: Shop\ndatabase: Database\nurl: str'],
    ['a nested field with a prefix', 'SHOP_DB__URL', 'shop = 1\ndb: Db\nurl: str'],
    ['a prefix of the environment', 'KAFKA_HEAP_OPTS', 'for name in $(env | grep ^KAFKA_); do set_option "$name"; done'],
    ['one of many', 'SHARD_URL_2', 'shards = [v for k, v in all_variables() if k.startswith("SHARD_URL_")]\nenv("SHARD_URL_1")'],
    ['Dynaconf', 'SHOP_ANYTHING', 'settings = Dynaconf(envvar_prefix="SHOP")'],
    ['click', 'SHOP_ANYTHING', 'cli(auto_envvar_prefix="SHOP")'],
    ['django-environ', 'DATABASE_URL', 'DATABASES = {"default": env.db()}  # reads DATABASE_URL'],
    ['a configuration file', 'SMTP_HOST', `mail:\n  host: "!ENV \${SMTP_HOST}"`],
    ['a key with a dash', 'SMTP_HOST', 'smtp-host = "x"'],
    ['an f-string', 'SHOP_TOKEN', 'os.environ[f"{PREFIX}_TOKEN"] # shop_token'],
    ['what Python reads', 'PYTHONUNBUFFERED', ''],
    ['what the C library reads', 'MALLOC_ARENA_MAX', ''],
    ['a proxy', 'https_proxy', ''],
    ['what requests reads', 'REQUESTS_CA_BUNDLE', ''],
    ['what libpq reads', 'PGPASSWORD', ''],
    ['what gunicorn reads', 'WEB_CONCURRENCY', ''],
    ['what the image sets', 'PATH', ''],
    ['a variable beside one that the user set correctly', 'REDIS_HOST', 'env("REDIS_HOST")'],
  ])('%s', (_, name, text) => expect(unknown(name, text)).toEqual([]));

  it('a name in a library that ran', () => {
    expect(unknown('SLOW_QUERY', READ, { words: ['SLOW_QUERY'] })).toEqual([]);
  });
});

it('does not mean a variable of the script itself', () => {
  expect(unknown('FILES', 'for file in *; do use $file; done')).toEqual([{ name: 'FILES' }]);
});

it('does not mean a name that the user has set, too', () => {
  const readings = { image: [], texts: ['$WORKERS $THREADS'], words: [], incomplete: false };
  expect(unknownVariables(['WORKERS', 'WORKRES'], readings)).toEqual([{ name: 'WORKRES' }]);
});

it('says it in one sentence each, and in one for all that resemble nothing', () => {
  expect(unknownVariableWarnings([])).toEqual([]);
  expect(unknownVariableWarnings([{ name: 'A_B' }])).toEqual(['-e A_B: nothing in the image looks up this variable']);
  expect(unknownVariableWarnings([{ name: 'A_B' }, { name: 'DATABSE_URL', meant: 'DATABASE_URL' }, { name: 'C_D' }])).toEqual([
    '-e DATABSE_URL: nothing in the image looks up this variable; did you mean DATABASE_URL?',
    '-e A_B, C_D: nothing in the image looks up these variables',
  ]);
});

it('never warns of a name that a text has, whatever else is in it', () => {
  const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/);
  fc.assert(
    fc.property(name, fc.string(), fc.string(), (name, before, after) => {
      expect(unknown(name, `${before} ${name} ${after}`)).toEqual([]);
      expect(unknown(name, `${before} ${name.toLowerCase()} ${after}`)).toEqual([]);
    }),
  );
});
