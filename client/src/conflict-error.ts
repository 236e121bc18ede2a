// The refusal of an edit that came too late, as a class of its own: a program shows both sides and lets somebody choose.
import { errorFromAnswer, type Problem, TillstreamError } from './tillstream-error.ts';

/** One side of a conflict, as the server sent it: the fields of a thing, camelCase. */
export type Side = Readonly<Record<string, unknown>>;

/**
 * Thrown when somebody else has edited the thing since the version that the edit was made of (409 `version.conflict`).
 * Nothing was changed. Send the edit again on top of `theirs` with `currentVersion`, or settle the conflict.
 */
export class ConflictError extends TillstreamError {
  override readonly name = 'ConflictError';
  /** Under which the server has written the refused edit down. */
  readonly conflictId: string;
  /** The fields that the refused edit would have changed; secrets are left out. */
  readonly mine: Side;
  /** The thing as it is now. */
  readonly theirs: Side;
  readonly expectedVersion: number;
  /** The version of `theirs`. */
  readonly currentVersion: number;

  constructor(problem: Problem, conflict: Conflict) {
    super(problem);
    this.conflictId = conflict.conflictId;
    this.mine = conflict.mine;
    this.theirs = conflict.theirs;
    this.expectedVersion = conflict.expectedVersion;
    this.currentVersion = conflict.currentVersion;
  }
}

/** What the problem of a conflict carries besides the members of every problem. */
type Conflict = Pick<ConflictError, 'conflictId' | 'mine' | 'theirs' | 'expectedVersion' | 'currentVersion'>;

/** The error of an answer that is not 2xx: a ConflictError where that is what it says, else a TillstreamError. */
export function refusalOf(response: Response, body: unknown): TillstreamError {
  const error = errorFromAnswer(response, body);
  if (error.code !== 'version.conflict' || !isConflict(body)) return error;
  const { code, status, detail, errors, advice, requestId } = error;
  const said = { ...(advice === undefined ? {} : { advice }), ...(requestId === undefined ? {} : { requestId }) };
  const problem = { code, status, detail, errors: [...errors], ...said };
  return new ConflictError(problem, body);
}

function isConflict(body: unknown): body is Conflict {
  return (
    isSide(body) &&
    typeof body['conflictId'] === 'string' &&
    typeof body['expectedVersion'] === 'number' &&
    typeof body['currentVersion'] === 'number' &&
    isSide(body['mine']) &&
    isSide(body['theirs'])
  );
}

function isSide(value: unknown): value is Side {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
