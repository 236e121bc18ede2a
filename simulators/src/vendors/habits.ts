// How often the unusual happens at a till: shares of all sales, 0 to 1.

export interface TillHabits {
  readonly modified: number;
  readonly lineDiscounted: number;
  readonly orderDiscounted: number;
  readonly tipped: number;
  readonly serviceCharged: number;
  readonly splitPaid: number;
  /** Has a line that is typed in by hand. */
  readonly typedIn: number;
  readonly offline: number;
  readonly testMode: number;
  /** Lines or tip are changed some minutes later. */
  readonly edited: number;
  readonly voided: number;
  readonly refunded: number;
  /** Of the refunds: one to three days after the sale. */
  readonly refundedDaysLater: number;
  readonly exchanged: number;
  readonly merged: number;
  /** Refunds that the bank answers a day later, and of these the ones it refuses. */
  readonly refundPending: number;
  readonly refundFailing: number;
  readonly credited: number;
}

export const usualHabits: TillHabits = {
  modified: 0.25,
  lineDiscounted: 0.03,
  orderDiscounted: 0.04,
  tipped: 0.3,
  serviceCharged: 0.02,
  splitPaid: 0.03,
  typedIn: 0.01,
  offline: 0.01,
  testMode: 0.003,
  edited: 0.02,
  voided: 0.008,
  refunded: 0.015,
  refundedDaysLater: 0.2,
  exchanged: 0.004,
  merged: 0.004,
  refundPending: 0.1,
  refundFailing: 0.2,
  credited: 0.001,
};

/** Everything far more often than in any shop: for short runs that must see all of it. */
export const busyHabits: TillHabits = {
  modified: 0.4,
  lineDiscounted: 0.15,
  orderDiscounted: 0.15,
  tipped: 0.4,
  serviceCharged: 0.1,
  splitPaid: 0.15,
  typedIn: 0.08,
  offline: 0.1,
  testMode: 0.04,
  edited: 0.12,
  voided: 0.08,
  refunded: 0.15,
  refundedDaysLater: 0.2,
  exchanged: 0.08,
  merged: 0.06,
  refundPending: 0.3,
  refundFailing: 0.3,
  credited: 0.03,
};

/** The usual, but nothing happens to a sale days later: endless sales can be forgotten after a day. */
export const sameDayHabits: TillHabits = { ...usualHabits, refundedDaysLater: 0, refundPending: 0 };
