/** The page of a rule: of the finding at the caret, or picked from the list. */

import { languages, window } from 'vscode';
import type { Disposable, Uri } from 'vscode';

import type { PagePanel } from '../pages';
import type { Manager } from '../server/manager';
import { COMMANDS } from '../server/protocol';
import type { Report, RuleTitle } from '../server/protocol';

const SOURCE = 'ecto-migrations';

export class RulePage implements Disposable {
  constructor(
    private readonly manager: Manager,
    private readonly panel: PagePanel,
  ) {}

  async open(rule?: unknown): Promise<void> {
    const { session } = this.manager;
    if (session === undefined) {
      return;
    }
    const id = typeof rule === 'string' ? rule : await this.pick(await session.run<RuleTitle[]>(COMMANDS.rules));
    if (id === undefined) {
      return;
    }
    const page = await session.run<Report | null>(COMMANDS.rule, id);
    if (page === null) {
      void window.showInformationMessage(`There is no rule ${id}.`);
      return;
    }
    await this.panel.show(page);
  }

  /** The rules of the findings in the caret's line come first. */
  private async pick(rules: RuleTitle[]): Promise<string | undefined> {
    const here = rulesAtCaret();
    if (here.length === 1) {
      return here[0];
    }
    const items = rules
      .map(({ id, level, title }) => ({ label: id, description: level, detail: title }))
      .sort((one, other) => Number(here.includes(other.label)) - Number(here.includes(one.label)));
    const picked = await window.showQuickPick(items, { placeHolder: 'A rule', matchOnDetail: true });
    return picked?.label;
  }

  dispose(): void {
    this.panel.dispose();
  }
}

function rulesAtCaret(): string[] {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    return [];
  }
  const { active } = editor.selection;
  const found = languages
    .getDiagnostics(editor.document.uri)
    .filter((each) => each.source === SOURCE && each.range.start.line <= active.line && each.range.end.line >= active.line)
    .map((each) => ruleOf(each.code));
  return [...new Set(found.filter((id) => id !== ''))];
}

/** What has a page is a rule. A rehearsal's finding has none. */
function ruleOf(code: string | number | { value: string | number; target: Uri } | undefined): string {
  return typeof code === 'object' ? String(code.value) : '';
}
