/** Files that commonly contain keys, passwords or histories, in any folder. */
const ANYWHERE =
  /\/(\.env(\.[^/]*)?|\.(netrc|pypirc|npmrc|git-credentials|pgpass|my\.cnf|htpasswd|vault-token|boto|s3cfg)|\.[a-z]*_history|id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?|application_default_credentials\.json|credentials\.json|service[_-]account[^/]*\.json)$|\/\.(ssh|aws|azure|kube|docker|gnupg|password-store|config\/gcloud|terraform\.d)(\/|$)/;
/** Templates of such files. They contain no secrets. */
const EXAMPLE = /\/\.env\.(example|sample|template|dist)$/;
/** Secrets of the operating system. */
const SYSTEM = /^\/etc\/(g?shadow-?|sudoers(\.d(\/|$))?|ssh\/ssh_host_[^/]*|ssl\/private(\/|$)|krb5\.keytab|machine-id)/;
/** Dotfiles in home directories. */
const HOMES = /^(\/root|\/home\/[^/]+)\/\.[^/]+/;

/**
 * Whether a file of the host may contain secrets: dotfiles of a home directory, keys, histories, `.env`, credentials of
 * cloud services.
 * @param home home directory of the user who runs pyshrink
 * @param python folders of the interpreter and its packages. Their dotted folders (~/.pyenv, ~/.local) are no secrets
 */
export function isSecret(path: string, home: string, python: readonly string[]): boolean {
  if (EXAMPLE.test(path)) return false;
  if (ANYWHERE.test(path) || SYSTEM.test(path)) return true;
  const dotfile = HOMES.test(path) || (home !== '/' && path.startsWith(`${home}/.`));
  return dotfile && !python.some((folder) => path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`));
}
