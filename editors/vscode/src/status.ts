/** The item in the status bar: the verdict of the open migration, or what the server is about. */

import { MarkdownString, StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { Disposable, TextDocument } from 'vscode';

import { isMigration } from './migrations';
import type { Manager } from './server/manager';
import { problemText } from './server/manager';
import { COMMANDS } from './server/protocol';
import type { Classification, Verdict } from './server/protocol';
import { showsVerdict } from './settings';

const LOOKS: Record<Classification, { icon: string; background?: string }> = {
  safe: { icon: '$(pass)' },
  risky: { icon: '$(warning)', background: 'statusBarItem.warningBackground' },
  dangerous: { icon: '$(error)', background: 'statusBarItem.errorBackground' },
};

export class VerdictItem implements Disposable {
  private readonly item = window.createStatusBarItem('ectoMigrations.verdict', StatusBarAlignment.Left, -10);
  private asked = 0;

  constructor(private readonly manager: Manager) {
    this.item.name = 'Ecto Migrations';
  }

  /** Shows what holds now for the document in front. */
  async refresh(): Promise<void> {
    this.asked += 1;
    const number = this.asked;
    const document = window.activeTextEditor?.document;
    if (document === undefined || !showsVerdict()) {
      this.item.hide();
      return;
    }
    const { status } = this.manager;
    if (status.kind !== 'running') {
      this.showServer(document);
      return;
    }
    const verdict = await status.session
      .run<Verdict | null>(COMMANDS.verdict, document.uri.toString())
      .catch(() => null);
    // Another document came to the front, or the text changed, while the server was asked.
    if (number === this.asked) {
      this.showVerdict(verdict);
    }
  }

  private showVerdict(verdict: Verdict | null): void {
    if (verdict === null) {
      this.item.hide();
      return;
    }
    const looks = LOOKS[verdict.classification];
    this.item.text = `${looks.icon} ${verdict.classification}`;
    this.item.backgroundColor = looks.background === undefined ? undefined : new ThemeColor(looks.background);
    const reasons = verdict.reasons.map((reason) => `- ${reason}`).join('\n');
    this.item.tooltip = new MarkdownString(`**This migration is ${verdict.classification}**\n\n${reasons}\n\nClick for the report`);
    this.item.accessibilityInformation = { label: `This migration is ${verdict.classification}` };
    this.item.command = 'ectoMigrations.showReport';
    this.item.show();
  }

  /** Without a server: only where a migration is open, nobody else is bothered. */
  private showServer(document: TextDocument): void {
    const { status } = this.manager;
    if (!isMigration(document)) {
      this.item.hide();
      return;
    }
    this.item.backgroundColor = undefined;
    this.item.accessibilityInformation = undefined;
    if (status.kind === 'failed') {
      this.item.text = '$(error) ecto-migrations: no server';
      this.item.tooltip = `${problemText(status.problem)}. Click to mend it.`;
      this.item.command = 'ectoMigrations.mend';
    } else {
      const what = status.kind === 'starting' ? status.what : 'not started';
      this.item.text = `$(sync~spin) ecto-migrations: ${what}`;
      this.item.tooltip = undefined;
      this.item.command = 'ectoMigrations.showLog';
    }
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
