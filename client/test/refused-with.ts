// What a call that must fail failed with, as the class that its caller branches on.

/** Resolves with the error of the given class; throws where the call succeeds or fails otherwise. */
export async function refusedWith<E extends Error>(
  kind: new (...parts: never[]) => E,
  call: Promise<unknown>,
): Promise<E> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof kind)) throw new Error(`expected a ${kind.name}, got ${String(error)}`);
  return error;
}
