// The seed's configuration of a till system.
import type { NewPosSystem } from './openapi.ts';

/** How a till system is reached and how often. Credentials are write-only: the server encrypts them, nobody reads them. */
export type POSSystemConfig = Omit<NewPosSystem, 'credentials'> & {
  /** As the make names them: `apiKey` and `secretKey` at most; the server says which are missing. */
  credentials?: {
    apiKey?: string;
    secretKey?: string;
    merchantId?: string;
    [field: string]: string | undefined;
  };
};
