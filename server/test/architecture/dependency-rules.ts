/** Each dependency is one more thing to trust and to update: it has its reason, and its exact version. */
import type { Project, Rule } from './project.ts';

type Dependency = { readonly file: string; readonly name: string; readonly version: string };

function dependencies({ tree }: Project): Dependency[] {
  return Object.entries(tree)
    .filter(([path]) => /(^|\/)package\.json$/.test(path))
    .flatMap(([file, text]) => {
      const parsed = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
      return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']
        .flatMap((kind) => Object.entries(parsed[kind] ?? {}))
        .map(([name, version]) => ({ file, name, version }));
    })
    .filter(({ name }) => !name.startsWith('@tillstream/'));
}

const withDependency = (version: string) => JSON.stringify({ devDependencies: { 'left-pad': version } });

const reasons: Rule = {
  name: 'CONTRIBUTING.md gives a reason for each dependency',
  check(project) {
    const lines = (project.tree['CONTRIBUTING.md'] ?? '').split('\n');
    const missing = dependencies(project).filter(({ name }) => {
      const line = lines.find((each) => each.includes(`\`${name}\``)) ?? '';
      // Beside the names there must be words.
      return line.replace(/`[^`]*`/g, '').match(/[a-z]{2,}/gi) === null;
    });
    return missing.map(({ file, name }) => `${file}: ${name} has no line in CONTRIBUTING.md`);
  },
  broken: [
    { 'package.json': withDependency('1.3.0') },
    { 'package.json': withDependency('1.3.0'), 'CONTRIBUTING.md': '| `left-pad` | |' },
  ],
  kept: { 'server/package.json': withDependency('1.3.0'), 'CONTRIBUTING.md': '| `left-pad` | pads on the left |' },
};

const exact: Rule = {
  name: 'dependencies have exact versions: npm under Node 20 otherwise picks old releases',
  check: (project) =>
    dependencies(project)
      .filter(({ version }) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(({ file, name, version }) => `${file}: ${name} ${version}`),
  broken: [{ 'package.json': withDependency('^1.3.0') }, { 'package.json': withDependency('latest') }],
  kept: { 'package.json': withDependency('18.4.0-beta.17') },
};

export const dependencyRules: readonly Rule[] = [reasons, exact];
