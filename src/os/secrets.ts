/**
 * Files that commonly contain keys, passwords or histories, in any folder. Sources: the manuals of the programs that read them,
 * the path rules of gitleaks, and the lists of GitHub's and Yelp's scanners.
 */
const NAMES: readonly RegExp[] = [
  // Variables: direnv(1), dotenv, and the files that people keep beside them.
  /^\.envrc$/,
  /^\.env\.[^/]*$/,
  /^[^/]+\.env$/,
  // `secrets.yaml`, `secret.json`, `.secrets.toml` (Dynaconf, Helm, Streamlit), but no code.
  /^\.?secrets?([._-][^/]*)?\.(ya?ml|json|toml|ini|cfg|conf|env|properties|txt|enc|gpg|xml)$/,
  /^\.?secrets?$/,
  /^(credentials?|passwords?|passwd|htpasswd|token|tokens|api[_-]?keys?)\.(ya?ml|json|toml|ini|cfg|conf|txt|csv)$/,
  // Keystores and private keys: keytool(1), openssl-pkcs12(1), PuTTY, KeePass, Ansible, GnuPG, krb5.
  /\.(jks|jceks|keystore|p12|pfx|pkcs12|ppk|kdbx?|agekey|keytab|asc\.key|gpg|pgp|ovpn|tfstate|tfvars|mobileprovision)$/,
  /^(\.?vault[_-]?pass(word)?(\.txt)?|privkey\d*\.pem|private[_-]?key(\.[a-z]+)?|master\.key|wallet\.dat)$/,
];

/** Code and what pages are made of. An app does not run without them, so such files stay. */
export const CODE = /\.(py|pyc|pyi|pyx|so(\.[\d.]+)?|js|mjs|css|html?)$/;

/** Other files that commonly contain keys, passwords or histories. Installed packages have no reason to bring them. */
const FILES =
  /^(\.env(\.[^/]*)?|\.(netrc|pypirc|npmrc|git-credentials|pgpass|my\.cnf|htpasswd|vault-token|boto|s3cfg)|\.[a-z]*_history|id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?|application_default_credentials\.json|credentials\.json|service[_-]account[^/]*\.json)$/;
/** Folders with everything in them. */
const FOLDERS = /\/\.(ssh|aws|azure|kube|docker|gnupg|password-store|config\/gcloud|terraform\.d)(\/|$)/;
/** Folders whose own files are secrets, unless they are code: such a folder may also be a package of the app. */
const IN_FOLDER = /\/\.?secrets?\/[^/]+$/;
/** Templates of files of variables. They contain no secrets. */
const TEMPLATE = /(^|[._-])(example|sample|template|dist)([._-][^/]*)?$|[._-](example|sample|template|dist)\.[a-z]+$/;
/** Templates of other files. Variables in `default.env` are often the real ones, so `default` says nothing about them. */
const DEFAULTS = /(^|[._-])default([._-][^/]*)?$/;
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
  if (SYSTEM.test(path)) return true;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const variables = isEnvironment(name);
  const template = TEMPLATE.test(name) || (!variables && DEFAULTS.test(name));
  if (variables && template) return false;
  if (FILES.test(name) || FOLDERS.test(path)) return true;
  // Packages bring files with such names for their tests and as their data.
  const named = NAMES.some((pattern) => pattern.test(name)) || (IN_FOLDER.test(path) && !CODE.test(name));
  return (named && !template && !isPublic(path)) || isDotfile(path, home, python);
}

/**
 * Whether all that a folder of the host has may be secret. Only a few names say so: a folder called `secrets` may be a package
 * of the app, and one called `.env` a virtual environment.
 * @param home as for {@link isSecret}
 * @param python as for {@link isSecret}
 */
export function isSecretFolder(path: string, home: string, python: readonly string[]): boolean {
  return SYSTEM.test(path) || FOLDERS.test(path) || isDotfile(path, home, python);
}

function isDotfile(path: string, home: string, python: readonly string[]): boolean {
  const dotfile = HOMES.test(path) || (home !== '/' && path.startsWith(`${home}/.`));
  return dotfile && !python.some((folder) => path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`));
}

/** Folders that packages of the operating system fill. */
const OF_SYSTEM = /^\/(usr|bin|sbin|lib|lib32|lib64|libx32|etc|var\/lib\/(dpkg|apt))(\/|$)/;
/** The standard library, and folders that pip fills, also in a virtual environment below the working directory. */
const PACKAGES = /\/(site-packages|dist-packages|lib(64)?\/python\d[\d.]*)\//;

function isEnvironment(name: string): boolean {
  return /(^|\.)env(\.|$)/.test(name);
}

/** Whether a path belongs to the operating system or to installed packages: then its content is what everybody can download. */
export function isPublic(path: string): boolean {
  return OF_SYSTEM.test(path) || PACKAGES.test(path);
}
