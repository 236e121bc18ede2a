// Which documented error each kind of problem in a JSON text is, in a request body as in a single sale of it.
import type { AppError, ErrorFactory } from './errors.ts';
import {
  ambiguousJson,
  invalidRequest,
  malformedJson,
  numberOutOfRange,
  tooDeep,
  unstorableText,
} from './http-errors.ts';
import type { ScanProblem } from './json-elements.ts';
import type { JsonProblem, JsonProblemKind } from './parse-json-exact.ts';

const factories: Record<JsonProblemKind | ScanProblem['kind'], ErrorFactory> = {
  syntax: malformedJson,
  not_utf8: malformedJson,
  too_deep: tooDeep,
  duplicate_key: ambiguousJson,
  forbidden_key: ambiguousJson,
  number_out_of_range: numberOutOfRange,
  unstorable_text: unstorableText,
  missing: invalidRequest,
  not_an_array: invalidRequest,
  too_many_elements: invalidRequest,
};

/** The error for a problem that parseJsonExact or scanJsonElements reported. */
export function jsonRefusal(problem: JsonProblem | ScanProblem): AppError {
  const path = 'path' in problem ? problem.path : '';
  return factories[problem.kind](problem.message, path === '' ? {} : { errors: [{ path, message: problem.message }] });
}
