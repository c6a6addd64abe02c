import type { Container } from '../engine.js';
import { digestInArchive, holdsSomething } from './archived.js';
import { statusOf } from './client.js';

/** Files of images, as the daemon itself has them. The images' own programs have no hand in it. */
export class ImageFiles {
  /** A container of an image that never starts: the daemon reads files of the image from it. */
  private readonly unstarted = new Map<string, Promise<Container>>();

  /** @param create makes such a container */
  constructor(private readonly create: (image: string) => Promise<Container>) {}

  /** As `Session.fileDigest`. */
  async digest(image: string, path: string): Promise<string | undefined> {
    if (/[\ud800-\udfff]/u.test(path)) return undefined; // a request has no way to say a path that is no UTF-8
    return digestInArchive(await (await this.containerOf(image)).getArchive(path), path);
  }

  /** As `Session.holds`. */
  async holds(image: string, path: string): Promise<boolean> {
    const container = await this.containerOf(image);
    const archive = await container.getArchive(path).catch((error: unknown) => {
      if (statusOf(error) === 404) return undefined;
      throw error;
    });
    return archive !== undefined && holdsSomething(archive);
  }

  private containerOf(image: string): Promise<Container> {
    const container = this.unstarted.get(image) ?? this.create(image);
    this.unstarted.set(image, container);
    return container;
  }
}
