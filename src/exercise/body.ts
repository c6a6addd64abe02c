import { createHash } from 'node:crypto';
import { extname } from 'node:path';

/** A file to upload, and the form's field that it belongs to. */
export interface Upload {
  field: string;
  /** Name that the app sees. */
  name: string;
  content: Buffer;
}

/** A body and the content type that belongs to it. */
export interface Body {
  body?: string;
  bodyBase64?: string;
  type: string;
}

/** A form without files, as browsers send it (https://url.spec.whatwg.org/#application/x-www-form-urlencoded). */
export function formBody(fields: readonly (readonly [name: string, value: string])[]): Body {
  return { body: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(), type: 'application/x-www-form-urlencoded' };
}

/** Content types by extension, the same as in curl (lib/mime.c, Curl_mime_contenttype). Everything else is just bytes. */
const TYPES: Readonly<Record<string, string>> = {
  '.gif': 'image/gif',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.xml': 'application/xml',
};

/**
 * A form with files: multipart/form-data (RFC 7578). Names are escaped as browsers do it
 * (https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
 * The boundary follows from the content, so that the same form always gives the same bytes.
 */
export function multipartBody(fields: readonly (readonly [name: string, value: string])[], files: readonly Upload[]): Body {
  const parts = [
    ...fields.map(([name, value]) => ({ head: `name="${escaped(name)}"`, content: Buffer.from(value) })),
    ...files.map(({ field, name, content }) => ({
      head: `name="${escaped(field)}"; filename="${escaped(name)}"\r\nContent-Type: ${TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream'}`,
      content,
    })),
  ];
  const hash = createHash('sha256');
  for (const { head, content } of parts) hash.update(head).update(content);
  const boundary = `pyshrink-${hash.digest('hex').slice(0, 32)}`;
  const pieces = parts.flatMap(({ head, content }) => [
    `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`,
    content,
    '\r\n',
  ]);
  const bytes = Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
  return { bodyBase64: bytes.toString('base64'), type: `multipart/form-data; boundary=${boundary}` };
}

function escaped(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
