import type { Spot } from '../../trace/schema.js';

/** Places of one kind in a file of a library. */
export interface HarmlessSpots {
  /** Below site-packages. */
  file: string;
  kind: Spot['kind'];
}

/**
 * Places in well-known libraries that compute names, and that reach nothing which reading does not find: they run code that
 * imports nothing, or import from a list in the same file, which is followed. Each entry holds for every place of its kind in
 * its file. A place that imports what a setting, a caller or a plugin names is not in this table.
 * Source: the named functions, in the versions from 2020 to 2026.
 */
export const HARMLESS_SPOTS: readonly HarmlessSpots[] = [
  // Code that the library itself writes: classes, functions and signatures.
  { file: 'attr/_make.py', kind: 'exec' }, // _compile_and_eval: __init__, __eq__ and others of a class
  { file: 'billiard/managers.py', kind: 'exec' }, // MakeProxyType: methods that forward
  { file: 'billiard/sharedctypes.py', kind: 'exec' }, // make_property: a getter and a setter
  { file: 'celery/utils/functional.py', kind: 'exec' }, // head_from_fun: a function with the same arguments
  { file: 'decorator.py', kind: 'exec' }, // FunctionMaker.make: a function with the same arguments
  { file: 'networkx/utils/decorators.py', kind: 'exec' }, // argmap.compile: a function with the same arguments
  { file: 'sqlalchemy/sql/lambdas.py', kind: 'exec' }, // AnalyzedCode: a lambda with other variables
  { file: 'sqlalchemy/util/langhelpers.py', kind: 'exec' }, // decorator, _exec_code_in_env: functions with the same arguments
  { file: 'werkzeug/routing/rules.py', kind: 'exec' }, // Rule._get_func_code: a function that builds a URL
  { file: 'werkzeug/routing.py', kind: 'exec' }, // the same, before Werkzeug 2.2
  { file: 'wrapt/decorators.py', kind: 'exec' }, // decorator: a function with the same arguments
  // Templates that are compiled to Python: Jinja's code imports jinja2.runtime, and what an extension
  // names (jinja2/compiler.py, visit_Template).
  { file: 'jinja2/environment.py', kind: 'exec' }, // Template.from_code
  { file: 'jinja2/debug.py', kind: 'exec' }, // fake_traceback: a frame with the template's line
  // Annotations and names of classes: an expression of names that the module has.
  { file: 'typing_extensions.py', kind: 'exec' }, // get_annotations, evaluate_forward_ref
  { file: 'sqlalchemy/util/typing.py', kind: 'exec' }, // eval_expression
  { file: 'sqlalchemy/orm/clsregistry.py', kind: 'exec' }, // _class_resolver: relationship("Item")
  // Statements of the other Python: `exec code in globals` and `raise` with three arguments.
  { file: 'six.py', kind: 'exec' },
  { file: 'botocore/vendored/six.py', kind: 'exec' },
  { file: 'pydantic/v1/utils.py', kind: 'exec' }, // is_ipython: the name __IPYTHON__
  // What a developer types, in a console that he opens.
  { file: 'werkzeug/debug/console.py', kind: 'exec' }, // _InteractiveConsole.runcode
  // Imports from a list in the same file, and lazy imports of a package's own modules (PEP 562).
  { file: 'dateutil/__init__.py', kind: 'import' }, // __getattr__: names in __all__
  { file: 'pandas/__init__.py', kind: 'import' }, // the required dependencies
  { file: 'pydantic/__init__.py', kind: 'import' }, // __getattr__: names in _dynamic_imports
  { file: 'requests/compat.py', kind: 'import' }, // _resolve_char_detection: chardet, charset_normalizer
  { file: 'requests/packages.py', kind: 'import' }, // urllib3, idna, chardet
  // Codecs of the standard library, all of which are kept (python/roots.ts).
  { file: 'charset_normalizer/cd.py', kind: 'import' }, // encoding_unicode_range
  { file: 'charset_normalizer/utils.py', kind: 'import' }, // cp_similarity
  // Modules that are imported already: the documentation of an object, the class of another object.
  { file: 'numpy/_core/function_base.py', kind: 'import' }, // add_newdoc
  { file: 'numpy/core/function_base.py', kind: 'import' }, // add_newdoc, before NumPy 2
  { file: 'matplotlib/colors.py', kind: 'import' }, // make_norm_from_scale: the module of the class itself
];
