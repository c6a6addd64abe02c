import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formBody, multipartBody } from '../../src/exercise/body.js';

/** Reads a body with the parser that Node has for it. */
const parsed = ({ body, bodyBase64, type }: ReturnType<typeof multipartBody>) =>
  new Response(body ?? Buffer.from(bodyBase64 as string, 'base64'), { headers: { 'content-type': type } }).formData();
const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => !/[\r\n"%\\]/.test(text));

describe('formBody', () => {
  it('gives back any names and values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string({ unit: 'grapheme' }))), async (fields) => {
        expect([...(await parsed(formBody(fields)))]).toEqual(fields);
      }),
    );
  });

  it('is written as browsers write it', () => {
    expect(
      formBody([
        ['a', 'x y'],
        ['b', 'ü&='],
      ]),
    ).toEqual({ body: 'a=x+y&b=%C3%BC%26%3D', type: 'application/x-www-form-urlencoded' });
  });
});

describe('multipartBody', () => {
  it('gives back any fields, and any bytes of files', async () => {
    const file = fc.record({
      field: name,
      name: name.map((text) => `${text}.bin`),
      content: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, name)), fc.array(file, { minLength: 1 }), async (fields, files) => {
        const form = [...(await parsed(multipartBody(fields, files)))];
        expect(form.slice(0, fields.length)).toEqual(fields);
        for (const [index, { field, name, content }] of files.entries()) {
          const [key, sent] = form[fields.length + index] as [string, File];
          expect([key, sent.name, sent.type]).toEqual([field, name, 'application/octet-stream']);
          expect(Buffer.from(await sent.arrayBuffer()).equals(content)).toBe(true);
        }
      }),
    );
  });

  it('names the types of well-known files, and is the same each time', async () => {
    const files = ['a.png', 'b.HTML', 'c'].map((name) => ({ field: 'f', name, content: Buffer.from(name) }));
    const types = [...(await parsed(multipartBody([], files)))].map(([, file]) => (file as File).type);
    expect(types).toEqual(['image/png', 'text/html', 'application/octet-stream']);
    expect(multipartBody([], files)).toEqual(multipartBody([], files));
  });

  it('can not be broken by a name', () => {
    const { bodyBase64 } = multipartBody([], [{ field: 'a"b', name: 'x\r\n.txt', content: Buffer.alloc(0) }]);
    expect(Buffer.from(bodyBase64 as string, 'base64').toString()).toContain('name="a%22b"; filename="x%0D%0A.txt"\r\n');
  });
});
