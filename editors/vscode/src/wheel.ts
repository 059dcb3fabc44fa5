/** The server's package, which comes with the extension. */

import { readdirSync } from 'node:fs';
import * as path from 'node:path';

/** Its path. Raises where the extension was packed without it. */
export function wheelIn(extension: string): string {
  const folder = path.join(extension, 'wheel');
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new Error(`no wheel in ${folder}`);
  }
  return path.join(folder, wheel);
}
