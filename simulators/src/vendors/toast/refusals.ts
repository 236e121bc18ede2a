// Toast's error body.

import type { Answer } from '../http-door.ts';

export class ToastRefusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const codes: Readonly<Record<number, number>> = { 400: 10_000, 401: 10_010, 403: 10_011, 404: 10_022, 429: 10_029 };

export const refusalAnswer = ({ status, message, headers }: ToastRefusal, requestId: string): Answer => ({
  status,
  headers,
  body: {
    status,
    code: codes[status] ?? 10_099,
    message,
    messageKey: null,
    fieldName: null,
    link: null,
    requestId,
    developerMessage: null,
    errors: [],
    canRetry: status === 429 || status >= 500 ? 'true' : 'false',
  },
});
