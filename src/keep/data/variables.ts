/** Environment variables that are looked up without being named in the app's code. */

/** Read by C libraries, by Python or by the shell. */
export const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  // environ(7), POSIX.1-2017 chapter 8, and what terminals and shells set
  ...['HOME', 'PATH', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'TERM', 'TERMINFO', 'COLUMNS', 'LINES', 'EDITOR', 'VISUAL', 'PAGER'],
  ...['HOSTNAME', 'HOSTTYPE', 'SHLVL', 'IFS', 'ENV', 'PS1', 'PS4', 'MAIL', 'DISPLAY', 'BROWSER', 'INPUTRC', 'COLORTERM'],
  // locale(7), tzset(3), tmpfile(3), Lib/tempfile.py
  ...['LANG', 'LANGUAGE', 'LOCPATH', 'NLSPATH', 'TZ', 'TZDIR', 'TMPDIR', 'TEMP', 'TMP', 'CHARSET', 'OUTPUT_CHARSET'],
  // glibc: ld.so(8), iconv(1), resolver(5), gethostbyname(3)
  ...['GLIBC_TUNABLES', 'GCONV_PATH', 'GETCONF_DIR', 'RES_OPTIONS', 'LOCALDOMAIN', 'HOSTALIASES', 'POSIXLY_CORRECT'],
  // OpenSSL: openssl-env(7); requests and curl: their documentation of certificates; Lib/ssl.py
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'SSLKEYLOGFILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'CURL_HOME', 'NETRC'],
  // no-color.org, force-color.org, Lib/_colorize.py, bixense.com/clicolors
  ...['NO_COLOR', 'FORCE_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE', 'PY_COLORS'],
  // Lib/urllib/request.py, curl(1)
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'ALL_PROXY', 'NO_PROXY', 'SOCKS_PROXY', 'REQUEST_METHOD'],
  // systemd: sd_notify(3), sd_listen_fds(3), systemd.exec(5)
  ...['NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'JOURNAL_STREAM', 'INVOCATION_ID'],
  // gunicorn/config.py, uvicorn/config.py
  ...['GUNICORN_CMD_ARGS', 'WEB_CONCURRENCY', 'FORWARDED_ALLOW_IPS'],
  // Conventions of the reproducible-builds.org, Debian and pip
  ...['SOURCE_DATE_EPOCH', 'DEBIAN_FRONTEND', 'VIRTUAL_ENV', 'CI'],
]);

/** Beginnings of names that a library or program looks up. */
export const KNOWN_PREFIXES: readonly string[] = [
  'PYTHON', // Python/initconfig.c
  'LC_', // locale(7)
  'LD_', // ld.so(8)
  'MALLOC_', // mallopt(3)
  'OPENSSL_', // openssl-env(7)
  'XDG_', // XDG Base Directory Specification
  'PIP_', // pip's documentation of its configuration
  'UV_', // uv's reference of environment variables
  ...['OMP_', 'GOMP_', 'KMP_', 'MKL_', 'OPENBLAS_', 'BLIS_', 'NPY_', 'NUMEXPR_', 'NUMBA_'], // OpenMP 5.2 chapter 21; numerical libraries
  ...['CUDA_', 'NVIDIA_', 'NCCL_', 'CUDNN_', 'TF_', 'XLA_', 'TORCH_', 'PYTORCH_', 'HF_', 'TRANSFORMERS_'], // for GPUs and models
  'PG', // libpq: 34.15 Environment Variables
  ...['MYSQL_', 'MARIADB_', 'ODBC', 'ORACLE_', 'TNS_', 'NLS_', 'SQLITE_'], // client libraries of databases
  'KRB5', // MIT krb5: env_krb5
  'GRPC_', // gRPC core: doc/environment_variables.md
  'RUST_', // Rust: std::backtrace, env_logger
  ...['AWS_', 'BOTO_', 'GOOGLE_', 'CLOUDSDK_', 'AZURE_', 'MSI_', 'IDENTITY_'], // SDKs of clouds
  ...['OTEL_', 'DD_', 'SENTRY_', 'NEW_RELIC_', 'ELASTIC_APM_'], // agents
  ...['FLASK_', 'UVICORN_', 'HYPERCORN_', 'GRANIAN_', 'DYNACONF_', 'CELERY_', 'DJANGO_', 'UWSGI_', 'TINI_'], // prefixes of their options
  ...['KUBERNETES_', 'GIT_', 'SSH_', 'GPG_', 'DOCKER_', 'QT_', 'GTK_', 'FONTCONFIG_', 'MAGICK_', 'LIBVA_', 'VAAPI_', 'GDAL_', 'PROJ_'],
];

/** Words in code that say that names are made of a prefix without `_`, which the code names: Dynaconf, click, Typer, Flask. */
export const PREFIX_WORDS: readonly string[] = ['dynaconf', 'envvar_prefix', 'auto_envvar_prefix', 'from_prefixed_env', 'env_prefix'];

/**
 * Variables whose folders are no data of the app: where programs, libraries and modules are looked for, where tools and compilers are,
 * the home of a user and folders for what is made.
 * Sources: environ(7), ld.so(8), gcc(1), "Environment Variables"; Python, "Environment variables"; the documentation of pip, uv, poetry,
 * conda, pyenv, CUDA, Java, Rust and Go.
 */
export const TOOL_VARIABLES =
  /^(PATH|(.*_)?LIBRARY_PATH|C(PLUS_INCLUDE_|_INCLUDE_)?PATH|PKG_CONFIG_PATH|(MAN|INFO)PATH|PYTHON.*|VIRTUAL_ENV|HOME|LD_.*|PWD|OLDPWD|SHELL|TMPDIR|TEMP|TMP|(PIP|UV|POETRY|PDM|PIPX|CONDA|MAMBA|SPACK|PYENV|NVM|NPM|CARGO|RUSTUP)_.*|GO(PATH|ROOT)|(CUDA|CUDNN|JAVA|ROCM|LLVM)_(HOME|PATH|ROOT).*|CC|CXX|SSL_CERT_DIR)$/;

/** Code that takes the environment as a whole: names need not be in it. */
export const WHOLE_ENVIRONMENT: readonly RegExp[] = [
  /\benviron\.(?:items|keys|values|copy)\(/,
  /\bdict\(\s*(?:os\.)?environ\b/,
  /\*\*\s*(?:os\.)?environ\b/,
  /\bin\s+(?:os\.)?environ\s*[:)\]]/,
  /\b(?:envsubst|printenv|gomplate|dockerize|confd)\b/,
  /\benv\s*\|/,
];
