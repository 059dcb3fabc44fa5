/** The server's life: found, started, restarted, and what is said where it cannot be. */

import { EventEmitter, ProgressLocation, window } from 'vscode';
import type { Disposable, LogOutputChannel } from 'vscode';

import { serverPath, serverPython, serverSource } from '../settings';
import type { Environment, InstallSteps } from './environment';
import { locate, OWN_ORIGINS } from './locate';
import type { Located } from './locate';
import { findPython } from './python';
import type { FoundPython, Python } from './python';
import { Session } from './session';
import type { Answer } from './session';

export type Status =
  | { kind: 'idle' }
  | { kind: 'starting'; what: string }
  | { kind: 'running'; session: Session }
  | { kind: 'failed'; problem: Problem };

/** Why there is no server. What mends it depends on it. */
export type Problem =
  | { kind: 'wrong-setting'; text: string }
  | { kind: 'installable'; python: { command: string; version: string } }
  | { kind: 'nothing-to-install-with'; text: string }
  | { kind: 'source-missing'; text: string }
  | { kind: 'ended'; text: string };

export class Manager implements Disposable {
  private current: Status = { kind: 'idle' };
  private readonly changed = new EventEmitter<Status>();
  readonly onChange = this.changed.event;
  // One start or stop after the other: commands, settings and trust can ask for them at any time.
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly wheel: string,
    private readonly oldest: string,
    private readonly log: LogOutputChannel,
    private readonly answers: ReadonlyMap<string, Answer>,
  ) {}

  get status(): Status {
    return this.current;
  }

  get session(): Session | undefined {
    return this.current.kind === 'running' ? this.current.session : undefined;
  }

  /** Starts the server where it does not run yet. Never raises; `status` tells what became of it. */
  start(): Promise<void> {
    return this.enqueue(() => (this.current.kind === 'running' ? Promise.resolve() : this.startNow()));
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  /** Makes the extension's own environment and starts the server in it. Returns why that failed. */
  async install(python: Python): Promise<string | undefined> {
    const problem = await this.make(python);
    if (problem === undefined) {
      await this.restart();
    }
    return problem;
  }

  /** Whether the packages for rehearsals can be installed here: the server is one of this extension's. */
  get canInstallPackages(): boolean {
    return this.session !== undefined && OWN_ORIGINS.has(this.session.server.origin);
  }

  /**
   * Installs them, into the extension's own environment; where the server comes from uvx or pipx, that is made first.
   * Returns why that failed.
   */
  async installPackages(): Promise<string | undefined> {
    const isThere = await this.environment.isInstalled();
    if (!isThere) {
      const python = await this.python();
      const problem = python.kind === 'found' ? await this.make(python.python) : python.problem;
      if (problem !== undefined) {
        return problem;
      }
    }
    const problem = await this.withSteps((steps) => this.environment.installPackages(steps));
    if (problem === undefined && !isThere) {
      await this.restart();
    }
    return problem;
  }

  private make(python: Python): Promise<string | undefined> {
    this.log.info(`Making ${this.environment.command} with ${python.command} (Python ${python.version})`);
    return this.withSteps((steps) => this.environment.install(python, steps));
  }

  /** Something that takes long, with its steps and a button that stops it. */
  private async withSteps(action: (steps: InstallSteps) => Promise<string | undefined>): Promise<string | undefined> {
    const problem = await window.withProgress(
      { location: ProgressLocation.Notification, title: 'ecto-migrations', cancellable: true },
      (progress, token) => {
        const stop = new AbortController();
        token.onCancellationRequested(() => {
          stop.abort();
        });
        return action({
          signal: stop.signal,
          onStep: (what) => {
            progress.report({ message: what });
          },
          onLine: (line) => {
            this.log.info(line);
          },
        });
      },
    );
    if (problem !== undefined) {
      this.log.error(problem);
    }
    return problem;
  }

  dispose(): void {
    this.session?.dispose();
    this.changed.dispose();
  }

  private enqueue(action: () => Promise<void>): Promise<void> {
    const next = this.queue.then(action);
    this.queue = next.catch((error: unknown) => {
      this.log.error(String(error));
    });
    return this.queue;
  }

  private set(status: Status): void {
    this.current = status;
    this.changed.fire(status);
  }

  private async startNow(): Promise<void> {
    this.set({ kind: 'starting', what: 'looking for the server' });
    const located = await locate(
      { path: serverPath(), source: serverSource() },
      {
        environment: this.environment,
        wheel: this.wheel,
        oldest: this.oldest,
        log: (line) => {
          this.log.info(line);
        },
        onSlow: (what) => {
          this.set({ kind: 'starting', what });
        },
      },
    );
    if (located.kind !== 'found') {
      const problem = await this.problem(located);
      this.log.error(problemText(problem));
      this.set({ kind: 'failed', problem });
      return;
    }
    const { server } = located;
    this.log.info(`Server ${server.version} from ${server.origin}: ${[server.command, ...server.args].join(' ')}`);
    const session = new Session(server, this.log, this.answers);
    try {
      await session.start();
    } catch (error) {
      session.dispose();
      const text = `the server at ${server.command} does not start: ${error instanceof Error ? error.message : String(error)}`;
      this.log.error(text);
      this.set({ kind: 'failed', problem: { kind: 'ended', text } });
      return;
    }
    session.onEnd(() => {
      // Ended by itself and given up by the client, after several attempts.
      if (this.session === session) {
        this.set({ kind: 'failed', problem: { kind: 'ended', text: 'the server has ended; its log says why' } });
        session.dispose();
      }
    });
    this.set({ kind: 'running', session });
  }

  private async stopNow(): Promise<void> {
    const { session } = this;
    this.set({ kind: 'idle' });
    await session?.stop();
    session?.dispose();
  }

  private async problem(located: Exclude<Located, { kind: 'found' }>): Promise<Problem> {
    if (located.kind === 'wrong-setting') {
      return { kind: 'wrong-setting', text: located.problem };
    }
    const source = serverSource();
    if (source !== 'auto' && source !== 'environment') {
      return { kind: 'source-missing', text: `ectoMigrations.server.source is ${source}: ${located.tried.join('; ')}` };
    }
    const python = await this.python();
    if (python.kind === 'found') {
      return { kind: 'installable', python: python.python };
    }
    return { kind: 'nothing-to-install-with', text: [...located.tried.filter(isFailure), python.problem].join('; ') };
  }

  python(): Promise<FoundPython> {
    return findPython(serverPython());
  }
}

/** Of what was tried: what went wrong, not what is simply not there. */
function isFailure(tried: string): boolean {
  return !/is not (in PATH|installed)$/.test(tried);
}

export function problemText(problem: Problem): string {
  if (problem.kind === 'installable') {
    return `The server is not installed. Python ${problem.python.version} at ${problem.python.command} can install it`;
  }
  return problem.text;
}
