/** A module that lists other modules in strings, and imports one only when some code asks for it by a name. */
export interface Registry {
  /** Its dotted name. It is often vendored: `botocore.vendored.six`. */
  module: RegExp;
  /** The names that ask for the module in a string. */
  askedBy: (text: string) => readonly string[];
  /** Imports below it, which no file answers: the name that each asks for. */
  imports: RegExp;
}

/** Source: six.py, `_moved_attributes`: MovedModule(name, old, new). */
const MOVED: Readonly<Record<string, readonly string[]>> = {
  'http.server': ['BaseHTTPServer', 'CGIHTTPServer', 'SimpleHTTPServer'],
  'tkinter.filedialog': ['tkinter_filedialog', 'tkinter_tkfiledialog'],
  'tkinter.simpledialog': ['tkinter_simpledialog', 'tkinter_tksimpledialog'],
};

export const REGISTRIES: readonly Registry[] = [
  {
    module: /(^|\.)six$/,
    // `urllib` has three parts under several names each.
    askedBy: (text) => (text.startsWith('urllib.') ? ['urllib', text.replace('.', '_')] : (MOVED[text] ?? [text.replaceAll('.', '_')])),
    imports: /(?:^|\.)six\.moves\.(\w+)/,
  },
];
