// The credential that the screen signs in with. It lives in sessionStorage: gone with the tab, never in a URL or cookie.

export type Credential = { kind: 'token' | 'key'; value: string };

const storageKey = 'tillstream.credential';

/** Longest token or key that is accepted; ours have under 1,000 characters, other issuers' a few thousand. */
const credentialLengthMax = 8_192;

/** What a person pasted, told apart: an API key begins `tsk_`, an access token has three parts with dots between. */
export function parseCredential(pasted: string): Credential | { problem: string } {
  const value = pasted.trim();
  if (value === '') return { problem: 'Paste an access token or an API key.' };
  if (value.length > credentialLengthMax) return { problem: 'This is too long for an access token or an API key.' };
  if (value.startsWith('tsk_')) return { kind: 'key', value };
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(value)) return { kind: 'token', value };
  return { problem: 'This is neither an API key (it begins tsk_) nor an access token (three parts with dots).' };
}

/** The credential of this tab, if it has one that is still readable. */
export function storedCredential(storage: Storage = sessionStorage): Credential | undefined {
  const stored = storage.getItem(storageKey);
  if (stored === null) return undefined;
  const parsed = parseCredential(stored);
  return 'problem' in parsed ? undefined : parsed;
}

/** Keeps the credential for this tab; undefined forgets it. */
export function storeCredential(credential: Credential | undefined, storage: Storage = sessionStorage): void {
  if (credential === undefined) storage.removeItem(storageKey);
  else storage.setItem(storageKey, credential.value);
}
