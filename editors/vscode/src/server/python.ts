/** A Python that can make an environment for the server. */

import { everywhere, run } from './processes';
import { isOlder, parse } from './version';

const OLDEST = [3, 11] as const;
const NAMES = ['python3', 'python', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

export interface Python {
  command: string;
  version: string;
}

export type FoundPython =
  | { kind: 'found'; python: Python }
  /** `problem` is a sentence without its full stop. */
  | { kind: 'unusable'; problem: string };

/** Looks at `configured` alone where it is set, else at every Python in PATH. */
export async function findPython(configured: string): Promise<FoundPython> {
  const candidates = configured === '' ? (await Promise.all(NAMES.map(everywhere))).flat() : [configured];
  const problems: string[] = [];
  for (const command of candidates) {
    const found = await examine(command);
    if (found.kind === 'found') {
      return found;
    }
    problems.push(found.problem);
  }
  const problem = problems[0] ?? 'there is no Python in PATH, and the server needs Python 3.11 or later';
  return { kind: 'unusable', problem };
}

async function examine(command: string): Promise<FoundPython> {
  // Isolated: neither the current folder nor PYTHONPATH decides what is imported.
  const version = await run(command, ['-I', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'], { seconds: 20 });
  const numbers = parse(version.output);
  if (version.code !== 0 || numbers === undefined) {
    return { kind: 'unusable', problem: `${command} does not run: ${version.reason || 'it tells no version'}` };
  }
  const shown = version.output.trim();
  if (isOlder(numbers, OLDEST)) {
    return { kind: 'unusable', problem: `${command} is Python ${shown}, and the server needs 3.11 or later` };
  }
  const modules = await run(command, ['-I', '-c', 'import ensurepip, venv'], { seconds: 20 });
  if (modules.code !== 0) {
    return {
      kind: 'unusable',
      problem:
        `Python ${shown} at ${command} cannot make environments, a part of it is not installed: ${modules.reason}` +
        ' (on Debian and Ubuntu: apt install python3-venv)',
    };
  }
  return { kind: 'found', python: { command, version: shown } };
}
