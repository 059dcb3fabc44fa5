// Writes dist/package, the folder that becomes the extension's package: `node build.mjs WHEEL`.
//
// What lies elsewhere is put into it: the server's wheel, the licence, the pictures, the licences of what is bundled,
// and the settings of the project, which are defined by the server (schemas/, `make docs`).
import { build } from 'esbuild';
import { cpSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = '../..';
const OUT = 'dist/package';
const SCHEMA = 'schemas/ecto-migrations.schema.json';
const PICTURES = 'docs/images';

const wheel = process.argv[2];
if (wheel === undefined || !wheel.endsWith('.whl')) {
  throw new Error("the server's wheel is wanted: make vsix");
}
rmSync(OUT, { recursive: true, force: true });
mkdirSync(path.join(OUT, 'wheel'), { recursive: true });
const inputs = await bundle();
write('ThirdPartyNotices.txt', notices(inputs));
write('package.json', `${JSON.stringify(manifest(), null, 2)}\n`);
copyFileSync(wheel, path.join(OUT, 'wheel', path.basename(wheel)));
copyFileSync(path.join(ROOT, 'LICENSE'), path.join(OUT, 'LICENSE'));
copyFileSync('CHANGELOG.md', path.join(OUT, 'CHANGELOG.md'));
cpSync('media', path.join(OUT, 'media'), { recursive: true });
cpSync('schemas', path.join(OUT, 'schemas'), { recursive: true });
pictures();

function write(name, text) {
  writeFileSync(path.join(OUT, name), text);
}

/** The files that went into dist/extension.js. */
async function bundle() {
  const result = await build({
    entryPoints: ['src/extension.ts'],
    outfile: path.join(OUT, 'dist/extension.js'),
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
  return Object.keys(result.metafile.inputs);
}

function notices(files) {
  const folders = new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0]));
  folders.delete(undefined);
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
    if (file === undefined) {
      throw new Error(`${name} ${version} has no licence text`);
    }
    return `${name} ${version} (${license})\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
  });
  return `The extension contains these packages.\n\n${texts.join('\n-----\n\n')}`;
}

function manifest() {
  const { scripts: _scripts, devDependencies: _tools, private: _private, engines, ...rest } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  rest.engines = { vscode: engines.vscode };
  // All of dist/package: it holds nothing else.
  rest.files = ['**/*'];
  Object.assign(rest.contributes.configuration.properties, projectSettings());
  return rest;
}

/** The keys of .ecto-migrations.toml as settings of the editor. */
function projectSettings() {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
  const resolved = (value) => {
    if (Array.isArray(value)) {
      return value.map(resolved);
    }
    if (value === null || typeof value !== 'object') {
      return value;
    }
    if (typeof value.$ref === 'string') {
      return resolved(value.$ref.split('/').slice(1).reduce((place, key) => place[key], schema));
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item)]));
  };
  return Object.fromEntries(
    Object.entries(schema.properties).map(([key, definition], index) => {
      const { description, ...setting } = resolved(definition);
      // VS Code shows a control for what has a type, and takes the default of the type where there is none.
      if (setting.type === undefined) {
        const types = (setting.anyOf ?? []).map(({ type }) => (type === 'number' ? 'integer' : type));
        setting.type = [...(types.length > 0 ? types : ['string']), 'null'];
        setting.default = null;
      }
      if (setting.enum !== undefined) {
        setting.enum = [...setting.enum, null];
      }
      return [
        `ectoMigrations.${key}`,
        { ...setting, order: 100 + index, scope: 'resource', markdownDescription: `${description} The same key as in \`.ecto-migrations.toml\`.` },
      ];
    }),
  );
}

/** Those of the walkthrough. In the README of an installed extension VS Code shows none that lie beside it. */
function pictures() {
  mkdirSync(path.join(OUT, 'images'));
  write('README.md', readFileSync('README.md', 'utf8').replace(/^!\[[^\]]*\]\([^)]*\)\n\n/gm, ''));
  const named = [...readFileSync('package.json', 'utf8').matchAll(/"images\/([\w-]+\.png)"/g)];
  for (const [, name] of named) {
    copyFileSync(path.join(ROOT, PICTURES, name), path.join(OUT, 'images', name));
  }
}
