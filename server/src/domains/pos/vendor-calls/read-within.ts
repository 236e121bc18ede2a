// A body read to its end, as long as it is not longer than what we are willing to hold.
import { VendorFailure } from '../connectors/vendor-failure.ts';

/** Throws VendorFailure `malformed` beyond `bytesMax`. */
export async function readWithin(response: Response, bytesMax: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > bytesMax) {
      throw new VendorFailure('malformed', `The answer is longer than ${bytesMax} bytes.`, { status: response.status });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
