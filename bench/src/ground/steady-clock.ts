// The machine's steady clock, which all processes of a bench share: what one has started, another may end.

/** In µs since the machine began. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
