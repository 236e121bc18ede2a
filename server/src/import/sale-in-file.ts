// One sale of a file before it is checked: what both formats are brought to.
export interface SaleInFile {
  /** A sale in the wire shape of the sales route, as JSON; of a damaged one the file's own bytes. */
  readonly raw: Buffer;
  /** Why no sale could be made of the bytes, naming the line. Null: the rest is for parseSale to say. */
  readonly damage: { readonly externalId: string | null; readonly detail: string } | null;
  /** Of its first line. */
  readonly lineNumber: number;
  /** Lines of the file that it takes. */
  readonly lines: number;
  /** How much of the text has been read with it, in bytes. */
  readonly end: number;
}
