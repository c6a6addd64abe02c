import type { FuzzTarget } from './fuzz.js';
import { TEXTS } from './fuzzdocuments.js';
import { FORMATS } from './fuzzformats.js';
import { IMAGES } from './fuzzimages.js';
import { PROJECTS } from './fuzzprojects.js';

/** Every parser of bytes and texts that come from others. */
export const TARGETS: readonly FuzzTarget[] = [...IMAGES, ...FORMATS, ...TEXTS, ...PROJECTS];
