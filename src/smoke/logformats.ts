/** What is known about the lines that logging libraries write: names of levels, where a line has its level, fields of JSON lines. */

/** Names of levels, in upper case → whether such a line is at ERROR or above. */
export const LEVELS: ReadonlyMap<string, boolean> = new Map([
  // logging/__init__.py of CPython
  ['NOTSET', false],
  ['DEBUG', false],
  ['INFO', false],
  ['WARN', false],
  ['WARNING', false],
  ['ERROR', true],
  ['CRITICAL', true],
  ['FATAL', true],
  ['EXCEPTION', true], // structlog before 24.1 for log.exception()
  // loguru/_defaults.py
  ['TRACE', false],
  ['SUCCESS', false],
  // RFC 5424 section 6.2.1 and the short names of syslog.h
  ['NOTICE', false],
  ['ERR', true],
  ['CRIT', true],
  ['ALERT', true],
  ['EMERG', true],
  ['EMERGENCY', true],
  // Google Cloud Logging: LogSeverity
  ['DEFAULT', false],
  // billiard and celery: celery/utils/log.py
  ['SUBDEBUG', false],
  ['SUBWARNING', false],
]);

/** Single letters for levels, as glog and Tornado write them. */
const LETTERS: ReadonlyMap<string, boolean> = new Map([
  ['D', false],
  ['V', false],
  ['I', false],
  ['W', false],
  ['E', true],
  ['F', true],
  ['C', true],
]);

const NAMES = [...LEVELS.keys()].join('|');

/** Where a line has its level: the first group. A line's level is the one that stands first. */
const PLACES: readonly RegExp[] = [
  // A word in upper case between spaces or signs: logging's own `ERROR:root:x`, `2026-01-01 ERROR x` and `a - ERROR - x`,
  // gunicorn's `[time] [pid] [ERROR] x`, celery's `[time: ERROR/MainProcess] x`, loguru's `time | ERROR    | x`, rich, uvicorn.
  new RegExp(`(?:^|[\\s[(|<:-])(${NAMES})(?=[\\s\\]|:)>/-]|$)`),
  // In brackets, in any case and padded: structlog's ConsoleRenderer, nginx.
  new RegExp(`[[<](${NAMES}) *[\\]>]`, 'i'),
  // logfmt, and structlog's KeyValueRenderer.
  new RegExp(`(?:^|[\\s{])(?:level|levelname|lvl|severity|log_level|log\\.level)=["']?(${NAMES})\\b`, 'i'),
  // A JSON line that is cut off, or over several lines.
  new RegExp(`"(?:level|levelname|lvl|severity|log_level|log\\.level)" ?: ?"(${NAMES})"`, 'i'),
  // Messages of programs, `error: x` and `program: error: x`: GNU Coding Standards 4.4, argparse, click.
  /^(?:[\w./-]+: )?(error|fatal): /i,
  // glog and absl: `E1231 23:59:59.123456 7 file.cc:1] x`, and TensorFlow: `2026-01-01 00:00:00.123456: E tensorflow/x`.
  /^([DIWEF])\d{4} \d\d:\d\d:\d\d/,
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: ([IWEF]) /,
  // Tornado and Jupyter: `[E 260101 00:00:00 web:1] x`; tornado/log.py.
  /^\[([DIWEC]) \d/,
];

/** Lines that are errors and do not say so. */
const ERRORS_WITHOUT_LEVEL: readonly RegExp[] = [
  /^Internal Server Error: /, // django/utils/log.py: its console handler writes the message alone
  /^Fatal Python error: /, // CPython: Python/pylifecycle.c
  /^(?:Segmentation fault|Aborted|Bus error|Illegal instruction)\b/, // what a shell says about a process that a signal has ended
  /^terminate called /, // libstdc++: vterminate.cc
  /^(?:Task|Future) exception was never retrieved/, // asyncio, where logging is not configured
  /^Exception in (?:callback|thread) /, // asyncio/events.py, threading.py
  /^Error handling request\b/, // aiohttp/web_protocol.py
  /^!!! uWSGI process \d+ got /, // uwsgi: core/uwsgi.c
  /^DAMN ! worker \d+ /, // uwsgi: core/master_checks.c
  /^unable to load app \d+ /, // uwsgi: plugins/python/pyloader.c
];

/** Lines at ERROR that no failure is behind. Whether they come depends on timing. */
const HARMLESS: readonly RegExp[] = [
  /\[ERROR\] Worker \(pid:\d+\) was sent SIG(?:TERM|QUIT|INT)!/, // gunicorn/arbiter.py, reap_workers: its master ended the worker
];

/** The part of a line in which a level is looked for, in characters. */
const HEAD = 300;

/** Whether a line of a log is at ERROR or above; false for a line without a level. */
export function isErrorLine(line: string): boolean {
  const head = line.slice(0, HEAD);
  if (HARMLESS.some((pattern) => pattern.test(head))) return false;
  if (ERRORS_WITHOUT_LEVEL.some((pattern) => pattern.test(head))) return true;
  let [first, level] = [Number.POSITIVE_INFINITY, ''];
  for (const place of PLACES) {
    const match = place.exec(head);
    if (match && match.index < first) [first, level] = [match.index, match[1] as string];
  }
  return (level.length === 1 ? LETTERS.get(level) : LEVELS.get(level.toUpperCase())) ?? false;
}

/** Fields of a JSON line that have its level, as a name or a number. A dot leads into an object. */
export const LEVEL_FIELDS: readonly string[] = [
  'level', // structlog, zap
  'levelname', // python-json-logger
  'severity', // Google Cloud Logging
  'log.level', // ECS; as one key or as an object
  'record.level.name', // loguru with serialize=True
  'log_level',
  'loglevel',
  'lvl',
  'severity_text', // OpenTelemetry
  'severityText',
  'levelno', // python-json-logger
  'level_number', // structlog
];

/** Numbers from here on are errors: logging/__init__.py of CPython. */
export const ERROR_NUMBER = 40;

/** Fields that have the message of a JSON line. */
export const MESSAGE_FIELDS: readonly string[] = [
  'record.message', // loguru
  'event', // structlog
  'message', // python-json-logger, ECS, Google
  'msg',
  'short_message', // GELF
  'body', // OpenTelemetry
  'text',
];

/** Objects in JSON lines that are an exception: the fields of its class and of its text. */
export const EXCEPTION_FIELDS: readonly { type: string; value: string }[] = [
  { type: 'exc_type', value: 'exc_value' }, // structlog: dict_tracebacks
  { type: 'type', value: 'value' }, // loguru: record.exception; Sentry
  { type: 'type', value: 'message' }, // ECS: error
  { type: 'exception.type', value: 'exception.message' }, // OpenTelemetry
];
