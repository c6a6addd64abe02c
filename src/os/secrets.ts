/** What people keep in files that no image should have, wherever it is. */
const ANYWHERE =
  /\/(\.env(\.[^/]*)?|\.(netrc|pypirc|npmrc|git-credentials|pgpass|my\.cnf|htpasswd|vault-token|boto|s3cfg)|\.[a-z]*_history|id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?|application_default_credentials\.json|credentials\.json|service[_-]account[^/]*\.json)$|\/\.(ssh|aws|azure|kube|docker|gnupg|password-store|config\/gcloud|terraform\.d)(\/|$)/;
/** Templates of such files, which are there to be read. */
const EXAMPLE = /\/\.env\.(example|sample|template|dist)$/;
/** The system's own. */
const SYSTEM = /^\/etc\/(g?shadow-?|sudoers(\.d(\/|$))?|ssh\/ssh_host_[^/]*|ssl\/private(\/|$)|krb5\.keytab|machine-id)/;
/** Dotfiles of anybody's home. */
const HOMES = /^(\/root|\/home\/[^/]+)\/\.[^/]+/;

/**
 * Whether a path of this machine is one that may hold secrets: dotfiles of a home directory, keys, histories, `.env`,
 * credentials of clouds.
 * @param home of whoever runs pyshrink
 * @param python folders of the interpreter and of its packages, which people have in such places too (~/.pyenv, ~/.local)
 */
export function isSecret(path: string, home: string, python: readonly string[]): boolean {
  if (EXAMPLE.test(path)) return false;
  if (ANYWHERE.test(path) || SYSTEM.test(path)) return true;
  const dotfile = HOMES.test(path) || (home !== '/' && path.startsWith(`${home}/.`));
  return dotfile && !python.some((folder) => path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`));
}
