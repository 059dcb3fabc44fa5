/** Wires the parts to VS Code. */

import { commands, languages, window, workspace } from 'vscode';
import type { ExtensionContext, TextDocument } from 'vscode';

import { newMigration } from './commands/newMigration';
import { RehearsalPage } from './commands/rehearsal';
import { ReleasePage } from './commands/release';
import { ReportPage } from './commands/report';
import { RulePage } from './commands/rule';
import { areHere, isMigration } from './migrations';
import { PagePanel } from './pages';
import { Environment } from './server/environment';
import { Manager } from './server/manager';
import { Mending } from './server/mending';
import { COMMANDS } from './server/protocol';
import type { Answer } from './server/session';
import { SECTION } from './settings';
import { VerdictItem } from './status';
import { did } from './walkthrough';
import { wheelIn } from './wheel';

let manager: Manager | undefined;

// Typing: the answer is asked for when it pauses.
const PAUSE_MS = 250;

export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel('Ecto Migrations', { log: true });
  const wheel = wheelIn(context.extensionPath);
  const environment = new Environment(context.globalStorageUri.fsPath, wheel);
  const answers = new Map<string, Answer>();
  const oldest = (context.extension.packageJSON as { version: string }).version;
  const server = new Manager(environment, wheel, oldest, log, answers);
  manager = server;
  const mending = new Mending(server, context.globalState, () => {
    log.show();
  });
  const report = new ReportPage(server, context.extensionUri);
  const release = new ReleasePage(server, context.extensionUri);
  const rehearsal = new RehearsalPage(server, context.extensionUri, () => {
    log.show();
  });
  const rule = new RulePage(server, new PagePanel('ectoMigrations.rule', context.extensionUri));
  const verdict = new VerdictItem(server);
  // Where the server offers its own commands (a code lens), they open the same pages.
  answers.set(COMMANDS.report, ([uri]) => report.open(uri));
  answers.set(COMMANDS.rehearse, ([uri]) => rehearsal.open(uri));
  answers.set(COMMANDS.rule, ([id]) => rule.open(id));

  context.subscriptions.push(log, server, report, release, rehearsal, rule, verdict);
  const command = (name: string, action: (argument?: unknown) => unknown): void => {
    context.subscriptions.push(
      commands.registerCommand(`${SECTION}.${name}`, async (argument?: unknown) => {
        try {
          await action(argument);
        } catch (error) {
          log.error(String(error));
          void window.showErrorMessage(`ecto-migrations: ${error instanceof Error ? error.message : String(error)}`);
        }
      }),
    );
  };
  const needServer = async (): Promise<boolean> => {
    await server.start();
    const { status } = server;
    if (status.kind === 'failed') {
      await mending.tell(status.problem, true);
    }
    return server.session !== undefined;
  };
  command('restart', () => server.restart());
  command('showLog', () => {
    log.show();
  });
  command('mend', async () => {
    const before = server.session;
    if ((await needServer()) && before !== undefined) {
      const { version, origin, command: program } = before.server;
      void window.showInformationMessage(`The server of ecto-migrations runs: version ${version}, from ${origin} (${program}).`);
    }
  });
  command('showReport', async (uri) => (await needServer()) && report.open(uri));
  command('showRelease', async (uri) => (await needServer()) && release.open(uri));
  command('rehearse', async (uri) => (await needServer()) && rehearsal.open(uri));
  command('showRule', async (id) => (await needServer()) && rule.open(id));
  command('newMigration', async (place) => (await needServer()) && newMigration(server, place));

  let pause: NodeJS.Timeout | undefined;
  const refresh = (): void => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      void verdict.refresh();
      void report.refresh();
    }, PAUSE_MS);
  };
  const front = (): void => {
    const document = window.activeTextEditor?.document;
    const is = document !== undefined && isMigration(document);
    void commands.executeCommand('setContext', 'ectoMigrations.isMigration', is);
    if (is) {
      did('hasOpened');
      if (server.session !== undefined) {
        did('hasStarted');
      }
    }
    void verdict.refresh();
  };
  const startIfHere = async (): Promise<void> => {
    if (server.status.kind === 'idle' && (await areHere())) {
      await server.start();
    }
  };
  context.subscriptions.push(
    server.onChange((status) => {
      void verdict.refresh();
      if (status.kind === 'failed') {
        void mending.tell(status.problem, false);
      } else if (status.kind === 'running') {
        did('hasStarted');
        void report.refresh();
      }
    }),
    window.onDidChangeActiveTextEditor(front),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (isFrontOr(document, report)) {
        refresh();
      }
    }),
    // What it is judged by has changed: the project, the settings, an earlier migration.
    languages.onDidChangeDiagnostics(refresh),
    workspace.onDidOpenTextDocument((document) => {
      if (isMigration(document)) {
        void startIfHere();
      }
    }),
    workspace.onDidChangeWorkspaceFolders(startIfHere),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.server`) && server.status.kind !== 'idle') {
        void server.restart();
      } else if (event.affectsConfiguration(SECTION)) {
        refresh();
      }
    }),
    workspace.onDidGrantWorkspaceTrust(() => {
      // The settings of the workspace count from now on.
      void server.restart();
    }),
  );
  front();
  // Activation ends here: commands answer while the server is looked for.
  void startIfHere();
}

function isFrontOr(document: TextDocument, report: ReportPage): boolean {
  return document === window.activeTextEditor?.document || report.isOf(document);
}

export async function deactivate(): Promise<void> {
  await manager?.stop();
}
