/** What the user is told where there is no server, each time with a button that does something about it. */

import { commands, ConfigurationTarget, env, Uri, window, workspace } from 'vscode';
import type { Memento } from 'vscode';

import { SECTION } from '../settings';
import type { Manager, Problem } from './manager';

const NOT_NOW = 'installation.declined';
const UV = 'https://docs.astral.sh/uv/getting-started/installation/';

export class Mending {
  // A second message about the same would lie over the first.
  private open = false;

  constructor(
    private readonly manager: Manager,
    private readonly memory: Memento,
    private readonly showLog: () => void,
  ) {}

  /** Tells of a problem. Unasked, the offer to install is made once; the status bar repeats it. */
  async tell(problem: Problem, asked: boolean): Promise<void> {
    if (this.open) {
      return;
    }
    if (problem.kind === 'installable' && !asked && this.memory.get(NOT_NOW) === true) {
      return;
    }
    this.open = true;
    try {
      await this.show(problem);
    } finally {
      this.open = false;
    }
  }

  private async show(problem: Problem): Promise<void> {
    switch (problem.kind) {
      case 'installable':
        return this.offerInstallation(problem.python);
      case 'wrong-setting':
        return this.choose(`ecto-migrations has no server. ${problem.text}.`, {
          'Find It Automatically': () => this.resetPath(),
          'Choose Program…': () => this.chooseProgram('server.path', 'The ecto-migrations command'),
          'Open Settings': () => openSettings('server.path'),
        });
      case 'source-missing':
        return this.choose(`ecto-migrations has no server. ${problem.text}.`, {
          'Look Everywhere': () => this.set('server.source', undefined),
          'Open Settings': () => openSettings('server.source'),
        });
      case 'nothing-to-install-with':
        return this.choose(`ecto-migrations has no server, and nothing to install it with: ${problem.text}.`, {
          'Choose Python…': () => this.chooseProgram('server.python', 'Python 3.11 or later'),
          'Get uv': () => void env.openExternal(Uri.parse(UV)),
          'Try Again': () => void this.manager.restart(),
        });
      case 'ended':
        return this.choose(`ecto-migrations: ${problem.text}.`, {
          Restart: () => void this.manager.restart(),
          'Show Log': this.showLog,
        });
    }
  }

  private async offerInstallation(python: { command: string; version: string }): Promise<void> {
    const install = 'Install';
    const own = 'I Have It…';
    const later = 'Not Now';
    const picked = await window.showInformationMessage(
      'ecto-migrations needs its server, which is not on this machine. Install it into an environment of the' +
        ` extension's own? Python ${python.version} at ${python.command} makes it, pip fetches what it depends on` +
        ' (60 MB on the disk); nothing else is changed.',
      install,
      own,
      later,
    );
    if (picked === own) {
      await this.chooseProgram('server.path', 'The ecto-migrations command');
    } else if (picked === install) {
      await this.memory.update(NOT_NOW, undefined);
      const problem = await this.manager.install(python);
      if (problem !== undefined) {
        await this.choose(`The server of ecto-migrations could not be installed: ${problem}.`, {
          'Try Again': () => void this.install(python),
          'Choose Python…': () => this.chooseProgram('server.python', 'Python 3.11 or later'),
          'Show Log': this.showLog,
        });
      }
    } else {
      await this.memory.update(NOT_NOW, true);
    }
  }

  private async install(python: { command: string; version: string }): Promise<void> {
    const problem = await this.manager.install(python);
    if (problem !== undefined) {
      await this.choose(`The server of ecto-migrations could not be installed: ${problem}.`, { 'Show Log': this.showLog });
    }
  }

  private async choose(message: string, ways: Record<string, () => unknown>): Promise<void> {
    const picked = await window.showErrorMessage(message, ...Object.keys(ways));
    if (picked !== undefined) {
      await ways[picked]?.();
    }
  }

  private async chooseProgram(setting: string, title: string): Promise<void> {
    const picked = await window.showOpenDialog({ title, openLabel: 'Use', canSelectMany: false });
    if (picked?.[0] !== undefined) {
      await this.set(setting, picked[0].fsPath);
    }
  }

  /** Where it is wrong, it is removed: from the workspace, else from the user's settings. */
  private async resetPath(): Promise<void> {
    await this.set('server.path', undefined);
  }

  private async set(setting: string, value: string | undefined): Promise<void> {
    const configuration = workspace.getConfiguration(SECTION);
    const where = configuration.inspect(setting);
    if (value === undefined && where?.workspaceValue !== undefined) {
      await configuration.update(setting, undefined, ConfigurationTarget.Workspace);
    }
    await configuration.update(setting, value, ConfigurationTarget.Global);
  }
}

function openSettings(setting: string): Thenable<unknown> {
  return commands.executeCommand('workbench.action.openSettings', `${SECTION}.${setting}`);
}
