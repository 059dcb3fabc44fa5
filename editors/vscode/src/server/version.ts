/** Versions as the server prints them: `ecto-migrations 0.1.0`. */

/** The numbers of a version; undefined where there are none ("unknown", of a server that is not installed). */
export function parse(text: string): number[] | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found === null ? undefined : found.slice(1).map((part) => Number(part ?? 0));
}

export function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (let index = 0; index < than.length; index += 1) {
    const difference = (version[index] ?? 0) - (than[index] ?? 0);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return false;
}
