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

/** Files that commonly contain keys, passwords or histories, with the folders that they are in. */
const ANYWHERE =
  /\/(\.env(\.[^/]*)?|\.(netrc|pypirc|npmrc|git-credentials|pgpass|my\.cnf|htpasswd|vault-token|boto|s3cfg)|\.[a-z]*_history|id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?|application_default_credentials\.json|credentials\.json|service[_-]account[^/]*\.json)$|\/\.(ssh|aws|azure|kube|docker|gnupg|password-store|config\/gcloud|terraform\.d)(\/|$)/;
/** Templates of such files. They contain no secrets. */
const EXAMPLE = /(^|[._-])(example|sample|template|dist|default)([._-][^/]*)?$|[._-](example|sample|template|dist)\.[a-z]+$/;
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
  if (isEnvironment(name) && EXAMPLE.test(name)) return false;
  if (ANYWHERE.test(path)) return true;
  // Packages bring files with such names for their tests and as their data.
  if (!isPublic(path) && !EXAMPLE.test(name) && NAMES.some((pattern) => pattern.test(name))) return true;
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
