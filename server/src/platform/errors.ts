// Every failure that a client can see is defined once, by defineError, in some slice's errors.ts. The catalogue of all
// definitions is what docs/errors.md is generated from; http.ts turns an AppError into an application/problem+json body.

/** One field of a request that was refused; `path` is e.g. `lines[0].quantity`, or `query.limit`. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** The body of every failed answer (RFC 9457), plus whatever `extensions` the error carries. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What to do about an error of this code. */
  readonly advice: string;
  readonly code: string;
  readonly errors: readonly FieldError[];
  readonly requestId: string;
  readonly [extension: string]: unknown;
}

export interface ErrorDefinition {
  /** `slice.reason`: never changed and never used again for something else once released. */
  readonly code: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** What went wrong, the same words each time; the case at hand goes into `detail`. */
  readonly title: string;
  /** A sentence for the client's author: what to do about it. It is in each answer, and in docs/errors.md. */
  readonly advice: string;
}

export interface ErrorExtra {
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the problem body, e.g. `{ base, mine, theirs }` of a version conflict. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Makes one error; `detail` says what happened this time, in a full sentence without secrets or foreign data. */
export interface ErrorFactory {
  (detail: string, extra?: ErrorExtra): AppError;
  readonly definition: ErrorDefinition;
  /** True for an error that this factory made. */
  is(error: unknown): error is AppError;
}

/** A refusal with a documented code. Anything else that is thrown reaches the client as `server.internal`. */
export class AppError extends Error {
  readonly definition: ErrorDefinition;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(definition: ErrorDefinition, detail: string, extra: ErrorExtra = {}) {
    super(detail, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = 'AppError';
    this.definition = definition;
    this.errors = extra.errors ?? [];
    this.headers = extra.headers ?? {};
    this.extensions = extra.extensions ?? {};
  }

  get code(): string {
    return this.definition.code;
  }

  get status(): number {
    return this.definition.status;
  }

  /** The sentence about this case. */
  get detail(): string {
    return this.message;
  }

  toProblem(requestId: string): Problem {
    const { code, status, title, advice } = this.definition;
    // Extensions come first: they add members and never replace one of the standard ones.
    return {
      ...this.extensions,
      type: `urn:tillstream:error:${code}`,
      title,
      status,
      detail: this.detail,
      advice,
      code,
      errors: this.errors,
      requestId,
    };
  }
}

const catalogue = new Map<string, ErrorDefinition>();

const codePattern = /^[a-z]+(_[a-z]+)*\.[a-z0-9]+(_[a-z0-9]+)*$/;

/**
 * Defines a client-visible error and returns its factory: `throw unknownProduct('There is no product …')`.
 * Throws at load time on a malformed or doubly used code, so a clash cannot reach a client.
 */
export function defineError(code: string, definition: Omit<ErrorDefinition, 'code'>): ErrorFactory {
  if (!codePattern.test(code)) throw new Error(`The error code "${code}" is not of the form slice.reason`);
  if (catalogue.has(code)) throw new Error(`The error code "${code}" is defined twice`);
  const { status, title, advice } = definition;
  if (!Number.isInteger(status) || status < 400 || status > 599) {
    throw new Error(`The error "${code}" has the status ${status}, which is none of an error`);
  }
  const entry = Object.freeze({ code, status, title, advice });
  catalogue.set(code, entry);
  const make = (detail: string, extra?: ErrorExtra) => new AppError(entry, detail, extra);
  return Object.assign(make, {
    definition: entry,
    is: (error: unknown): error is AppError => error instanceof AppError && error.definition === entry,
  });
}

/** All errors defined by the modules loaded so far, by code. */
export function errorCatalogue(): ErrorDefinition[] {
  return [...catalogue.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
