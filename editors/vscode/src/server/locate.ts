/** Where the server is: the setting, PATH, the extension's own environment, uvx, pipx. */

import * as os from 'node:os';
import * as path from 'node:path';

import type { Environment } from './environment';
import { everywhere, isExecutable, run, which } from './processes';
import { isOlder, parse } from './version';

export type Source = 'auto' | 'path' | 'uvx' | 'pipx' | 'environment';

export interface Wanted {
  /** `ectoMigrations.server.path`, empty where it is not set. */
  path: string;
  /** `ectoMigrations.server.source` */
  source: Source;
}

export interface ServerCommand {
  command: string;
  args: string[];
  /** For the log: where it was found. */
  origin: string;
  version: string;
}

export type Located =
  | { kind: 'found'; server: ServerCommand }
  /** What the setting names cannot be run. Nothing else is tried: the user asked for that one. */
  | { kind: 'wrong-setting'; problem: string }
  /** `tried` says for each place why it is not there, as sentences without full stop. */
  | { kind: 'missing'; tried: string[] };

export interface Places {
  environment: Environment;
  wheel: string;
  /** The oldest version of the server that this extension works with. */
  oldest: string;
  log: (line: string) => void;
  /** Told before something that can take long. */
  onSlow: (what: string) => void;
}

const NAME = 'ecto-migrations';
const ENVIRONMENT = "the extension's own environment";

/** Where it is the package that comes with this extension. */
export const OWN_ORIGINS: ReadonlySet<string> = new Set([ENVIRONMENT, 'uvx', 'pipx']);

/** Finds a server that answers `--version`. */
export async function locate(wanted: Wanted, places: Places): Promise<Located> {
  if (wanted.path !== '') {
    const command = expanded(wanted.path);
    const problem = !path.isAbsolute(command)
      ? 'it is not an absolute path'
      : (await isExecutable(command))
        ? await tooOldOrBroken(command, [], places, 20)
        : 'there is no such program';
    if (typeof problem === 'string') {
      return { kind: 'wrong-setting', problem: `ectoMigrations.server.path, ${command}: ${problem}` };
    }
    return found(command, [], 'the setting ectoMigrations.server.path', problem.version);
  }
  const tried: string[] = [];
  for (const [source, search] of SEARCHES) {
    if (wanted.source === 'auto' || wanted.source === source) {
      const result = await search(places);
      if (typeof result !== 'string') {
        return { kind: 'found', server: result };
      }
      places.log(`${source}: ${result}`);
      tried.push(result);
    }
  }
  return { kind: 'missing', tried };
}

type Search = (places: Places) => Promise<ServerCommand | string>;

// An environment that is there already comes before uvx and pipx: the user agreed to it when they could not
// be had, and it starts without asking a registry.
const SEARCHES: readonly (readonly [Source, Search])[] = [
  ['path', inPath],
  ['environment', inEnvironment],
  ['uvx', withUvx],
  ['pipx', withPipx],
];

async function inPath(places: Places): Promise<ServerCommand | string> {
  const problems: string[] = [];
  for (const command of await everywhere(NAME)) {
    const result = await tooOldOrBroken(command, [], places, 20);
    if (typeof result !== 'string') {
      return { command, args: [], origin: 'PATH', version: result.version };
    }
    problems.push(`${command}: ${result}`);
  }
  return problems[0] ?? `${NAME} is not in PATH`;
}

async function inEnvironment(places: Places): Promise<ServerCommand | string> {
  if (!(await places.environment.isInstalled())) {
    return "the extension's own environment is not installed";
  }
  const { command } = places.environment;
  const result = await tooOldOrBroken(command, [], places, 60);
  if (typeof result === 'string') {
    return `the server in the extension's own environment does not run: ${result}`;
  }
  return { command, args: [], origin: ENVIRONMENT, version: result.version };
}

function withUvx(places: Places): Promise<ServerCommand | string> {
  return withRunner('uvx', ['--python', '>=3.11', '--from', places.wheel, NAME], places);
}

function withPipx(places: Places): Promise<ServerCommand | string> {
  return withRunner('pipx', ['run', '--spec', places.wheel, NAME], places);
}

async function withRunner(runner: string, args: string[], places: Places): Promise<ServerCommand | string> {
  const command = await which(runner);
  if (command === undefined) {
    return `${runner} is not in PATH`;
  }
  places.onSlow(`getting the server with ${runner}`);
  const result = await tooOldOrBroken(command, args, places, 600);
  if (typeof result === 'string') {
    return `${runner} does not get the server: ${result}`;
  }
  return { command, args, origin: runner, version: result.version };
}

/** The version of a server that can be used, else why it cannot. */
async function tooOldOrBroken(
  command: string,
  args: string[],
  places: Places,
  seconds: number,
): Promise<{ version: string } | string> {
  const outcome = await run(command, [...args, '--version'], { seconds });
  if (outcome.code !== 0) {
    return outcome.reason;
  }
  const answer = outcome.output.trim();
  if (!answer.startsWith(`${NAME} `)) {
    return `it does not answer --version like ${NAME}`;
  }
  const version = parse(answer);
  if (version !== undefined && isOlder(version, parse(places.oldest) ?? [])) {
    return `it is version ${version.join('.')}, and this extension needs ${places.oldest} or later`;
  }
  return { version: answer.slice(NAME.length + 1) };
}

function found(command: string, args: string[], origin: string, version: string): Located {
  return { kind: 'found', server: { command, args, origin, version } };
}

function expanded(configured: string): string {
  return configured.replace(/^~(?=$|[/\\])/, os.homedir()).replace(/\$\{env:(\w+)\}/g, (_, name: string) => process.env[name] ?? '');
}
