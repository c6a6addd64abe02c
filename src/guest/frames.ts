import { z } from 'zod';
import type { ByteReader } from './bytereader.js';
import { refusedAnswer } from './refused.js';

// Frames between exercise/relay.ts and probes/relay.py, the same in both directions: connection (u32), kind (one ASCII
// byte), length of the payload (u32), payload; integers are big-endian.

const HEADER_BYTES = 9;
/** Longest payload in bytes. The probe sends data in small parts; only its list of listeners could be longer. */
const LONGEST_PAYLOAD = 16 << 20;

/** To the probe: connect, data, end of data, close, list listeners, ask whether a process is busy. */
export type RequestKind = 'C' | 'D' | 'E' | 'X' | 'L' | 'B';

/** Payload of `C`: host and port, or the path of a Unix socket. JSON. */
export type ConnectTarget = [host: string, port: number] | [path: string];

/** Payload of the probe's `L`: address and port of each listening TCP socket, and the path of each Unix socket. JSON. */
export const ListenerRows = z.array(z.union([z.tuple([z.string(), z.int().min(1).max(65535)]), z.tuple([z.string()])]));

/** Payload of the probe's `B`: whether a process of the app is running. JSON. */
export const Busy = z.boolean();

/** A frame from the probe. Its kind is O (connected), D (data), E (end of data), X (closed, with an error or none), L or B. */
export interface Frame {
  connection: number;
  kind: string;
  payload: Buffer;
}

export function encodeFrame(connection: number, kind: RequestKind, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(connection, 0);
  header.write(kind, 4, 'latin1');
  header.writeUInt32BE(payload.length, 5);
  return Buffer.concat([header, payload]);
}

/** Reads the next frame. Throws at the end of the stream, and for a frame that the probe would not send. */
export async function readFrame(reader: ByteReader): Promise<Frame> {
  const header = await reader.bytes(HEADER_BYTES);
  const length = header.readUInt32BE(5);
  if (length > LONGEST_PAYLOAD) throw refusedAnswer(`a frame of the relay has ${length} bytes`);
  const payload = await reader.bytes(length);
  return { connection: header.readUInt32BE(0), kind: String.fromCharCode(header[4] as number), payload };
}
