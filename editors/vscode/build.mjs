// Bundles the extension into dist/extension.js, with the licences of what is bundled in ThirdPartyNotices.txt.
import { build } from 'esbuild';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const result = await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.js',
  bundle: true,
  platform: 'node',
  // The Node.js of the oldest VS Code in package.json, "engines".
  target: 'node20',
  format: 'cjs',
  // ES modules first: of a package that has both forms, the other one does not bundle.
  mainFields: ['module', 'main'],
  external: ['vscode'],
  minify: true,
  metafile: true,
  legalComments: 'none',
});

const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found !== null) {
    packages.add(path.join('node_modules', ...found[0].split('node_modules/').slice(1)));
  }
}
const notices = [...packages].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
  if (file === undefined) {
    throw new Error(`${name} ${version} has no licence text`);
  }
  return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
});
writeFileSync('ThirdPartyNotices.txt', `The extension contains these packages.\n\n${notices.join('\n-----\n\n')}`);

copyFileSync('../../LICENSE', 'LICENSE');
if (!existsSync('wheel') || !readdirSync('wheel').some((name) => name.endsWith('.whl'))) {
  throw new Error("wheel/ holds no wheel of the server: build the package with 'make vsix'");
}
