import { basename } from 'node:path';
import { UserError } from '../../errors.js';
import type { Engine, ImageInfo } from '../engine.js';
import { ownRoom, type Room } from '../room.js';
import { removeDeadSessions, SessionFolder } from '../sessionfolder.js';
import { removeSessionGroups } from './cgroups.js';
import { describeIsolation, runtimeAdvice } from './isolation.js';
import { type NamespaceSupport, probeNamespaces, probeUsers, type Refusal, removeTree, userOf } from './namespaces.js';
import { LOCAL_FEATURES, LocalSession } from './session.js';

/** Containers made of Linux namespaces with the programs of util-linux, without a daemon. */
export class LocalEngine implements Engine {
  readonly name = 'local';
  readonly features = LOCAL_FEATURES;
  private session: LocalSession | undefined;
  private found: NamespaceSupport | Refusal | undefined;

  /** @param reason why no daemon is used, as a sentence */
  constructor(private readonly reason = 'The local engine was chosen, which has no images by name.') {}

  async room(): Promise<Room> {
    return ownRoom();
  }

  async describe(): Promise<string> {
    const found = this.found ?? (await this.namespaces());
    if ('refused' in found) return `the local engine: no namespaces (${found.refused})`;
    const advice = runtimeAdvice(found)?.replace(/\.$/, ''); // it is put into a sentence
    return `the local engine: ${describeIsolation(found)}${advice ? `. ${advice}` : ''}`;
  }

  /** Finds only images of its session, by their id: no image outlives a session here. */
  async find(text: string): Promise<ImageInfo | undefined> {
    return this.session?.find(text);
  }

  async inspect(text: string): Promise<ImageInfo> {
    throw new UserError(
      `${text} is the name of an image in a Docker daemon, and none is used. ${this.reason}`,
      'Start Docker, or name an image in files: docker-archive:FILE, oci:DIR, oci-archive:FILE, rootfs:DIR; or docker://NAME of a registry.',
    );
  }

  /**
   * Which namespaces this computer allows.
   * @throws UserError where PYSHRINK_RUNTIME names a runtime that does not work here
   */
  async namespaces(): Promise<NamespaceSupport | Refusal> {
    return this.probed(probeNamespaces);
  }

  /** What a probe finds out in a folder of its own. */
  private async probed(probe: (folder: string) => Promise<NamespaceSupport | Refusal>): Promise<NamespaceSupport | Refusal> {
    const folder = await SessionFolder.create();
    try {
      return await probe(folder.path);
    } finally {
      await removeProbed(folder);
    }
  }

  async openSession(): Promise<LocalSession> {
    const folder = await SessionFolder.create();
    const found = await probeNamespaces(folder.path).catch(async (error: unknown) => {
      await removeProbed(folder);
      throw error;
    });
    this.found = found;
    await removeDeadSessions((path) => removeDead(path, found));
    this.session = new LocalSession(folder, found);
    return this.session;
  }

  async tag(): Promise<void> {
    throw new Error('the local engine keeps no images by name');
  }

  async untag(): Promise<void> {
    throw new Error('the local engine keeps no images by name');
  }

  async clean(): Promise<string[]> {
    const found = await this.probed(probeUsers); // a wrong PYSHRINK_RUNTIME does not matter
    return removeDeadSessions((path) => removeDead(path, found));
  }
}

/** Removes a folder in which only namespaces and runtimes were tried. */
async function removeProbed(folder: SessionFolder): Promise<void> {
  await removeSessionGroups(folder.id);
  await removeTree(folder.path, 'root');
  await folder.forget();
}

/** Removes what a session has left whose process has ended. */
async function removeDead(folder: string, found: NamespaceSupport | Refusal): Promise<void> {
  await removeSessionGroups(basename(folder));
  await removeTree(folder, userOf(found));
}
