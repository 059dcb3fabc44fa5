/** The migration report, beside the migration, and true to it while it is edited. */

import { commands, Uri, window, workspace } from 'vscode';
import type { Disposable, TextDocument } from 'vscode';

import { PagePanel } from '../pages';
import type { Manager } from '../server/manager';
import { COMMANDS } from '../server/protocol';
import type { Report } from '../server/protocol';
import { did } from '../walkthrough';

export class ReportPage implements Disposable {
  private readonly panel: PagePanel;
  private of: string | undefined;

  constructor(
    private readonly manager: Manager,
    extension: Uri,
  ) {
    this.panel = new PagePanel('ectoMigrations.report', extension, () => {
      this.of = undefined;
    });
  }

  /** Of the file at `uri`, else of the document in front. */
  async open(uri?: unknown): Promise<void> {
    const document = await documentOf(uri);
    if (document === undefined) {
      void window.showInformationMessage('Open a migration to see its report.');
      return;
    }
    const { session } = this.manager;
    if (session === undefined) {
      await commands.executeCommand('ectoMigrations.mend');
      return;
    }
    const report = await session.run<Report | null>(COMMANDS.report, document.uri.toString());
    if (report === null) {
      void window.showInformationMessage(`${workspace.asRelativePath(document.uri)} is not a migration.`);
      return;
    }
    this.of = document.uri.toString();
    await this.panel.show(report);
    // From a lens, VS Code does not see the command.
    did('hasReported');
  }

  /** The text of the migration has changed, or what it is judged by. */
  async refresh(): Promise<void> {
    const { session } = this.manager;
    if (session === undefined || this.of === undefined || !this.panel.isOpen) {
      return;
    }
    const report = await session.run<Report | null>(COMMANDS.report, this.of).catch(() => null);
    if (report !== null) {
      await this.panel.show(report, false);
    }
  }

  isOf(document: TextDocument): boolean {
    return document.uri.toString() === this.of;
  }

  dispose(): void {
    this.panel.dispose();
  }
}

/** A menu gives a Uri, a code lens its text, the palette nothing. The server has to see the document. */
export async function documentOf(uri: unknown): Promise<TextDocument | undefined> {
  if (uri instanceof Uri) {
    return workspace.openTextDocument(uri);
  }
  if (typeof uri === 'string') {
    return workspace.openTextDocument(Uri.parse(uri, true));
  }
  return window.activeTextEditor?.document;
}
