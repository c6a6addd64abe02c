import type { Trace } from '../trace/schema.js';
import type { CheckRecord } from '../workspace/check.js';
import type { KeepReport } from '../workspace/keepreport.js';
import type { Result } from '../workspace/result.js';
import type { RunRecord } from '../workspace/runrecord.js';

/** All that the workspace knows about one image. What was not done yet is undefined. */
export interface Inside {
  trace: Trace;
  record: RunRecord;
  /** What was assembled, and why. */
  made: { result: Result; keep: KeepReport } | undefined;
  /** The comparison of what was assembled. */
  check: CheckRecord | undefined;
}
