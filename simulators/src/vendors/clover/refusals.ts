// Clover's errors: the status says it all, the body is nowhere documented.

import type { Answer } from '../http-door.ts';
import type { CloverSwitches } from './switches.ts';

export class CloverRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function refusalAnswer(status: number, message: string, { errorBody }: CloverSwitches): Answer {
  if (errorBody === 'none') return { status };
  return { status, body: errorBody === 'message' ? { message } : { message, type: `http_${status}` } };
}
