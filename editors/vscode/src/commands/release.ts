/** The report on all migrations that the branch of an open one brings. */

import { window, workspace } from 'vscode';
import type { Disposable, Uri } from 'vscode';

import { PagePanel } from '../pages';
import type { Manager } from '../server/manager';
import { COMMANDS } from '../server/protocol';
import type { Report } from '../server/protocol';
import { wasStopped } from '../server/session';
import { documentOf } from './report';

export class ReleasePage implements Disposable {
  private readonly panel: PagePanel;

  constructor(
    private readonly manager: Manager,
    extension: Uri,
  ) {
    this.panel = new PagePanel('ectoMigrations.release', extension);
  }

  /** Of the file at `uri`, else of the document in front. Raises where the server does. */
  async open(uri?: unknown): Promise<void> {
    const document = await documentOf(uri);
    const { session } = this.manager;
    if (document === undefined || session === undefined) {
      void window.showInformationMessage('Open a migration of the branch to see the report on all of them.');
      return;
    }
    let page: Report | null;
    try {
      page = await session.runSlowly<Report | null>('Reporting on the branch', COMMANDS.releaseReport, document.uri.toString());
    } catch (error) {
      if (wasStopped(error)) {
        return;
      }
      throw error;
    }
    if (page === null) {
      void window.showInformationMessage(`${workspace.asRelativePath(document.uri)} is not a migration.`);
      return;
    }
    await this.panel.show(page);
  }

  dispose(): void {
    this.panel.dispose();
  }
}
