// What a till of nobody's make may do one way or the other.

export interface CustomSwitches {
  /** Amounts and quantities as JSON numbers, or as decimal texts. */
  readonly amounts: 'numbers' | 'texts';
  /** What its messages carry: the whole entity, or its id alone. */
  readonly messages: 'full' | 'thin';
  readonly pageSizeMax: number;
  readonly requestsPerSecond: number;
}

export const customSwitches: CustomSwitches = {
  amounts: 'numbers',
  messages: 'full',
  pageSizeMax: 500,
  requestsPerSecond: 1000,
};
