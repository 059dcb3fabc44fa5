/** The connection to the server: one for all folders of the window. */

import { randomUUID } from 'node:crypto';
import * as os from 'node:os';

import { Disposable, EventEmitter, ProgressLocation, window } from 'vscode';
import type { LogOutputChannel } from 'vscode';
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  LSPErrorCodes,
  ResponseError,
  State,
  WorkDoneProgress,
} from 'vscode-languageclient/node';
import type { CloseHandlerResult, LanguageClientOptions, Middleware } from 'vscode-languageclient/node';

import { SELECTOR } from '../migrations';
import { SECTION, serverSettings } from '../settings';
import { did } from '../walkthrough';
import type { ServerCommand } from './locate';

// A server that ends more often than this in three minutes is not started again.
const MOST_RESTARTS = 4;
const PERIOD_MS = 3 * 60 * 1000;

/** A command of the server that an editor element (a code lens) asks for and the extension answers itself. */
export type Answer = (args: unknown[]) => Promise<unknown>;

export class Session implements Disposable {
  private readonly client: LanguageClient;
  private readonly ended = new EventEmitter<void>();
  /** The server has ended by itself and is not started again. */
  readonly onEnd = this.ended.event;
  private started = false;
  private restarts: number[] = [];

  constructor(
    readonly server: ServerCommand,
    log: LogOutputChannel,
    private readonly answers: ReadonlyMap<string, Answer>,
  ) {
    const options: LanguageClientOptions = {
      documentSelector: SELECTOR,
      outputChannel: log,
      // What the lens over a module may run here.
      initializationOptions: { ...serverSettings(), clientCommands: ['ectoMigrations.showReport', 'ectoMigrations.rehearse'] },
      errorHandler: {
        error: (_error, _message, count) => ({
          action: (count ?? 0) <= 3 ? ErrorAction.Continue : ErrorAction.Shutdown,
          handled: true,
        }),
        closed: () => this.closed(),
      },
      middleware: {
        ...this.deeds(),
        executeCommand: (command, args, next) => {
          const answer = this.answers.get(command);
          return answer === undefined ? next(command, args) : answer(args);
        },
        workspace: {
          // The server asks for what it wants to know: the section holds settings that are not its own.
          didChangeConfiguration: () =>
            this.client.sendNotification(DidChangeConfigurationNotification.type, { settings: null }),
          configuration: (params, token, next) => {
            if (params.items.some((item) => item.section !== SECTION)) {
              return next(params, token);
            }
            return params.items.map((item) =>
              serverSettings(item.scopeUri === undefined ? undefined : this.client.protocol2CodeConverter.asUri(item.scopeUri)),
            );
          },
        },
      },
    };
    const { command, args } = server;
    this.client = new LanguageClient(
      SECTION,
      'Ecto Migrations',
      { command, args: [...args, 'server'], options: { cwd: os.homedir() } },
      options,
    );
  }

  private deeds(): Middleware {
    return {
      provideHover: async (document, position, token, next) => {
        const hover = await next(document, position, token);
        if (hover) {
          did('hasHovered');
        }
        return hover;
      },
      // Asked for when one is picked.
      resolveCodeAction: async (action, token, next) => {
        const resolved = await next(action, token);
        if (resolved?.edit !== undefined) {
          did('hasFixed');
        }
        return resolved;
      },
    };
  }

  /** Raises where the server does not come up. */
  async start(): Promise<void> {
    await this.client.start();
    this.started = true;
  }

  async stop(): Promise<void> {
    if (this.client.state === State.Running || this.client.state === State.Starting) {
      // Two seconds, as the client has it; a server that hangs is ended then.
      await this.client.stop().catch(() => undefined);
    }
  }

  /** Runs one of the server's commands. Raises where the server does. */
  async run<T>(command: string, ...args: unknown[]): Promise<T> {
    return (await this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args })) as T;
  }

  /** The same for one that takes long: with its steps and a button that stops it, which raises then. */
  async runSlowly<T>(title: string, command: string, ...args: unknown[]): Promise<T> {
    return window.withProgress(
      { location: ProgressLocation.Notification, title, cancellable: true },
      async (progress, cancellation) => {
        const workDoneToken = randomUUID();
        let shown = 0;
        const listener = this.client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
          if (value.kind === 'report') {
            const { message, percentage = shown } = value;
            progress.report({ ...(message === undefined ? {} : { message }), increment: percentage - shown });
            shown = percentage;
          }
        });
        try {
          const params = { command, arguments: args, workDoneToken };
          return (await this.client.sendRequest(ExecuteCommandRequest.type, params, cancellation)) as T;
        } finally {
          listener.dispose();
        }
      },
    );
  }

  /** One that did not come up is not tried again; what is said of it is said by the caller of `start`. */
  private closed(): CloseHandlerResult {
    const now = Date.now();
    this.restarts = [...this.restarts.filter((time) => now - time < PERIOD_MS), now];
    if (this.started && this.restarts.length <= MOST_RESTARTS) {
      return { action: CloseAction.Restart, handled: true };
    }
    if (this.started) {
      this.ended.fire();
    }
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  dispose(): void {
    this.ended.dispose();
    void this.client.dispose().catch(() => undefined);
  }
}

/** Whether somebody has stopped a command: nothing is to be said then. */
export function wasStopped(error: unknown): boolean {
  return error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
}
