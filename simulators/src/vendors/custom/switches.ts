// What a till of nobody's make may do one way or the other.

export interface CustomSwitches {
  /** Amounts and quantities as JSON numbers, or as decimal texts. */
  readonly amounts: 'numbers' | 'texts';
  /** What its messages carry: the whole entity, or its id alone. */
  readonly messages: 'full' | 'thin';
  /** Whether a feed begins where it is asked to, or always with its first row. */
  readonly changedSince: 'known' | 'ignored';
  readonly pageSizeMax: number;
  readonly requestsPerSecond: number;
}

export const customSwitches: CustomSwitches = {
  amounts: 'numbers',
  messages: 'full',
  changedSince: 'ignored',
  pageSizeMax: 500,
  requestsPerSecond: 1000,
};
