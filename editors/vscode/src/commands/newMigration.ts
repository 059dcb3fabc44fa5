/** A new migration from a template: picked, named, written, and opened with its tab stops. */

import { QuickPickItemKind, Range, SnippetString, Uri, window, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';

import { folders } from '../migrations';
import type { Manager } from '../server/manager';
import { COMMANDS } from '../server/protocol';
import type { NewFile, TemplateTitle } from '../server/protocol';

/** `place`: the folder, or a file in it, that a menu was opened on. */
export async function newMigration(manager: Manager, place?: unknown): Promise<void> {
  const { session } = manager;
  if (session === undefined) {
    return;
  }
  const folder = await pickFolder(place);
  if (folder === undefined) {
    return;
  }
  const template = await pickTemplate(await session.run<TemplateTitle[]>(COMMANDS.templates));
  if (template === undefined) {
    return;
  }
  const name = template.files > 1 ? '' : await askName(template);
  if (name === undefined) {
    return;
  }
  const files = await session.run<NewFile[]>(COMMANDS.newMigration, {
    template: template.name,
    folder: folder.toString(),
    ...(name === '' ? {} : { name }),
  });
  await open(files);
}

/** The first file in front, with its tab stops where it is the only one. */
async function open(files: NewFile[]): Promise<void> {
  const [first, ...others] = files;
  if (first === undefined) {
    return;
  }
  const document = await workspace.openTextDocument(Uri.parse(first.uri, true));
  const editor = await window.showTextDocument(document, { preview: false });
  if (first.snippet !== null) {
    const whole = new Range(document.positionAt(0), document.positionAt(document.getText().length));
    await editor.insertSnippet(new SnippetString(first.snippet), whole);
  }
  if (others.length > 0) {
    const names = files.map(({ uri }) => workspace.asRelativePath(Uri.parse(uri, true)));
    void window.showInformationMessage(`${files.length} migrations, to be deployed one after the other: ${names.join(', ')}`);
  }
}

async function pickFolder(place: unknown): Promise<Uri | undefined> {
  const here = place instanceof Uri ? place : window.activeTextEditor?.document.uri;
  const all = await folders();
  const own = all.find((folder) => here !== undefined && (here.path === folder.path || here.path.startsWith(`${folder.path}/`)));
  if (own !== undefined || all.length <= 1) {
    const folder = own ?? all[0];
    if (folder === undefined) {
      void window.showErrorMessage('There is no folder of migrations in this workspace (priv/*/migrations).');
    }
    return folder;
  }
  const items = all.map((folder) => ({ label: workspace.asRelativePath(folder), folder }));
  return (await window.showQuickPick(items, { placeHolder: 'The folder of the new migration' }))?.folder;
}

async function pickTemplate(templates: TemplateTitle[]): Promise<TemplateTitle | undefined> {
  const items: (QuickPickItem & { template?: TemplateTitle })[] = templates.map((template) => ({
    label: template.title,
    description: template.files > 1 ? `${template.name} · ${template.files} migrations` : template.name,
    detail: template.description.replace(/\s+/g, ' '),
    kind: QuickPickItemKind.Default,
    template,
  }));
  const picked = await window.showQuickPick(items, { placeHolder: 'A template', matchOnDescription: true, matchOnDetail: true });
  return picked?.template;
}

function askName(template: TemplateTitle): Thenable<string | undefined> {
  return window.showInputBox({
    title: template.title,
    prompt: 'The name of the migration, as for mix ecto.gen.migration',
    placeHolder: 'add_status_to_posts',
    validateInput: (text) => (/^[A-Za-z]\w*$/.test(text) ? undefined : 'Letters, digits and underscores, a letter first'),
  });
}
