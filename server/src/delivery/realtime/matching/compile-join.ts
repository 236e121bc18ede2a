// What a join asked for, compiled whole: the bindings that can be served, the echo that its reply carries, and a sentence
// for each binding that cannot be served. Pure, and done once: a new token changes who may see, not what was asked.

import type { Binding } from '../protocol/join-config.ts';
import type { JsonObject } from '../protocol/message.ts';
import { bindingIds } from './binding-id.ts';
import { BindingError, type CompiledBinding, compileBinding } from './compile-binding.ts';
import type { FeedTable } from './feed.ts';

export interface CompiledJoin {
  readonly bindings: readonly CompiledBinding[];
  /** Each asked-for binding unchanged, with its id, in order; also those that cannot be served. */
  readonly echo: readonly JsonObject[];
  readonly complaints: readonly string[];
}

// Each runs for every row in reach, at microseconds a character: enough for any screen, too few to keep a node busy.
const patternsPerChannelMax = 10;

export function compileJoin(asked: readonly Binding[], tables: readonly FeedTable[]): CompiledJoin {
  const ids = bindingIds(asked);
  const bindings: CompiledBinding[] = [];
  const complaints: string[] = [];
  let patterns = 0;
  const echo = asked.map((binding, index) => {
    const id = ids[index] ?? 0;
    try {
      const compiled = compileBinding(binding, id, tables);
      patterns += compiled.conditions.filter(({ isPattern }) => isPattern).length;
      if (patterns > patternsPerChannelMax) {
        throw new BindingError(`a channel has at most ${patternsPerChannelMax} filters by regular expression`);
      }
      bindings.push(compiled);
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      complaints.push(error.message);
    }
    return { ...binding.asked, id };
  });
  return { bindings, echo, complaints };
}
