/** A format that only secrets have. */
export interface Format {
  what: string;
  pattern: RegExp;
  /** The pattern says only that a secret is near, such as the first line of a key: what it matches is none. */
  marker?: true;
}

/**
 * Formats of tokens and keys, from the documentation of who issues them. Which there are: the rules of gitleaks
 * (config/gitleaks.toml) and the plugins of detect-secrets.
 */
export const TOKENS: readonly Format[] = [
  { what: 'private key (PEM, RFC 7468)', pattern: /-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----/, marker: true },
  { what: 'PuTTY private key', pattern: /PuTTY-User-Key-File-[23]: /, marker: true },
  { what: 'age secret key', pattern: /\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}\b/ },
  { what: 'AWS access key', pattern: /\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/ },
  { what: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,251}|github_pat_[A-Za-z0-9_]{82})\b/ },
  { what: 'GitLab token', pattern: /\bgl(?:pat|dt|rt|ptt|cbt|soat|ft)-[\w-]{20,64}\b/ },
  { what: 'Slack token', pattern: /\bxox[abeoprs]-(?:[A-Za-z0-9]{1,64}-){1,5}[A-Za-z0-9]{8,64}\b/ },
  { what: 'Slack webhook', pattern: /hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9+/]{43,56}/ },
  { what: 'Stripe key', pattern: /\b(?:sk|rk)_(?:test|live|prod)_[A-Za-z0-9]{10,247}\b/ },
  { what: 'Google API key', pattern: /\bAIza[\w-]{35}\b/ },
  { what: 'Google OAuth secret', pattern: /\bGOCSPX-[\w-]{28}\b/ },
  { what: 'Google service account', pattern: /"type":\s{0,4}"service_account"/, marker: true },
  { what: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { what: 'PyPI token', pattern: /\bpypi-AgE[A-Za-z0-9]{9,13}[\w-]{50,1000}\b/ },
  { what: 'SendGrid key', pattern: /\bSG\.[\w-]{22}\.[\w-]{43}\b/ },
  { what: 'Mailchimp key', pattern: /\b[0-9a-f]{32}-us\d{1,2}\b/ },
  { what: 'OpenAI key', pattern: /\bsk-(?:proj-|svcacct-|admin-)?[\w-]{20,180}T3BlbkFJ[\w-]{20,180}\b/ },
  { what: 'Anthropic key', pattern: /\bsk-ant-(?:api|admin)\d{2}-[\w-]{80,120}/ },
  { what: 'Hugging Face token', pattern: /\b(?:hf|api_org)_[A-Za-z]{34}\b/ },
  { what: 'DigitalOcean token', pattern: /\bdo[opr]_v1_[a-f0-9]{64}\b/ },
  { what: 'Docker access token', pattern: /\bdckr_(?:pat|oat)_[\w-]{27,64}\b/ },
  { what: 'Vault token', pattern: /\bhv[sbr]\.[\w-]{24,300}\b/ },
  { what: 'Databricks token', pattern: /\bdapi[a-f0-9]{32}(?:-\d)?\b/ },
  { what: 'Shopify token', pattern: /\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b/ },
  { what: 'Telegram bot token', pattern: /\b\d{8,10}:AA[\w-]{33}\b/ },
  { what: 'Azure storage key', pattern: /AccountKey=[A-Za-z0-9+/]{86}==/ },
  { what: 'JSON Web Token (RFC 7519)', pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,2000}\.[\w-]{20,1000}/ },
];

/** Files that hold keys, by their first bytes. */
const KEYSTORES: readonly { what: string; magic: Buffer }[] = [
  // JavaKeyStore.java and JceKeyStore.java of OpenJDK
  { what: 'Java keystore', magic: Buffer.from('feedfeed', 'hex') },
  { what: 'Java keystore (JCEKS)', magic: Buffer.from('cececece', 'hex') },
  // KeePass's file format, signatures 1
  { what: 'KeePass database', magic: Buffer.from('03d9a29a', 'hex') },
  { what: 'Ansible vault', magic: Buffer.from('$ANSIBLE_VAULT;') },
  // MIT Kerberos, keytab file format, version 2
  { what: 'Kerberos keytab', magic: Buffer.from('050200', 'hex') },
];
/**
 * PFX of PKCS #12 (RFC 7292), in hexadecimal: a SEQUENCE in DER with the INTEGER 3, and an object identifier of PKCS #7
 * (1.2.840.113549.1.7). Lengths take one to four bytes.
 */
const PKCS12 = /^30(?:[0-7].|80|81..|82.{4}|83.{6})02010330(?:[0-7].|80|81..|82.{4}|83.{6})06092a864886f70d0107/;

/** What makes a file's content a secret: the name of a format; undefined where none is known. */
export function secretFormat(bytes: Buffer): string | undefined {
  const keystore = KEYSTORES.find(({ magic }) => bytes.subarray(0, magic.length).equals(magic));
  if (keystore) return keystore.what;
  if (PKCS12.test(bytes.toString('hex', 0, 32))) return 'keystore (PKCS #12)';
  const text = bytes.toString('latin1');
  return TOKENS.find(({ pattern }) => pattern.test(text))?.what;
}
