/** Decimal units, as sizes of images are shown, and the binary ones of IEC 80000-13. */
const UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

/** How a size of an image is written, as error messages say it. */
export const SIZE_FORM = 'Give a size such as 120MB, 1.2GB or 100MiB.';

/** Bytes of a size of an image, e.g. `120MB`; undefined for another text. */
export function imageSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Math.round(Number(number) * factor);
}
