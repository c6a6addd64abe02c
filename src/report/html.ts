import { gzipSync } from 'node:zlib';
import { concealedIn } from '../conceal.js';
import type { Diff } from './diffmodel.js';
import { packPage } from './page/codec.js';
import type { PageData } from './pagemodel.js';

/** Where the data belongs in the template. */
const PLACE = '@DATA@';

/**
 * The page of a report as HTML: the template (dist/page.html) with the data of one image, or of the two of a comparison
 * with what differs.
 * The data is compressed and in Base64, so nothing that it holds can end the element that it is in.
 */
export function pageOf(template: string, images: readonly PageData[], diff: Diff | null = null): string {
  const at = template.indexOf(PLACE);
  if (at < 0) throw new RangeError('the template has no place for the data');
  const data = gzipSync(packPage(images, concealedIn(diff)), { level: 9 }).toString('base64');
  return template.slice(0, at) + data + template.slice(at + PLACE.length);
}
