// The operators `match` and `imatch`, PostgreSQL's `~` and `~*`. A subscriber's pattern runs inside our process for every row
// it may see, so it is given to an engine that takes linear time for any pattern (RE2) and never to JavaScript's own, which
// a dozen characters can stop for hours. What that engine cannot do (looking around, referring back) is refused at join.
import { RE2JS } from 're2js';
import { FilterError } from './parse-filter.ts';

const patternCharactersMax = 256;
const programSizeMax = 2_000;
/** A longer text is not looked at, which counts as "unknown": the engine takes microseconds a character. */
export const matchedCharactersMax = 8_192;

// Escapes that PostgreSQL reads otherwise than RE2; the others mean the same in both, or are refused by RE2.
const escapes: Readonly<Record<string, string>> = { y: '\\b', Y: '\\B', Z: '\\z', b: '\\x08', B: '\\\\', e: '\\x1b' };

/** The test that the pattern is; null for a text that is too long. Throws FilterError for what cannot be served. */
export function compilePattern(pattern: string, isFolded: boolean): (text: string) => boolean | null {
  if (pattern.length > patternCharactersMax) {
    throw new FilterError(`a regular expression has at most ${patternCharactersMax} characters`);
  }
  const flags = RE2JS.DOTALL | (isFolded ? RE2JS.CASE_INSENSITIVE : 0);
  const compiled = compile(pattern, flags);
  if (compiled.programSize() > programSizeMax) {
    throw new FilterError('the regular expression is too large once its repetitions are written out');
  }
  return (text) => (text.length > matchedCharactersMax ? null : compiled.test(text));
}

function compile(pattern: string, flags: number): RE2JS {
  try {
    return RE2JS.compile(translate(pattern), flags);
  } catch (error) {
    if (error instanceof FilterError) throw error;
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    throw new FilterError(`invalid regular expression: ${reason.slice(0, 200)}`);
  }
}

function translate(pattern: string): string {
  return pattern.replaceAll(/\\(.)/gsu, (whole, letter: string) => {
    if (letter === 'm' || letter === 'M') {
      throw new FilterError(`invalid regular expression: ${whole} is not served, use \\y for the edge of a word`);
    }
    return escapes[letter] ?? whole;
  });
}
