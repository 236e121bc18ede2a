// The kinds of text that credentials and settings of all makes are made of.
import { z } from 'zod';

/** Characters that a header can carry: what is pasted may bring others, and a request with them cannot even be made. */
export const secretText = z
  .string()
  .trim()
  .min(1)
  .max(4_096)
  .regex(/^[ -~]+$/, 'has a character that no such field has, as a line break or a typographic quote');
/** An id at a vendor: it goes into paths and headers. */
export const settingText = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);
export const instantText = z.iso.datetime({ offset: true });
