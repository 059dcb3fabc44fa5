/** Which documents are the server's business. The server looks at the text and decides which are migrations. */

import { Uri, workspace } from 'vscode';
import type { TextDocument } from 'vscode';

export const FILES = '**/priv/**/*migrations*/**/*.exs';
const LEFT_OUT = '**/{deps,_build,node_modules}/**';

/**
 * Elixir, whoever says that it is: unsaved schemas and earlier migrations count too. Migrations by their place
 * alone, where another extension has given them another language. And the settings of the project.
 */
export const SELECTOR = [
  { scheme: 'file', language: 'elixir' },
  { scheme: 'untitled', language: 'elixir' },
  { scheme: 'file', pattern: FILES },
  { scheme: 'file', pattern: '**/.ecto-migrations.toml' },
];

const PLACE = /\/priv\/(?:[^/]+\/)*[^/]*migrations[^/]*\/(?:[^/]+\/)*[^/.][^/]*\.exs$/;
const USES_MIGRATION = /^[ \t]*use[ \t(]+Ecto\.Migration\b/m;

/** As the server decides it, for what has to be known before there is a server. */
export function isMigration(document: TextDocument): boolean {
  if (document.uri.scheme === 'file' && PLACE.test(document.uri.path)) {
    return true;
  }
  return /\.exs?$/.test(document.uri.path) && USES_MIGRATION.test(document.getText());
}

/** Whether something here is for the server: an open migration, or a file in the workspace. */
export async function areHere(): Promise<boolean> {
  if (workspace.textDocuments.some(isMigration)) {
    return true;
  }
  return (await workspace.findFiles(FILES, LEFT_OUT, 1)).length > 0;
}

/** The folders of the workspace that hold migrations, in the order of their paths. */
export async function folders(): Promise<Uri[]> {
  const files = await workspace.findFiles(FILES, LEFT_OUT);
  const found = new Map<string, Uri>();
  for (const file of files) {
    const folder = Uri.joinPath(file, '..');
    found.set(folder.toString(), folder);
  }
  return [...found.values()].sort((one, other) => one.path.localeCompare(other.path));
}
