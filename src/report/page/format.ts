/** Bytes in decimal units, as `docker images` shows them: `124.7 MB`, `3.2 kB`, `17 B`. */
export function bytes(count: number): string {
  if (count >= 999_950_000) return `${(count / 1e9).toFixed(2)} GB`;
  if (count >= 999_950) return `${(count / 1e6).toFixed(1)} MB`;
  if (count >= 1000) return `${(count / 1e3).toFixed(1)} kB`;
  return `${count} B`;
}

/** A number with its digits in groups of three. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** `1 file`, `3 259 files` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A share in percent: `27 %`; `<1 %` for a little. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const share = (100 * part) / whole;
  return share > 0 && share < 1 ? '<1 %' : `${Math.round(share)} %`;
}

/**
 * Text of an image so that all of it can be seen: control characters, marks that turn the direction of writing, invisible
 * characters and halves of surrogate pairs (bytes that are not UTF-8) are shown as codes. With `lines`, line ends and tabs stay.
 */
export function visible(text: string, lines = false): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) =>
    lines && (one === '\n' || one === '\t') ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
