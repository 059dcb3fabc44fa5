/** Running other programs: always by absolute path, never in a folder that the user has opened. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';

const WINDOWS = process.platform === 'win32';

export interface Outcome {
  /** 0 where the program ran and was content; null where it could not be started or was stopped. */
  code: number | null;
  output: string;
  /** One line: why it failed. */
  reason: string;
}

export interface RunOptions {
  seconds: number;
  signal?: AbortSignal;
  /** Given each line that the program prints, as it comes. */
  onLine?: (line: string) => void;
}

/** Runs a program to its end. Never raises. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      {
        // Python and uv look for modules and settings in the current folder; that of an opened project must
        // not decide what is run here.
        cwd: os.homedir(),
        timeout: options.seconds * 1000,
        maxBuffer: 16 * 1024 * 1024,
        windowsHide: true,
        shell: WINDOWS && /\.(cmd|bat)$/i.test(command),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve({ code: 0, output: stdout, reason: '' });
          return;
        }
        const code = typeof error.code === 'number' ? error.code : null;
        const late = error.killed === true && options.signal?.aborted !== true;
        const reason = late ? `no answer within ${options.seconds} s` : lastLine(stderr) || lastLine(stdout) || error.message;
        resolve({ code, output: stdout, reason });
      },
    );
    child.stdin?.end();
    if (options.onLine !== undefined) {
      const { onLine } = options;
      for (const stream of [child.stdout, child.stderr]) {
        let rest = '';
        stream?.on('data', (chunk: string | Buffer) => {
          const lines = (rest + chunk.toString()).split(/\r?\n/);
          rest = lines.pop() ?? '';
          lines.filter((line) => line.trim() !== '').forEach(onLine);
        });
      }
    }
  });
}

function lastLine(text: string): string {
  return text.trimEnd().split(/\r?\n/).pop()?.trim() ?? '';
}

export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/** The absolute path of a program in PATH, or in the folder where uv and pipx put theirs. */
export async function which(name: string): Promise<string | undefined> {
  return (await everywhere(name))[0];
}

/** All programs of this name, in the order of PATH. */
export async function everywhere(name: string): Promise<string[]> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  folders.push(path.join(os.homedir(), '.local', 'bin'));
  const endings = WINDOWS ? ['.exe', '.cmd', '.bat'] : [''];
  const found: string[] = [];
  for (const folder of folders) {
    // A relative entry would mean the folder that happens to be the current one.
    if (!path.isAbsolute(folder)) {
      continue;
    }
    for (const ending of endings) {
      const file = path.join(folder, name + ending);
      if (!found.includes(file) && (await isExecutable(file))) {
        found.push(file);
      }
    }
  }
  return found;
}
