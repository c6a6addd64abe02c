/**
 * The cookies of an answer (RFC 6265, 4.1): `NAME` → value and `NAME ATTRIBUTE` → value of the attribute, in lower case and
 * `set` where it has none. A name that comes several times, as for two paths, gets a number.
 * @param header values of `set-cookie`, joined by line feeds
 */
export function cookiesOf(header: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const cookie of header.split('\n')) {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const [name, value] = halves(pair);
    let key = name;
    for (let count = 2; found.has(key); count++) key = `${name} (${count})`;
    found.set(key, value ?? '');
    for (const attribute of attributes) {
      const [label, setting] = halves(attribute);
      if (label !== '') found.set(`${key} ${label.toLowerCase()}`, setting ?? 'set');
    }
  }
  return found;
}

function halves(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), undefined] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
