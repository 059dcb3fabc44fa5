/** What a person has done is done in the walkthrough too, where VS Code itself has no event for it. */

import { commands } from 'vscode';

import { SECTION } from './settings';

export type Deed = 'hasStarted' | 'hasOpened' | 'hasHovered' | 'hasFixed' | 'hasReported' | 'hasRehearsed';

const WHILE_MS = 200;

const shown = new Map<Deed, NodeJS.Timeout>();

/**
 * Its key is true for a moment. One that is true when VS Code reads the walkthrough, which it does when that is opened
 * for the first time, never completes a step in that session.
 */
export function did(deed: Deed): void {
  const key = `${SECTION}.${deed}`;
  if (shown.has(deed)) {
    return;
  }
  void commands.executeCommand('setContext', key, true);
  const end = setTimeout(() => {
    shown.delete(deed);
    void commands.executeCommand('setContext', key, false);
  }, WHILE_MS);
  shown.set(deed, end);
}
