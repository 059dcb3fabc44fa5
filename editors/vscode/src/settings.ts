/** The extension's settings, and which of them are the server's. */

import { workspace } from 'vscode';
import type { Uri } from 'vscode';

import type { Source } from './server/locate';

export const SECTION = 'ectoMigrations';

// Those of this extension: the server knows nothing of them.
const OWN = new Set(['server', 'trace', 'statusBar']);

export function serverPath(): string {
  return workspace.getConfiguration(SECTION).get<string>('server.path', '').trim();
}

export function serverSource(): Source {
  return workspace.getConfiguration(SECTION).get<Source>('server.source', 'auto');
}

export function serverPython(): string {
  return workspace.getConfiguration(SECTION).get<string>('server.python', '').trim();
}

export function showsVerdict(): boolean {
  return workspace.getConfiguration(SECTION).get<boolean>('statusBar', true);
}

/**
 * The server's settings that somebody has set. What nobody has set is left out, also where package.json has a
 * default: the project's .ecto-migrations.toml holds then.
 */
export function serverSettings(scope?: Uri): Record<string, unknown> {
  const configuration = workspace.getConfiguration(SECTION, scope ?? null);
  const settings: Record<string, unknown> = {};
  for (const key of Object.keys(configuration)) {
    if (OWN.has(key) || typeof configuration[key] === 'function') {
      continue;
    }
    const set = configuration.inspect(key);
    const isSet =
      set !== undefined &&
      (set.globalValue !== undefined || set.workspaceValue !== undefined || set.workspaceFolderValue !== undefined);
    if (isSet && configuration[key] !== null) {
      settings[key] = configuration[key];
    }
  }
  return settings;
}
