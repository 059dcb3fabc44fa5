/** A migration tried on a throwaway PostgreSQL: the server does it, shows its steps and can be told to stop. */

import { posix } from 'node:path';

import { commands, env, Uri, window, workspace } from 'vscode';
import type { Disposable } from 'vscode';
import { ResponseError } from 'vscode-languageclient/node';

import { PagePanel } from '../pages';
import type { Manager } from '../server/manager';
import { COMMANDS } from '../server/protocol';
import type { Report } from '../server/protocol';
import { wasStopped } from '../server/session';
import { did } from '../walkthrough';
import { documentOf } from './report';

export class RehearsalPage implements Disposable {
  private readonly panel: PagePanel;

  constructor(
    private readonly manager: Manager,
    extension: Uri,
    private readonly showLog: () => void,
  ) {
    this.panel = new PagePanel('ectoMigrations.rehearsal', extension);
  }

  /** Of the file at `uri`, else of the document in front. Raises where the server does. */
  async open(uri?: unknown): Promise<void> {
    const document = await documentOf(uri);
    const { session } = this.manager;
    if (document === undefined || session === undefined) {
      void window.showInformationMessage('Open a migration to rehearse it.');
      return;
    }
    if (!workspace.isTrusted) {
      await this.tellOfTrust();
      return;
    }
    let page: Report | null;
    try {
      const title = `Rehearsing ${posix.basename(document.uri.path)}`;
      page = await session.runSlowly<Report | null>(title, COMMANDS.rehearse, document.uri.toString());
    } catch (error) {
      if (wasStopped(error)) {
        return;
      }
      if (error instanceof ResponseError && isMissing(error.data)) {
        await this.offerPackages(error.message, () => this.open(document.uri));
        return;
      }
      throw error;
    }
    if (page === null) {
      void window.showInformationMessage(`${workspace.asRelativePath(document.uri)} is not a migration.`);
      return;
    }
    await this.panel.show(page);
    did('hasRehearsed');
  }

  private async tellOfTrust(): Promise<void> {
    const manage = 'Manage Trust';
    const picked = await window.showWarningMessage(
      'A rehearsal runs the SQL of the migrations in this folder, on a PostgreSQL of its own. Trust the folder first.',
      manage,
    );
    if (picked === manage) {
      await commands.executeCommand('workbench.trust.manage');
    }
  }

  /** Where the server is one of this extension's, it can get them; elsewhere the server knows the command. */
  private async offerPackages(sentence: string, again: () => Promise<void>): Promise<void> {
    if (!this.manager.canInstallPackages) {
      const copy = 'Copy Command';
      const picked = await window.showErrorMessage(`ecto-migrations: ${sentence}`, copy);
      if (picked === copy) {
        await env.clipboard.writeText(sentence.slice(sentence.indexOf(': ') + 2));
      }
      return;
    }
    const install = 'Install';
    const picked = await window.showInformationMessage(
      "A rehearsal needs PostgreSQL and its driver. Install both into the extension's own environment? pip fetches" +
        ' them (60 MB on the disk); nothing else is changed.',
      install,
      'Not Now',
    );
    if (picked !== install) {
      return;
    }
    const problem = await this.manager.installPackages();
    if (problem === undefined) {
      await again();
      return;
    }
    const log = 'Show Log';
    if ((await window.showErrorMessage(`They could not be installed: ${problem}.`, log)) === log) {
      this.showLog();
    }
  }

  dispose(): void {
    this.panel.dispose();
  }
}

function isMissing(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'missing' in data;
}
