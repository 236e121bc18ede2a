// What must never reach a log, an error tracker or a terminal, wherever in a text it turns up.

const replacements: readonly [RegExp, string][] = [
  // Our API keys: the public part stays, which tells which key it was.
  [/\b(tsk_[A-Za-z0-9]{1,16})_[A-Za-z0-9_-]+/g, '$1_***'],
  // Signed tokens (JWT), recognisable by their two JSON parts.
  [/\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*/g, '***.jwt'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***'],
  // Passwords in addresses, up to the last "@" before the path: a password may hold an "@" itself.
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"'\\]*):[^\s/"'\\]+@/gi, '$1:***@'],
  [/([?&](?:apikey|api_key|token|access_token|password|secret)=)[^&\s"'\\#]+/gi, '$1***'],
];

/** The text with every secret in it replaced. */
export function redactText(text: string): string {
  let redacted = text;
  for (const [pattern, replacement] of replacements) redacted = redacted.replace(pattern, replacement);
  return redacted;
}

const secretName =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|apikey|api_?key|credentials|api_?credentials|(?:\w+_?)?(?:password|passwd|secret|token)s?|secret_?keys?|private_?key)$/i;

const depthMax = 8;

/**
 * A copy of a JSON value in which every member with a secret's name, whatever it holds, and every secret in a text is
 * replaced. Below 8 levels nothing is shown at all, which also ends cycles.
 */
export function redactValue(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= depthMax) return '…';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secretName.test(name) && member !== null ? '***' : redactValue(member, depth + 1),
    ]),
  );
}
