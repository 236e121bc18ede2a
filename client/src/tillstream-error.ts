// The one error class of the client: what the server refused, or why the server could not be asked at all.

/** One field of the request that was refused. `path` is a dotted path into the body or query, `message` says what to do. */
export type FieldError = { path: string; message: string };

/** The server's `application/problem+json` document, as far as it was sent. */
export type Problem = {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  advice?: string;
  code?: string;
  errors?: FieldError[];
  requestId?: string;
};

/**
 * Thrown by every call. Branch on `code` (stable, `slice.reason`), show `detail` (what happened) and `advice` (what to do
 * about it), and quote `requestId` to the operator. `status` is the HTTP status, or 0 when no answer came: then `code` is
 * `client.unreachable` (no connection), `client.timeout` or `client.aborted`, and `cause` holds the original error.
 */
export class TillstreamError extends Error {
  override readonly name: string = 'TillstreamError';
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** A sentence that says what to do; undefined where it was not the server that refused. */
  readonly advice: string | undefined;
  readonly errors: readonly FieldError[];
  readonly requestId: string | undefined;
  /** Seconds after which the server asks to be tried again (its Retry-After), if it said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Problem, extra: { retryAfterSeconds?: number | undefined; cause?: unknown } = {}) {
    const detail = problem.detail ?? problem.title ?? 'The request was refused without a reason.';
    super(detail, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.code = problem.code ?? 'client.unexplained';
    this.status = problem.status ?? 0;
    this.detail = detail;
    this.advice = problem.advice;
    this.errors = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfterSeconds = extra.retryAfterSeconds;
  }

  /** True where the same request may succeed later: no answer came, or the server was overloaded or starting. */
  get isTemporary(): boolean {
    return this.status === 0 ? this.code !== 'client.aborted' : this.status === 429 || this.status >= 502;
  }
}

/**
 * Builds the error for an answer that is not 2xx. A proxy in between may answer HTML or nothing: whatever is not a
 * problem document becomes `client.unexplained` with the status kept, never a second failure while parsing.
 */
export function errorFromAnswer(response: Response, body: unknown): TillstreamError {
  const problem = isRecord(body) ? pickProblem(body) : {};
  const requestId = problem.requestId ?? response.headers.get('x-request-id') ?? undefined;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new TillstreamError(
    {
      ...problem,
      status: response.status,
      detail: problem.detail ?? problem.title ?? `The server answered ${response.status} without saying why.`,
      ...(requestId === undefined ? {} : { requestId }),
    },
    { retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined },
  );
}

/** Builds the error for a request that got no answer at all. */
export function errorFromFailure(cause: unknown, url: string): TillstreamError {
  const name = cause instanceof Error ? cause.name : '';
  if (name === 'TimeoutError') {
    return new TillstreamError({ code: 'client.timeout', detail: `${url} did not answer in time.` }, { cause });
  }
  if (name === 'AbortError') {
    return new TillstreamError(
      { code: 'client.aborted', detail: 'The request was cancelled by the caller.' },
      { cause },
    );
  }
  const detail = `${url} cannot be reached. Check the address and the network, then try again.`;
  return new TillstreamError({ code: 'client.unreachable', detail }, { cause });
}

function pickProblem(body: Record<string, unknown>): Problem {
  const problem: Problem = {};
  if (typeof body['type'] === 'string') problem.type = body['type'];
  if (typeof body['title'] === 'string') problem.title = body['title'];
  if (typeof body['detail'] === 'string') problem.detail = body['detail'];
  if (typeof body['advice'] === 'string') problem.advice = body['advice'];
  if (typeof body['code'] === 'string') problem.code = body['code'];
  if (typeof body['requestId'] === 'string') problem.requestId = body['requestId'];
  if (Array.isArray(body['errors'])) problem.errors = body['errors'].filter(isFieldError);
  return problem;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string';
}
