// What a request with an idempotency key can be refused for.
import { defineError } from './errors.ts';

export const invalidIdempotencyKey = defineError('idempotency.invalid_key', {
  status: 422,
  title: 'The idempotency key is not one',
  advice:
    'Send 1 to 255 printable ASCII characters, a new random UUID for each thing to be done; or leave the header out.',
});

export const keyReused = defineError('idempotency.key_reused', {
  status: 422,
  title: 'The idempotency key was used for another request',
  advice:
    'Repeat a request unchanged (address, body, If-Match), and make a new key for a new one. Keys are kept 24 hours.',
});

export const requestInFlight = defineError('idempotency.in_flight', {
  status: 409,
  title: 'A request with this idempotency key is being carried out',
  advice: 'Send the same request again after the seconds in Retry-After: it is then answered as the first one was.',
});

export const notConfirmed = defineError('idempotency.not_confirmed', {
  status: 503,
  title: 'The database did not confirm the request',
  advice: 'Send the same request with the same key after the seconds in Retry-After: it is carried out once, or was.',
});
