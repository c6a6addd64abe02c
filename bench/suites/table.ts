/** The newest one that the tests of click and flask run with. */
const PYTEST = 'pytest==8.4.2';

/** A library whose own tests are run in an image that was shrunk with nothing but an import of it. */
export interface Suite {
  /** The library with its version, as pip takes it. */
  library: string;
  /** The module that the app imports. */
  module: string;
  /** What the tests need beside the library, as pip takes it. */
  needs: readonly string[];
  /** Where the tests are: in the source distribution, or in the folders that the wheel installs. */
  source: 'sdist' | 'wheel';
  /** Arguments of pytest, from the folder of the source. */
  tests: readonly string[];
  /** Those that are run instead where the whole takes very long, and the whole is not asked for. */
  part?: readonly string[];
}

export const SUITES: ReadonlyMap<string, Suite> = new Map<string, Suite>(
  Object.entries({
    jinja2: { library: 'jinja2==3.1.6', module: 'jinja2', needs: [PYTEST, 'trio'], source: 'sdist', tests: ['tests'] },
    click: { library: 'click==8.3.1', module: 'click', needs: [PYTEST], source: 'sdist', tests: ['tests'] },
    flask: { library: 'flask==3.1.3', module: 'flask', needs: [PYTEST, 'python-dotenv', 'asgiref'], source: 'sdist', tests: ['tests'] },
    werkzeug: {
      library: 'werkzeug==3.1.9',
      module: 'werkzeug',
      needs: [PYTEST, 'pytest-timeout', 'ephemeral-port-reserve', 'watchdog', 'cryptography', 'cffi'],
      source: 'sdist',
      tests: ['--timeout=60', 'tests'],
    },
    requests: {
      library: 'requests==2.34.2',
      module: 'requests',
      needs: [PYTEST, 'pytest-httpbin', 'httpbin', 'pytest-mock', 'PySocks', 'trustme'],
      source: 'sdist',
      tests: ['tests'],
    },
    sqlalchemy: {
      library: 'sqlalchemy==2.1.9',
      module: 'sqlalchemy',
      needs: [PYTEST],
      source: 'sdist',
      // As SQLAlchemy's tox.ini runs them: what it leaves out measures memory, or runs mypy.
      tests: ['-m', 'not memory_intensive and not mypy', 'test'],
      part: ['base', 'dialect', 'engine', 'ext/asyncio', 'ext/declarative', 'sql/test_types.py'].map((folder) => `test/${folder}`),
    },
    numpy: {
      library: 'numpy==2.5.5',
      module: 'numpy',
      needs: [PYTEST, 'hypothesis'],
      source: 'wheel',
      tests: ['/suite/site/numpy'],
      part: ['fft', 'lib', 'linalg', 'polynomial', 'random', 'testing', 'tests'].map((folder) => `/suite/site/numpy/${folder}`),
    },
    pandas: {
      library: 'pandas==3.1.1',
      module: 'pandas',
      needs: [PYTEST, 'hypothesis'],
      source: 'wheel',
      tests: ['/suite/site/pandas/tests'],
      part: ['api', 'io/json', 'reshape', 'tools'].map((folder) => `/suite/site/pandas/tests/${folder}`),
    },
    'scikit-learn': {
      library: 'scikit-learn==1.9.1',
      module: 'sklearn',
      needs: [PYTEST],
      source: 'wheel',
      tests: ['/suite/site/sklearn'],
      part: ['datasets', 'feature_extraction', 'preprocessing'].map((folder) => `/suite/site/sklearn/${folder}`),
    },
  }),
);
