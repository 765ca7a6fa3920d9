// Builds everything the browser loads into static_build/ui/: two bundles (desk, phone), the
// blocking theme script and one icon sprite.  File names are stable; Django adds the hashes.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const out = join(root, 'static_build', 'ui');

// Safari 14.0 cannot destructure as esbuild emits it, hence 14.1 (see design notes on old engines).
const target = ['chrome87', 'safari14.1'];

const attributes = (pairs) =>
  Object.entries(pairs).map(([name, value]) => `${name}="${value}"`).join(' ');

/** Only the icons named in icons.json; an unknown name stops the build. */
async function sprite() {
  const drawings = join(root, 'node_modules/@tabler/icons/tabler-nodes-outline.json');
  const nodes = JSON.parse(await readFile(drawings, 'utf8'));
  const names = JSON.parse(await readFile(join(here, 'icons.json'), 'utf8'));
  const symbols = [...new Set(names)].sort().map((name) => {
    if (!nodes[name]) throw new Error(`assets/icons.json: @tabler/icons has no icon "${name}"`);
    const shapes = nodes[name].map(([tag, pairs]) => `<${tag} ${attributes(pairs)}/>`).join('');
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
      `stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join('\n')}\n</svg>\n`;
  await writeFile(join(out, 'icons.svg'), svg);
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([
  sprite(),
  esbuild.build({
    absWorkingDir: root,
    entryPoints: ['boot.js', 'desk.js', 'phone.js', 'desk.css', 'phone.css'].map((f) => `assets/src/${f}`),
    outdir: out,
    bundle: true,
    minify: true,
    format: 'iife',
    target,
    charset: 'utf8',
    legalComments: 'linked',
    logLevel: 'warning',
  }),
]);
