// SQL's LIKE: `%` is any text, `_` one character, `\` takes the next one literally. Matched greedily with one step back, so a
// pattern full of `%` costs at most text times pattern and cannot explode.
import { FilterError } from './parse-filter.ts';

type Part = string | 'any' | 'one';

const [anyText, oneCharacter] = ['%', '_'];

/** The test that the pattern is; `isFolded` ignores case (ILIKE). Throws FilterError for a pattern that ends in `\`. */
export function compileLike(pattern: string, isFolded: boolean): (text: string) => boolean {
  const parts = readParts(isFolded ? pattern.toLowerCase() : pattern);
  return (text) => matches(parts, [...(isFolded ? text.toLowerCase() : text)]);
}

/** Characters are kept with a mark before them, so that a literal `%` is not taken for the sign. */
function readParts(pattern: string): Part[] {
  const parts: Part[] = [];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? '';
    if (character === anyText) parts.push('any');
    else if (character === oneCharacter) parts.push('one');
    else if (character !== '\\') parts.push(`=${character}`);
    else {
      at++;
      if (at === characters.length) throw new FilterError('LIKE pattern must not end with escape character');
      parts.push(`=${characters[at]}`);
    }
  }
  return parts;
}

function matches(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let retryPart = -1;
  let retryAt = 0;
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === 'any') {
      retryPart = part++;
      retryAt = at;
    } else if (wanted === 'one' || wanted === `=${text[at]}`) {
      part++;
      at++;
    } else if (retryPart >= 0) {
      // The last `%` takes one more character; those before it need not be tried again.
      part = retryPart + 1;
      at = ++retryAt;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === 'any');
}
