import type { Engine, ImageInfo, Session } from '../engine.js';
import { LocalEngine } from '../local/local.js';
import type { Room } from '../room.js';
import { HostSession } from './session.js';

/** Runs commands of this computer without a container, for `host:`. The shrunk image is run by the local engine. */
export class HostEngine implements Engine {
  readonly name = 'host';
  private readonly local = new LocalEngine('With host:, no daemon is used.');
  readonly features = this.local.features;
  private session: HostSession | undefined;

  async describe(): Promise<string> {
    return `this computer, without a container; the shrunk image by ${await this.local.describe()}`;
  }

  room(): Promise<Room> {
    return this.local.room();
  }

  async find(text: string): Promise<ImageInfo | undefined> {
    return this.session?.find(text);
  }

  inspect(text: string): Promise<ImageInfo> {
    return this.local.inspect(text);
  }

  async openSession(): Promise<Session> {
    this.session = new HostSession(await this.local.openSession());
    return this.session;
  }

  tag(): Promise<void> {
    return this.local.tag();
  }

  untag(): Promise<void> {
    return this.local.untag();
  }

  clean(): Promise<string[]> {
    return this.local.clean();
  }
}
