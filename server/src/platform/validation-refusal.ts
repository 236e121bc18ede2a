// What a schema found wrong with a request, as one of our errors.
import type { FastifyError } from 'fastify';
import type { ZodFastifySchemaValidationError } from 'fastify-type-provider-zod';
import type { AppError, FieldError } from './errors.ts';
import { invalidRequest, notFound, unknownField } from './http-errors.ts';
import { formatPath } from './parse-json-exact.ts';

type ValidationError = Omit<FastifyError, 'validation'> & { validation: ZodFastifySchemaValidationError[] };

/** Fields listed in one answer; a body of a thousand wrong lines is not answered with a thousand sentences. */
const fieldErrorsMax = 50;

export function validationRefusal({ validation, validationContext }: ValidationError): AppError {
  const prefix = validationContext === 'body' || validationContext === undefined ? [] : [placeOf(validationContext)];
  const errors = validation.flatMap((issue) => fieldErrors(issue, prefix)).slice(0, fieldErrorsMax);
  // An id of the wrong form is one that does not exist; saying so differently would only help to guess the form.
  if (validationContext === 'params') return notFound('There is nothing with this id.', { errors });
  const onlyUnknown = validation.every(({ keyword }) => keyword === 'unrecognized_keys');
  const [first] = errors;
  const rest = errors.length > 1 ? ` There are ${errors.length - 1} more problems.` : '';
  const detail = `${first?.path || 'The body'}: ${first?.message ?? 'is not what this route takes'}.${rest}`;
  return (onlyUnknown ? unknownField : invalidRequest)(detail, { errors });
}

function placeOf(context: string): string {
  return context === 'querystring' ? 'query' : context;
}

function fieldErrors(issue: ZodFastifySchemaValidationError, prefix: string[]): FieldError[] {
  const steps = issue.instancePath.split('/').filter((step) => step !== '');
  const path = [...prefix, ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
  const { keys } = issue.params as { keys?: unknown };
  if (issue.keyword === 'unrecognized_keys' && Array.isArray(keys)) {
    return keys.map((key) => ({ path: formatPath([...path, String(key)]), message: 'is not a known field' }));
  }
  return [{ path: formatPath(path), message: sentence(issue.message ?? 'is not allowed') }];
}

// Zod says "Invalid input: expected string, received number"; the path in front of it makes the opening redundant.
// What is no number in an address becomes NaN on the way, which the caller has never sent.
function sentence(message: string): string {
  return message.replace(/^Invalid input: /, '').replace(/, received NaN$/, '');
}
