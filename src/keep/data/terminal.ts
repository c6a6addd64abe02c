/**
 * Shells that a distribution's code runs only to install or print what completes its command lines. Other code may give one a command
 * line that its caller has chosen. Sources: click/shell_completion.py, typer/_completion_shared.py, argcomplete.
 */
export const COMPLETED_SHELLS: ReadonlySet<string> = new Set(['bash', 'zsh', 'fish']);

/**
 * Programs that a distribution's code runs only for a person at a terminal or a desktop: pagers, viewers, editors.
 * Sources: Debian's names for alternatives (pager, editor, x-www-browser, www-browser; Debian Policy 11.4 and 11.8.4),
 * sensible-utils(7), see(1), xdg-open(1), open(1) of macOS; click/_termui_impl.py, Lib/pydoc.py and Lib/webbrowser.py, which run them.
 */
export const TERMINAL_PROGRAMS: ReadonlySet<string> = new Set([
  ...['less', 'more', 'pager', 'man'],
  ...['stty', 'clear', 'reset'],
  ...['open', 'xdg-open', 'see', 'x-www-browser', 'www-browser', 'sensible-browser'],
  ...['sensible-editor', 'editor', 'vi', 'vim', 'nano', 'emacs'],
]);
