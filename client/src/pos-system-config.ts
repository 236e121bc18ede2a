// The seed's configuration of a till system.

/** How a till system is reached and how often. Credentials are write-only: the server encrypts them, nobody reads them. */
export type POSSystemConfig = {
  locationId: string;
  systemType: 'square' | 'clover' | 'toast' | 'custom';
  /** A name for people; the server makes one from the system type when it is left out. */
  name?: string;
  apiEndpoint?: string;
  /** As the make names them: `apiKey` and `secretKey` at most; the server says which are missing. */
  credentials?: {
    apiKey?: string;
    secretKey?: string;
    merchantId?: string;
    [field: string]: string | undefined;
  };
  /** What the make needs besides and that is not secret, e.g. `locationIds`. */
  settings?: Record<string, string>;
  syncSettings?: {
    enabled: boolean;
    /** Minutes between two fetches of a polled system. */
    frequencyMinutes: number;
    autoSync: boolean;
  };
};
