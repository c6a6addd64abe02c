/** Files in distributions that only tools for developers read. Another file has what a program reads. */
interface Row {
  what: string;
  files: RegExp;
  /** The file that a program reads. Where it is missing, the row does not hold. */
  instead?: (path: string) => string;
}

export const SOURCE_MAP = /\.(js|mjs|cjs|css)\.map$/;

/** Each row has its reason in `what`, and the source of the format. */
const ROWS: readonly Row[] = [
  // Source: GNU Compiler Collection, "Options Controlling the Kind of Output": endings of sources and headers; NVCC for .cu.
  { what: 'sources in C, C++, CUDA, Fortran and Rust: a compiler read them', files: /\.(c|cc|cpp|cxx|cu|f|for|f90|f77|rs)(\.in|\.src)?$/i },
  { what: 'headers: a compiler reads them', files: /\.(h|hh|hpp|hxx|cuh)(\.in|\.src)?$/i },
  // Source: Cython documentation, "Language Basics", file types; f2py user guide for .pyf.
  { what: 'sources and declarations of Cython and f2py', files: /\.(pyx|pxd|pxi|pyf)(\.in|\.src)?$/i },
  // Source: ar(1), ld(1), libtool manual; CMake and pkg-config manuals.
  {
    what: 'static libraries, object files, and how to link with a library: a linker reads them',
    files: /\.(a|la|lib|o|cmake|pc)(\.in)?$/i,
  },
  // Source: GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
  { what: 'translations before msgfmt', files: /\.po$/i, instead: (path) => path.replace(/\.po$/i, '.mo') },
  { what: 'templates of translations: translators copy them', files: /\.pot$/i },
  // Source: ECMA-426: a browser reads a source map only in its tools for developers.
  {
    what: 'source maps beside the code that they describe',
    files: SOURCE_MAP,
    instead: (path) => path.replace(/\.map$/, ''),
  },
  // Source: PEP 770.
  { what: 'lists of what a wheel contains (SBOM): auditors read them', files: /\.dist-info\/sboms\/[^/]+$/ },
];

/** Whether only tools for developers read a file of a distribution. @param all the distribution's files */
export function isForDevelopers(path: string, all: ReadonlySet<string>): boolean {
  return ROWS.some(({ files, instead }) => files.test(path) && (!instead || all.has(instead(path))));
}

/** Whether programs read another file instead, which the distribution has. @param all has the distribution's files */
export function hasSubstitute(path: string, all: { has: (path: string) => boolean }): boolean {
  return ROWS.some(({ files, instead }) => instead !== undefined && files.test(path) && all.has(instead(path)));
}

/** Files that code opens by a folder's name only for a compiler or a linker: numpy.get_include() gives the folder away. */
export const FOR_COMPILERS = /\.(h|hh|hpp|hxx|cuh|a|la|lib|o|cmake|pc)(\.in|\.src)?$/i;
