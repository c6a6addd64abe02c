import { UserError } from '../../errors.js';
import type { Engine, ImageInfo, Session } from '../engine.js';
import { removeDeadSessions, SessionFolder } from '../sessionfolder.js';
import { lookAtMachine, type Machine, type Refusal, removeTree, userOf } from './namespaces.js';
import { LocalSession } from './session.js';

/** Containers of Linux namespaces, made with what util-linux has; no daemon. */
export class LocalEngine implements Engine {
  readonly name = 'local';
  private session: LocalSession | undefined;

  /** @param insteadOf why no daemon is used, where one was wanted */
  constructor(private readonly insteadOf = 'The local engine was chosen, which has no images by name.') {}

  /** Images are files here: an engine without a daemon has none of its own, but those of its session. */
  async find(reference: string): Promise<ImageInfo | undefined> {
    return this.session?.find(reference);
  }

  async inspect(reference: string): Promise<ImageInfo> {
    throw new UserError(
      `${reference} is the name of an image in a Docker daemon, and none is used. ${this.insteadOf}`,
      'Start Docker, or name an image in files: docker-archive:FILE, oci:DIR, oci-archive:FILE, rootfs:DIR; or docker://NAME of a registry.',
    );
  }

  /** What this machine allows; found out by trying. */
  async machine(): Promise<Machine | Refusal> {
    const folder = await SessionFolder.create();
    const found = await lookAtMachine(folder.path);
    await removeTree(folder.path, 'root');
    return found;
  }

  async openSession(): Promise<Session> {
    const folder = await SessionFolder.create();
    const machine = await lookAtMachine(folder.path);
    await removeDeadSessions(userOf(machine));
    this.session = new LocalSession(folder, machine);
    return this.session;
  }

  async tag(): Promise<void> {
    throw new Error('images have no names here');
  }

  async untag(): Promise<void> {
    throw new Error('images have no names here');
  }

  async clean(): Promise<string[]> {
    return removeDeadSessions(userOf(await this.machine()));
  }
}
