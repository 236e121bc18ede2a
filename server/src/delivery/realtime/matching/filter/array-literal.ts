// PostgreSQL's text form of a one-dimensional array: `{a,"b, c",NULL}`.

const elementPattern = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",{}\\](?:[^",{}\\]|\\.)*))\s*(,|$)/suy;

/** The elements, null for NULL; undefined where the text is no such array. */
export function parseArray(text: string): (string | null)[] | undefined {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (inner === undefined) return undefined;
  if (inner.trim() === '') return [];
  const elements: (string | null)[] = [];
  elementPattern.lastIndex = 0;
  for (;;) {
    const match = elementPattern.exec(inner);
    if (match === null) return undefined;
    const [, quoted, bare, end] = match;
    if (quoted !== undefined) elements.push(unquoted(quoted));
    else elements.push(bare?.trim().toLowerCase() === 'null' ? null : unquoted(bare?.trim() ?? ''));
    if (end === '') return elements;
  }
}

function unquoted(text: string): string {
  return text.replaceAll(/\\(.)/gsu, '$1');
}
