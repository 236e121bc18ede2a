// The kinds of text that credentials and settings of all makes are made of.
import { z } from 'zod';

export const secretText = z.string().min(1).max(4_096);
/** An id at a vendor: it goes into paths and headers. */
export const settingText = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/);
export const instantText = z.iso.datetime({ offset: true });
