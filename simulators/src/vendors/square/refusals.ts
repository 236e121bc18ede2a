// Square's error bodies.

import type { Answer } from '../http-door.ts';

type Category = 'API_ERROR' | 'AUTHENTICATION_ERROR' | 'INVALID_REQUEST_ERROR' | 'RATE_LIMIT_ERROR';

/** Thrown by whatever finds a request wrong; the door answers with it. */
export class SquareRefusal extends Error {
  readonly answer: Answer;

  constructor(status: number, error: { category: Category; code: string; detail: string; field?: string }) {
    super(error.detail);
    this.answer = { status, body: { errors: [error] } };
  }
}

export const invalid = (code: string, detail: string, field?: string): SquareRefusal =>
  new SquareRefusal(400, {
    category: 'INVALID_REQUEST_ERROR',
    code,
    detail,
    ...(field === undefined ? {} : { field }),
  });

export const unauthorized = (code: string, detail: string): SquareRefusal =>
  new SquareRefusal(401, { category: 'AUTHENTICATION_ERROR', code, detail });

export const notFound = (detail: string): SquareRefusal =>
  new SquareRefusal(404, { category: 'INVALID_REQUEST_ERROR', code: 'NOT_FOUND', detail });

export const internal: Answer = {
  status: 500,
  body: {
    errors: [{ category: 'API_ERROR', code: 'INTERNAL_SERVER_ERROR', detail: 'An internal error has occurred' }],
  },
};

export const rateLimited = (headers: Readonly<Record<string, string>>): Answer => ({
  status: 429,
  headers,
  body: { errors: [{ category: 'RATE_LIMIT_ERROR', code: 'RATE_LIMITED', detail: 'Too many requests' }] },
});
