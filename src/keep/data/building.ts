/**
 * Programs that build software. A distribution's code names them for building its extension modules, which are built
 * already.
 * Sources: GNU make manual, "Variables Used by Implicit Rules"; GNU binutils manual; gfortran(1); the build tools that
 * setuptools, meson-python and scikit-build-core run; setuptools-scm for hg, svn and bzr.
 */
export const BUILD_PROGRAMS =
  /^(cc|c\+\+|cpp|gcc|g\+\+|clang(\+\+)?|g?fortran|f77|f95|ld|as|ar|nm|ranlib|strip|obj(dump|copy)|readelf|g?make|cmake|ninja|meson|autoconf|automake|m4|libtool|pkg-config|swig|hg|svn|bzr|python[\d.]*|pip[\d.]*)$/;

/**
 * Code that runs programs only to build a distribution, or to learn the version of its sources.
 * Sources: Versioneer ("_version.py" asks git); distutils, setuptools, numpy.distutils and f2py run compilers.
 */
export const BUILD_CODE = /\/(_version|versioneer)\.py$|\/(_?distutils|f2py)\/|\/(site|dist)-packages\/setuptools\//;

/**
 * Modules whose function `setup` builds a distribution. Code that imports it is a script that somebody ran to build what is built
 * already.
 * Sources: setuptools documentation, "Quickstart"; Python 3.11 library reference, "distutils"; NumPy, "numpy.distutils user guide";
 * scikit-build documentation, "Basic usage".
 */
export const SETUP_MODULES: ReadonlySet<string> = new Set(['setuptools', 'distutils.core', 'numpy.distutils.core', 'skbuild']);
