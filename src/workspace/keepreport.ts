import { z } from 'zod';
import { LAYER_NAMES } from '../assemble/layers.js';
import { GPU_TARGETS } from '../keep/data/gpu.js';
import { GRADES, LEVELS } from '../keep/level.js';
import { ReasonSchema } from '../keep/reason.js';

/** The version of keep.json that this pyshrink writes, and the only one that it reads. */
export const KEEP_VERSION = 4;

/** Why a file is left out. report/words.ts has a sentence for each kind. */
const OmissionSchema = z.strictObject({
  kind: z.enum([
    // Files of a distribution, which is the subject.
    ...(['test', 'build', 'stub', 'doc', 'extension', 'library', 'program', 'foreign', 'unreached', 'unimported', 'unlisted'] as const),
    // Other files.
    ...(['unobserved', 'bytecode', 'standard-library', 'own-extras', 'system', 'unowned'] as const),
    // What kept code names without need, and what is expensive. The subject is who names it.
    'costly',
    // A library for GPUs, where --target-gpu leaves it out. The subject is who would open it.
    'gpu',
    // A compiled module. The subject is the path of the Python module that does the same.
    'replaced',
  ]),
  /** Name of the distribution, or what the kind says. */
  subject: z.string().exactOptional(),
  /** Bytes that it would bring with all that it needs. */
  bytes: z.number().int().exactOptional(),
});
export type Omission = z.infer<typeof OmissionSchema>;

/** What a file belongs to. A Python distribution counts before a package of the operating system that brings it. */
const OwnerSchema = z.strictObject({
  kind: z.enum(['distribution', 'package']),
  name: z.string(),
  version: z.string().nullable(),
});
export type Owner = z.infer<typeof OwnerSchema>;

const GradeSchema = z.enum(GRADES);

/** A number of files and their bytes. */
const Amount = z.strictObject({ files: z.number().int(), bytes: z.number().int() });
export type Amount = z.infer<typeof Amount>;

/**
 * Why each path of the original image is kept or left out. The workspace writes it as keep.json, with the identifier of the
 * shrunk image as `image`. docs/keep-json.md describes it for users.
 */
export const KeepReport = z.strictObject({
  version: z.literal(KEEP_VERSION),
  original: z.strictObject({
    /** As the user named it. */
    reference: z.string(),
    id: z.string(),
    /** `linux/amd64` */
    platform: z.string(),
  }),
  level: z.enum(LEVELS),
  /** The GPUs that the image is made for. */
  targetGpu: z.enum(GPU_TARGETS).default('any'),
  /** Kept path → what it is, and why it is kept. */
  kept: z.record(
    z.string(),
    z.strictObject({
      /** As in an inventory: file, directory, symbolic link, character device, block device, FIFO. */
      type: z.enum(['f', 'd', 'l', 'c', 'b', 'p']),
      /** Bytes of content. 0 for all but files, and for every further name (hard link) of a file that is counted already. */
      size: z.number().int(),
      /** Bytes of debug information that the original's file has beyond `size`. */
      stripped: z.number().int().exactOptional(),
      /** The layer of the shrunk image. A directory that is in several layers has the lowest one. */
      layer: z.enum(LAYER_NAMES),
      /** Of a file: digest of the bytes that the shrunk image has. */
      digest: z
        .string()
        .regex(/^sha256:[0-9a-f]{64}$/)
        .exactOptional(),
      /** Whether it can be executed, and is no shared library. */
      program: z.literal(true).exactOptional(),
      /** Index into `owners`. */
      owner: z.number().int().exactOptional(),
      /** The closest reasons, at most eight. */
      reasons: z.array(ReasonSchema).min(1),
    }),
  ),
  /** Left-out path → its size, counted like that of a kept path, and why it is left out. Directories are not listed. */
  omitted: z.record(
    z.string(),
    z.strictObject({
      size: z.number().int(),
      /** Index into `omissions`. */
      because: z.number().int(),
      /** Index into `owners`. */
      owner: z.number().int().exactOptional(),
    }),
  ),
  omissions: z.array(OmissionSchema),
  /** The Python distributions and the packages of the operating system that files belong to. */
  owners: z.array(OwnerSchema),
  /** Symbolic links of the original image, kept or not: path → target. */
  links: z.record(z.string(), z.string()),
  /** The Python distributions of the original image; empty at the level `observed`. */
  distributions: z.array(
    z.strictObject({
      /** Normalized (PEP 503). */
      name: z.string(),
      version: z.string(),
      /** Path of its .dist-info or .egg-info. */
      metadata: z.string(),
      /** Files that it has in the original image, and how many of them are kept. */
      files: z.number().int(),
      kept: z.number().int(),
      /** null where nothing asks for it. */
      grade: GradeSchema.nullable(),
      /** The kept path that asks for it. */
      by: z.string().exactOptional(),
    }),
  ),
  /** Sums over files; the bytes of `original` are those of `kept`, `stripped` and `omitted`. */
  totals: z.strictObject({
    original: Amount,
    kept: Amount,
    omitted: Amount,
    /** Files without their debug information, and the bytes that this saves. */
    stripped: Amount,
    layers: z.strictObject({ system: Amount, python: Amount, distributions: Amount, app: Amount }),
  }),
});
export type KeepReport = z.infer<typeof KeepReport>;
