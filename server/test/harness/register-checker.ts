// Whether things that many edit at once behaved like registers with one writer at a time, as a pure function from what
// the writers were told to the list of violations, each a sentence; an empty list is the proof. register-checker.test.ts
// shows it red on doctored histories.

export type State = Readonly<Record<string, unknown>>;

/** One edit and what became of it. Times are of one clock, in any unit: when it was sent and when its answer had come. */
export interface EditAttempt {
  readonly key: string;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly expectedVersion: number;
  readonly changes: State;
  readonly outcome:
    | { readonly kind: 'accepted'; readonly version: number }
    | {
        readonly kind: 'refused';
        readonly currentVersion: number;
        readonly theirs: State;
        readonly conflictId: string;
      };
}

/** What was written down of a refused edit. */
export interface WrittenConflict {
  readonly id: string;
  readonly key: string;
  readonly expectedVersion: number;
  readonly mine: State;
}

export interface RegisterHistory {
  /** Each thing before the first edit. */
  readonly initial: ReadonlyMap<string, { readonly version: number; readonly state: State }>;
  readonly attempts: readonly EditAttempt[];
  /** Each thing after the last answer. */
  readonly final: ReadonlyMap<string, { readonly version: number; readonly state: State }>;
  readonly conflicts: readonly WrittenConflict[];
}

/**
 * For each thing: the accepted edits made the versions that follow the first one, each once and without gaps, each of the
 * version before; they took effect between being sent and being answered; replayed in that order they give the final
 * state, and at each version what a refused edit was shown. Each refused edit was late, and is written down exactly once.
 */
export function checkRegisters(history: RegisterHistory): string[] {
  const byKey = Map.groupBy(history.attempts, ({ key }) => key);
  const unknown = [...byKey.keys()].filter((key) => !history.initial.has(key)).map((key) => `${key} was never there`);
  return [
    ...unknown,
    ...[...history.initial].flatMap(([key, initial]) =>
      checkRegister(key, { initial, attempts: byKey.get(key) ?? [], final: history.final.get(key) }),
    ),
    ...checkConflicts(history),
  ];
}

interface OneRegister {
  readonly initial: { readonly version: number; readonly state: State };
  readonly attempts: readonly EditAttempt[];
  readonly final: { readonly version: number; readonly state: State } | undefined;
}

function checkRegister(key: string, { initial, attempts, final }: OneRegister): string[] {
  const violations: string[] = [];
  const accepted = attempts
    .flatMap((attempt) =>
      attempt.outcome.kind === 'accepted' ? [{ ...attempt, version: attempt.outcome.version }] : [],
    )
    .sort((a, b) => a.version - b.version);
  const states = new Map([[initial.version, initial.state]]);
  let last = initial;
  for (const { version, expectedVersion, changes } of accepted) {
    if (version === last.version) violations.push(`${key}: two edits were told that they made version ${version}`);
    else if (version !== last.version + 1) violations.push(`${key}: version ${version} follows ${last.version}`);
    if (version !== expectedVersion + 1) violations.push(`${key}: version ${version} was made of ${expectedVersion}`);
    last = { version, state: { ...last.state, ...changes } };
    states.set(version, last.state);
  }
  if (final === undefined) violations.push(`${key} is gone`);
  else if (final.version !== last.version) {
    violations.push(`${key}: the final version is ${final.version}, the last accepted edit made ${last.version}`);
  } else violations.push(...differences(`${key} at the end`, final.state, last.state));
  return [...violations, ...checkTimes(key, initial.version, attempts), ...checkRefusals(key, attempts, states)];
}

/** No answer tells of a version that was not there yet, or is older than what had been answered before it was sent. */
function checkTimes(key: string, initialVersion: number, attempts: readonly EditAttempt[]): string[] {
  const versionOf = ({ outcome }: EditAttempt) =>
    outcome.kind === 'accepted' ? outcome.version : outcome.currentVersion;
  const answers = attempts
    .map((attempt) => ({ at: attempt.answeredAt, version: versionOf(attempt) }))
    .sort((a, b) => a.at - b.at);
  let known = initialVersion;
  let next = 0;
  return [...attempts]
    .sort((a, b) => a.sentAt - b.sentAt)
    .flatMap((attempt) => {
      for (let answer = answers[next]; answer !== undefined && answer.at < attempt.sentAt; answer = answers[++next]) {
        known = Math.max(known, answer.version);
      }
      const version = versionOf(attempt);
      if (attempt.outcome.kind === 'accepted' && version <= known) {
        return [`${key}: version ${version} was made after version ${known} had been answered`];
      }
      return version < known ? [`${key}: version ${version} was shown after ${known} had been answered`] : [];
    });
}

function checkRefusals(key: string, attempts: readonly EditAttempt[], states: ReadonlyMap<number, State>): string[] {
  return attempts.flatMap(({ expectedVersion, outcome }) => {
    if (outcome.kind === 'accepted') return [];
    const { currentVersion, theirs } = outcome;
    const state = states.get(currentVersion);
    return [
      ...(currentVersion > expectedVersion
        ? []
        : [`${key}: an edit of version ${expectedVersion} was refused at ${currentVersion}`]),
      ...(state === undefined
        ? [`${key}: a refusal showed version ${currentVersion}, which nobody made`]
        : differences(`${key} as a refusal showed version ${currentVersion}`, theirs, state)),
    ];
  });
}

function differences(what: string, is: State, expected: State): string[] {
  return Object.keys(expected)
    .filter((field) => is[field] !== expected[field])
    .map((field) => `${what}: ${field} is ${is[field]}, the accepted edits say ${expected[field]}`);
}

function checkConflicts({ attempts, conflicts }: RegisterHistory): string[] {
  const written = Map.groupBy(conflicts, ({ id }) => id);
  const refused = attempts.flatMap((attempt) =>
    attempt.outcome.kind === 'refused' ? [{ ...attempt, conflictId: attempt.outcome.conflictId }] : [],
  );
  const told = Map.groupBy(refused, ({ conflictId }) => conflictId);
  return [
    ...[...told].flatMap(([id, edits]) => {
      const [edit] = edits;
      const [row] = written.get(id) ?? [];
      if (edit === undefined || row === undefined) return [`the conflict ${id} is not written down`];
      if (edits.length > 1) return [`the conflict ${id} stands for ${edits.length} refused edits`];
      const same = row.key === edit.key && row.expectedVersion === edit.expectedVersion;
      return same
        ? differences(`the conflict ${id}`, row.mine, edit.changes)
        : [`the conflict ${id} is another edit's`];
    }),
    ...[...written].flatMap(([id, rows]) => [
      ...(told.has(id) ? [] : [`the conflict ${id} is written down, and nobody was refused with it`]),
      ...(rows.length > 1 ? [`the conflict ${id} is written down ${rows.length} times`] : []),
    ]),
  ];
}
